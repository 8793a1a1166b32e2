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
  /** The template's code by purpose, e.g. `{ register: "SMS_123" }`; `default` serves the purposes that have none. */
  readonly templates: Readonly<Record<string, string>>;
  /** What goes into the templates' variables, with `{code}` and `{minutes}`; `{ code: "{code}" }`. */
  readonly templateParams?: Readonly<Record<string, string>> | undefined;
  /** Another gateway; `http://127.0.0.1:PORT` is one for a sandbox, and then only with keys that begin `sandbox-`. */
  readonly endpoint?: string | undefined;
  /** The region, e.g. `cn-hangzhou`, or `central`, the default. */
  readonly region?: string | undefined;
  /** How requests are signed: as the official SDKs do, or with number and code in the body instead of the URL. */
  readonly wire?: "acs3" | "rpc" | undefined;
  /** What outcomes and events call it; its vendor's name if left out. */
  readonly name?: string | undefined;
  /** How long one call may take, in milliseconds, 1000 to 30000; 5000. */
  readonly timeoutMs?: number | undefined;
}

/** An account of Tencent Cloud SMS. */
export interface TencentOptions {
  /** The SecretId; from the environment if left out. */
  readonly secretId?: string | undefined;
  /** The SecretKey; from the environment if left out. */
  readonly secretKey?: string | undefined;
  /** The token of a temporary key. */
  readonly sessionToken?: string | undefined;
  /** The SMS application's id. */
  readonly sdkAppId: string;
  /** The approved signature that begins the message. */
  readonly signName: string;
  /** The template's id by purpose; `default` serves the purposes that have none. */
  readonly templates: Readonly<Record<string, string>>;
  /** What goes into the templates' variables, in their order, with `{code}` and `{minutes}`; `["{code}"]`. */
  readonly templateParams?: readonly string[] | undefined;
  /** Another gateway, as for Aliyun. */
  readonly endpoint?: string | undefined;
  /** The region; `ap-guangzhou` if left out. */
  readonly region?: string | undefined;
  /** What outcomes and events call it; its vendor's name if left out. */
  readonly name?: string | undefined;
  /** How long one call may take, in milliseconds, 1000 to 30000; 5000. */
  readonly timeoutMs?: number | undefined;
}

/** Names an account of Aliyun SMS. */
export function aliyun(options: AliyunOptions): Provider {
  return { aliyun: options };
}

/** Names an account of Tencent Cloud SMS. */
export function tencent(options: TencentOptions): Provider {
  return { tencent: options };
}
