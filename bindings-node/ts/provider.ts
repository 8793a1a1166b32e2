import type { Credentials, CredentialsFetch } from "./credentials.js";

/** One provider and its account; made by `aliyun`, `tencent`, `gateway` and their like. */
export type Provider =
  | { readonly aliyun: AliyunOptions }
  | { readonly aliyunAuth: AliyunAuthOptions }
  | { readonly aliyunGlobal: AliyunGlobalOptions }
  | { readonly aliyunMail: AliyunMailOptions }
  | { readonly tencent: TencentOptions }
  | { readonly tencentLegacy: TencentLegacyOptions }
  | { readonly tencentMail: TencentMailOptions }
  | { readonly gateway: GatewayOptions };

/** What accounts of all of Aliyun's products have. */
export interface AliyunAccount {
  /** The AccessKey id; from the environment if left out. */
  readonly accessKeyId?: string | undefined;
  /** The AccessKey secret; from the environment if left out. */
  readonly accessKeySecret?: string | undefined;
  /** The token of a temporary (STS) key. */
  readonly securityToken?: string | undefined;
  /** The key, or a function that is asked for it at each use; the key's own options are then left out. */
  readonly credentials?: Credentials | CredentialsFetch | undefined;
  /** Another gateway; `http://127.0.0.1:PORT` is one for a sandbox, and then only with keys that begin `sandbox-`. */
  readonly endpoint?: string | undefined;
  /** How requests are signed: as the official SDKs do, or with number and code in the body instead of the URL. */
  readonly wire?: "acs3" | "rpc" | undefined;
  /** What outcomes and events call it; its kind's name if left out. */
  readonly name?: string | undefined;
  /** How often it goes first, against the others' weights; the list's order decides if left out. */
  readonly weight?: number | undefined;
  /** How long one call may take, in milliseconds, 1000 to 30000; 5000. */
  readonly timeoutMs?: number | undefined;
}

/** A region with a host of its own for Aliyun SMS; `central` is every other. */
export type AliyunRegion =
  | "central"
  | "cn-hangzhou"
  | "cn-beijing"
  | "cn-hongkong"
  | "ap-southeast-1"
  | "ap-southeast-5"
  | "eu-central-1"
  | "us-east-1";

/** An account of Aliyun SMS (dysmsapi). */
export interface AliyunOptions extends AliyunAccount {
  /** The approved signature that begins the message. */
  readonly signName: string;
  /** The template's code by purpose, e.g. `{ register: "SMS_123" }`; `default` serves the purposes that have none. */
  readonly templates: Readonly<Record<string, string>>;
  /** What goes into the templates' variables, with `{code}` and `{minutes}`; `{ code: "{code}" }`. */
  readonly templateParams?: Readonly<Record<string, string>> | undefined;
  /** The region; `central` if left out. */
  readonly region?: AliyunRegion | undefined;
}

/** An account of Aliyun 短信认证 (dypnsapi), which makes and checks the codes itself; mainland numbers only. */
export interface AliyunAuthOptions extends AliyunAccount {
  /** The signature that the console gives. */
  readonly signName: string;
  /** The console's template by purpose, e.g. `{ default: "100001" }`; `default` serves the purposes that have none. */
  readonly templates: Readonly<Record<string, string>>;
  /** The templates' variables, with `{minutes}`, and `##code##` for the code; `{ code: "##code##", min: "{minutes}" }`. */
  readonly templateParams?: Readonly<Record<string, string>> | undefined;
  /** How long codes are, 4 to 8; 6. */
  readonly codeLength?: number | undefined;
  /** What codes are made of; `digits` if left out. */
  readonly codeType?: "digits" | "upper" | "lower" | "letters" | "digits_upper" | "digits_lower" | "all" | undefined;
  /** The vendor's own pause between two codes for a number, in seconds; 1, so that the policy's cooldown decides. */
  readonly intervalS?: number | undefined;
  /** Whether an older code stays good beside a newer one; the vendor's `newest` if left out. */
  readonly duplicatePolicy?: "newest" | "all" | undefined;
  /** Whether the vendor tries again by itself. */
  readonly autoRetry?: boolean | undefined;
  /** Whether the vendor's reply has the code; it is neither kept nor told. */
  readonly returnVerifyCode?: boolean | undefined;
  /** Whether upper and lower case count as one when a code is checked. */
  readonly caseAuthPolicy?: "ignore" | "exact" | undefined;
  /** The extension number for answers; digits. */
  readonly smsUpExtendCode?: string | undefined;
}

