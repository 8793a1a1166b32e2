import { core, whole, type Operations } from "./core.js";

/** What became of a message. */
export type DeliveryStatus = "delivered" | "failed" | "pending";

/** What a provider tells of one message. It is not signed, and may come more than once. */
export interface DeliveryReceipt {
  /** The kind of provider that told it, e.g. `aliyun`. */
  readonly provider: string;
  /** What became of the message. */
  readonly status: DeliveryStatus;
  /** The `sendId` of the outcome; absent where the provider does not repeat it. */
  readonly sendId?: string;
  /** The `messageId` of the outcome. */
  readonly messageId?: string;
  /** The provider's or the carrier's code, e.g. `DELIVERED`. */
  readonly code?: string;
  /** The number, but for its last two digits. */
  readonly masked?: string;
  /** When it was delivered or given up. */
  readonly at?: Date;
}

/** A body is no list of delivery receipts of this provider's; answered with an error, it comes again. */
export class ReceiptError extends Error {
  override readonly name = "ReceiptError";
  /** The kind of provider that was named. */
  readonly provider: string;

  constructor(provider: string) {
    super(`the body is no list of receipts of ${provider}`);
    this.provider = provider;
  }
}

/**
 * Reads receipts.
 *
 * @internal
 */
export function readReceipts(provider: string, body: string): DeliveryReceipt[] {
  const told = whole<Operations>(core.get().core, "readReceipts", "receipts").readReceipts(provider, body);
  if (told === undefined || told === null) throw new ReceiptError(provider);
  return (JSON.parse(told) as Told[]).map(({ status, send_id, message_id, code, masked, at_ms }) => ({
    provider,
    status,
    ...(send_id === undefined ? {} : { sendId: send_id }),
    ...(message_id === undefined ? {} : { messageId: message_id }),
    ...(code === undefined ? {} : { code }),
    ...(masked === undefined ? {} : { masked }),
    ...(at_ms === undefined ? {} : { at: new Date(at_ms) }),
  }));
}

/** A receipt as the core writes it. */
interface Told {
  status: DeliveryStatus;
  send_id?: string;
  message_id?: string;
  code?: string;
  masked?: string;
  at_ms?: number;
}
