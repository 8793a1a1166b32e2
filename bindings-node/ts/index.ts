export { clientIp, type RequestOrigin } from "./address.js";
export { apply, type Applied } from "./apply.js";
export type { Audit, AuditChance, AuditWarning } from "./audit.js";
export { ConfigError, DriveError, type ServiceOptions } from "./config.js";
export type { Credentials, CredentialsFetch } from "./credentials.js";
export type { CodeStanding, DeskOutcome, Health, InspectOutcome, RuleStanding, Standing } from "./desk.js";
export { handlers, nodeListener, type Handler, type HandlerOptions, type NodeRequest, type NodeResponse } from "./handlers.js";
export type { Event, Observer, Stats } from "./observer.js";
export type * from "./outcome.js";
export type { EmailOptions, PhoneOptions, PolicyOptions, Preset, Rule } from "./policy.js";
export {
  aliyun,
  aliyunAuth,
  aliyunGlobal,
  aliyunMail,
  gateway,
  tencent,
  tencentLegacy,
  tencentMail,
  type AliyunAccount,
  type AliyunAuthOptions,
  type AliyunGlobalOptions,
  type AliyunMail,
  type AliyunMailOptions,
  type AliyunOptions,
  type AliyunRegion,
  type FailureClass,
  type GatewayOptions,
  type GatewayReply,
  type GatewaySignature,
  type GatewayValue,
  type Provider,
  type TencentAccount,
  type TencentLegacyOptions,
  type TencentMailOptions,
  type TencentOptions,
} from "./provider.js";
export { ReceiptError, type DeliveryReceipt, type DeliveryStatus } from "./receipts.js";
export { Service, type SendRequest, type TicketRequest, type VerifyRequest } from "./service.js";
export type { Store, StoreOp } from "./store.js";
export { MemoryStore } from "./stores/memory.js";
export {
  fetchTransport,
  TransportFault,
  type FetchLike,
  type HttpCall,
  type HttpReply,
  type Transport,
} from "./transport.js";