/** An account of Aliyun SMS for numbers outside the mainland, which takes whole texts. */
export interface AliyunGlobalOptions extends AliyunAccount {
  /** The whole text by purpose, with `{code}` and perhaps `{minutes}`; `default` serves the purposes that have none. */
  readonly templates: Readonly<Record<string, string>>;
  /** Who it is from: at most 11 letters and digits, or at most 15 digits. */
  readonly senderId?: string | undefined;
  /** The kind of message. */
  readonly type?: "otp" | "notify" | "mkt" | undefined;
  /** For how long the vendor tries to deliver, in seconds. */
  readonly validityPeriodS?: number | undefined;
  /** The channel, where the account has several. */
  readonly channelId?: string | undefined;
  /** A name that receipts repeat, at most 255 characters; the send's blind name if left out. */
  readonly taskId?: string | undefined;
  /** The region; `ap-southeast-1` if left out. */
  readonly region?: AliyunRegion | undefined;
}

/** A purpose's mail: a subject, and a body or the id of a template that is kept at the vendor. */
export type AliyunMail =
  | { readonly subject: string; readonly html: string }
  | { readonly subject: string; readonly text: string }
  | { readonly subject: string; readonly template: string };

/** An account of Aliyun DirectMail. */
export interface AliyunMailOptions extends AliyunAccount {
  /** The sender's address. */
  readonly accountName: string;
  /** The mail by purpose, with `{code}` and `{minutes}`; `default` serves the purposes that have none. */
  readonly templates: Readonly<Record<string, AliyunMail>>;
  /** The variables of templates kept at the vendor; `{ code: "{code}" }`. */
  readonly templateParams?: Readonly<Record<string, string>> | undefined;
  /** The sender's name, at most 15 characters. */
  readonly fromAlias?: string | undefined;
  /** Whether mails come from the sender's address or a random one; `sender` if left out. */
  readonly addressType?: "sender" | "random" | undefined;
  /** Whether answers go to the address set in the console; no if left out. */
  readonly replyToAddress?: boolean | undefined;
  /** A tag of the console's, for statistics: at most 128 letters, digits, `-` and `_`. */
  readonly tagName?: string | undefined;
  /** The region; `cn-hangzhou` if left out. */
  readonly region?: "cn-hangzhou" | "ap-southeast-1" | "ap-southeast-2" | "us-east-1" | "eu-central-1" | undefined;
}

/** What every account of Tencent Cloud has. */
export interface TencentAccount {
  /** The SecretId; from the environment if left out. */
  readonly secretId?: string | undefined;
  /** The SecretKey; from the environment if left out. */
  readonly secretKey?: string | undefined;
  /** The token of a temporary key. */
  readonly sessionToken?: string | undefined;
  /** The key, or a function that is asked for it at each use; the key's own options are then left out. */
  readonly credentials?: Credentials | CredentialsFetch | undefined;
  /** The region that is called; `ap-guangzhou` if left out. */
  readonly region?: string | undefined;
  /** The region whose host is called, e.g. `ap-hongkong`; the nearest if left out. */
  readonly hostRegion?: string | undefined;
  /** How requests are signed: TC3-HMAC-SHA256 if left out, or the older way. */
  readonly signature?: "tc3" | "hmac_sha1" | "hmac_sha256" | undefined;
  /** Another gateway, as for Aliyun. */
  readonly endpoint?: string | undefined;
  /** What outcomes and events call it; its vendor's name if left out. */
  readonly name?: string | undefined;
  /** How often it goes first, against the others' weights, 1 to 1000; the list's order if left out. */
  readonly weight?: number | undefined;
  /** How long one call may take, in milliseconds, 1000 to 30000; 5000. */
  readonly timeoutMs?: number | undefined;
}

