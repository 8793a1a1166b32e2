/** One provider and its account; made by `aliyun` and `tencent`. */
export type Provider = { readonly aliyun: AliyunOptions } | { readonly tencent: TencentOptions };

/** An account of Aliyun SMS (dysmsapi). */
export interface AliyunOptions {
  /** The AccessKey id; from the environment if left out. */
  readonly accessKeyId?: string | undefined;
  /** The AccessKey secret; from the environment if left out. */
  readonly accessKeySecret?: string | undefined;
  /** The token of a temporary (STS) key. */
  readonly securityToken?: string | undefined;
  /** The approved signature that begins the message. */
  readonly signName: string;
  /** The template's code by purpose, e.g. `{ register: "SMS_123" }`. */
  readonly templates: Readonly<Record<string, string>>;
  /** Another gateway: `http://127.0.0.1:PORT` for a sandbox, and then only with keys that begin `sandbox-`. */
  readonly endpoint?: string | undefined;
  /** The region, e.g. `cn-hangzhou`. */
  readonly region?: string | undefined;
}

/** An account of Tencent Cloud SMS. */
export interface TencentOptions {
  /** The SecretId; from the environment if left out. */
  readonly secretId?: string | undefined;
  /** The SecretKey; from the environment if left out. */
  readonly secretKey?: string | undefined;
  /** The token of a temporary key. */
  readonly token?: string | undefined;
  /** The SMS application's id. */
  readonly sdkAppId: string;
  /** The approved signature that begins the message. */
  readonly signName: string;
  /** The template's id by purpose. */
  readonly templates: Readonly<Record<string, string>>;
  /** Another gateway, as for Aliyun. */
  readonly endpoint?: string | undefined;
  /** The region, e.g. `ap-guangzhou`. */
  readonly region?: string | undefined;
}

/** Names an account of Aliyun SMS. */
export function aliyun(options: AliyunOptions): Provider {
  return { aliyun: options };
}

/** Names an account of Tencent Cloud SMS. */
export function tencent(options: TencentOptions): Provider {
  return { tencent: options };
}