/** An account of Tencent Cloud SMS. */
export interface TencentOptions extends TencentAccount {
  /** The SMS application's id. */
  readonly sdkAppId: string;
  /** The approved signature that begins the message. */
  readonly signName: string;
  /** The template's id by purpose; `default` serves the purposes that have none. */
  readonly templates: Readonly<Record<string, string>>;
  /** What goes into the templates' variables, in their order, with `{code}` and `{minutes}`; `["{code}"]`. */
  readonly templateParams?: readonly string[] | undefined;
}

/** An account of Tencent Cloud's mail service (SES); it reaches e-mail addresses. */
export interface TencentMailOptions extends TencentAccount {
  /** The sender: `no-reply@mail.example`, or `Name <no-reply@mail.example>`. */
  readonly fromAddress: string;
  /** Where answers go. */
  readonly replyTo?: string | undefined;
  /** The subject, 1 to 100 characters, with `{code}` and `{minutes}` if wanted. */
  readonly subject: string;
  /** The template's id by purpose; `default` serves the purposes that have none. */
  readonly templates: Readonly<Record<string, string>>;
  /** What goes into the templates' variables, with `{code}` and `{minutes}`; `{ code: "{code}" }`. */
  readonly templateParams?: Readonly<Record<string, string>> | undefined;
}

/** An app of Tencent's SMS service before the cloud API, which has an AppKey. */
export interface TencentLegacyOptions {
  /** The app's id (sdkappid). */
  readonly sdkAppId: string;
  /** The app's key. */
  readonly appKey?: string | undefined;
  /** The key, or a function that is asked for it at each use; the key's own options are then left out. */
  readonly credentials?: Credentials | CredentialsFetch | undefined;
  /** A message, or a voice that reads the code out; `"sms"` if left out. */
  readonly channel?: "sms" | "voice" | undefined;
  /**
   * By purpose a template's id, or for SMS the whole text with its sign in front, as `【示例】您的验证码是{code}。`.
   *
   * `default` serves the purposes that have none. Without any, a voice reads just the code.
   */
  readonly templates?: Readonly<Record<string, string>> | undefined;
  /** What goes into the templates' variables, in their order, with `{code}` and `{minutes}`; `["{code}"]`. */
  readonly templateParams?: readonly string[] | undefined;
  /** The approved signature that begins the message; the app's own if left out. */
  readonly signName?: string | undefined;
  /** How often a voice says it, 1 to 3; 2. */
  readonly playTimes?: number | undefined;
  /** Another gateway, as for Aliyun. */
  readonly endpoint?: string | undefined;
  /** What outcomes and events call it; its vendor's name if left out. */
  readonly name?: string | undefined;
  /** How often it goes first, against the others' weights, 1 to 1000; the list's order if left out. */
  readonly weight?: number | undefined;
  /** How long one call may take, in milliseconds, 1000 to 30000; 5000. */
  readonly timeoutMs?: number | undefined;
}

/** What a failure means: this recipient, this account, too many calls, nothing sent for certain, or nobody can tell. */
export type FailureClass = "rejected" | "account" | "throttled" | "unavailable" | "ambiguous";

/** A value of a gateway's body; its texts hold placeholders such as `{code}`, and `{{` for a brace. */
export type GatewayValue =
  | string
  | number
  | boolean
  | null
  | readonly GatewayValue[]
  | { readonly $number: string }
  | { readonly $json: GatewayValue }
  | { readonly [name: string]: GatewayValue };

/** How a gateway is shown who calls. */
export interface GatewaySignature {
  /** A token or a password in `authorization`, or a hash that stands where `{signature}` does. */
  readonly method:
    | "none"
    | "bearer"
    | "basic"
    | "md5"
    | "sha1"
    | "sha256"
    | "hmac-md5"
    | "hmac-sha1"
    | "hmac-sha256";
  /** The text that is signed, e.g. `{key}{timestamp}{secret}`; needed for a hash. */
  readonly over?: string | undefined;
  /** The key of an HMAC; `{secret}` if left out. */
  readonly key?: string | undefined;
  /** How the hash is written; `hex` if left out. */
  readonly output?: "hex" | "HEX" | "base64" | undefined;
}

/** Where a gateway's JSON reply says what; paths are names and numbers of items, e.g. `data.0.id`. */
export interface GatewayReply {
  /** The codes that mean success, where `0` and `"0"` are one; or whether there is a message id. */
  readonly success: readonly (string | number | boolean)[] | "message_id";
  /** Where the code is; needed for a list of codes. */
  readonly code?: string | undefined;
  /** Where an error's code is, if not where `code` is. */
  readonly errorCode?: string | undefined;
  /** Where an error's words are. */
  readonly message?: string | undefined;
  /** Where the message's id is. */
  readonly messageId?: string | undefined;
  /** Where the request's id is. */
  readonly requestId?: string | undefined;
}

/** An account at a gateway that is declared here; see docs/gateways.md for the placeholders. */
export interface GatewayOptions {
  /** A declaration that comes with the library; each option given here wins over its own. */
  readonly preset?: "app-key-md5" | "bearer-json" | "form-hmac" | "twilio" | "yunpian" | undefined;
  /** Where to call: https, but for loopback; placeholders in path and query only. */
  readonly url?: string | undefined;
  /** The method; `POST` if left out. */
  readonly method?: "POST" | "GET" | undefined;
  /** Headers, names in lower case; at most 32. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** How the body is written; `json` if left out. */
  readonly encoding?: "json" | "form" | undefined;
  /** The body. */
  readonly body?: Readonly<Record<string, GatewayValue>> | undefined;
  /** How the gateway is shown who calls; `none` if left out. */
  readonly signature?: GatewaySignature | undefined;
  /** How the reply is read; needed without a preset. */
  readonly reply?: GatewayReply | undefined;
  /** What its error codes mean; one that ends in `*` stands for all that begin so. */
  readonly classes?: Readonly<Record<string, FailureClass>> | undefined;
  /** The app key, `{key}`; from `SANSMS_GATEWAY_KEY` if left out. */
  readonly key?: string | undefined;
  /** The app secret, `{secret}`; from `SANSMS_GATEWAY_SECRET` if left out. */
  readonly secret?: string | undefined;
  /** The key, or a function that is asked for it at each use; the key's own options are then left out. */
  readonly credentials?: Credentials | CredentialsFetch | undefined;
  /** `{sign}`, where the declaration uses it. */
  readonly signName?: string | undefined;
  /** `{template}` by purpose: an id, or a text with `{code}`, `{minutes}` and `{sign}`; `default` serves the others. */
  readonly templates?: Readonly<Record<string, string>> | undefined;
  /** Whom it reaches; `sms` if left out. */
  readonly channel?: "sms" | "email" | undefined;
  /** What outcomes and events call it; `gateway` if left out. */
  readonly name?: string | undefined;
  /** How often it goes first, against the others' weights; the list's order decides if left out. */
  readonly weight?: number | undefined;
  /** How long one call may take, in milliseconds, 1000 to 30000; 5000. */
  readonly timeoutMs?: number | undefined;
}

/** Names an account of Aliyun SMS. */
export function aliyun(options: AliyunOptions): Provider {
  return { aliyun: options };
}

/** Names an account of Aliyun 短信认证, which makes and checks the codes itself. */
export function aliyunAuth(options: AliyunAuthOptions): Provider {
  return { aliyunAuth: options };
}

/** Names an account of Aliyun SMS for numbers outside the mainland. */
export function aliyunGlobal(options: AliyunGlobalOptions): Provider {
  return { aliyunGlobal: options };
}

/** Names an account of Aliyun DirectMail. */
export function aliyunMail(options: AliyunMailOptions): Provider {
  return { aliyunMail: options };
}

/** Names an account of Tencent Cloud SMS. */
export function tencent(options: TencentOptions): Provider {
  return { tencent: options };
}

/** Names an app of Tencent's SMS service before the cloud API. */
export function tencentLegacy(options: TencentLegacyOptions): Provider {
  return { tencentLegacy: options };
}

/** Names an account of Tencent Cloud's mail service. */
export function tencentMail(options: TencentMailOptions): Provider {
  return { tencentMail: options };
}

/** Declares a gateway and names an account at it. */
export function gateway(options: GatewayOptions): Provider {
  return { gateway: options };
}
