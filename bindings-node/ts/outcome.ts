/** What a call to `send` ends with. */
export type SendOutcome = Sent | Limited | ChallengeRequired | Undelivered | Unknown | Invalid | Unavailable;

/** What a call to `verify` ends with. */
export type VerifyOutcome = Verified | WrongCode | Expired | Locked | Limited | Unknown | Invalid | Unavailable;

/** What a call to `call` ends with. */
export type CallOutcome = Answered | Unknown | Invalid | Unavailable;

/** What any call ends with; tell them apart by `kind`, and success by `ok`. */
export type Outcome = SendOutcome | VerifyOutcome | CallOutcome;

/** What every outcome has. */
export interface OutcomeBase {
  /** `true` for `sent`, `verified` and `answered`, and for nothing else. Test this. */
  readonly ok: boolean;
  /** A stable dotted code, e.g. `limit.cooldown`. */
  readonly code: string;
  /** The HTTP status that says the same, e.g. 429. */
  readonly httpStatus: number;
  /** A text for people, in Chinese. */
  readonly textZh: string;
  /** A text for people, in English. */
  readonly textEn: string;
  /** What your operators should hear of, e.g. `budget.80`; no number or code is in it. */
  readonly events: readonly string[];
  /**
   * The number in E.164, e.g. `+8613800138000`, or the address, once it was understood.
   *
   * It can be read, but is left out when the outcome is printed, spread or serialised.
   */
  readonly to?: string;
  /** The recipient as it may be shown and logged, e.g. `+86•••••••00`. */
  readonly masked?: string;
}

/** The times after which a call makes sense again. */
export interface Wait {
  /** How long to wait before the next try, in milliseconds. */
  readonly retryAfterMs?: number;
  /** The same in whole seconds, rounded up: the value of an HTTP `Retry-After`. */
  readonly retryAfter?: number;
}

/** What a provider said, where one was asked. */
export interface ProviderReply {
  /** The provider that was asked, e.g. `aliyun`. */
  readonly provider?: string;
  /** The blind name of this send, which the provider's receipts repeat. */
  readonly sendId?: string;
  /** The provider's id of the message, for its delivery reports. */
  readonly messageId?: string;
  /** The provider's id of the request, for its support. */
  readonly requestId?: string;
}

/** The provider took the message. With `deliver: false`, all of it but the message. */
export interface Sent extends OutcomeBase, ProviderReply {
  readonly kind: "sent";
  readonly ok: true;
  readonly to: string;
  readonly masked: string;
  /** How long until another code may be asked for, in milliseconds. */
  readonly resendInMs?: number;
  /** How long the code is good for, in milliseconds. */
  readonly expiresInMs?: number;
  /**
   * Whether an earlier request with this idempotency key was let through; nothing was sent again.
   *
   * What became of its message, and the token of the session mode `challenge`, are in its own outcome alone.
   */
  readonly replayed: boolean;
  /** An opaque token that a client without a session gives back as `session`. */
  readonly challenge?: string;
}

/** A limit said no; nothing was sent or checked. */
export interface Limited extends OutcomeBase, Wait {
  readonly kind: "limited";
  readonly ok: false;
}

/** Policy wants a challenge (a captcha) solved first. */
export interface ChallengeRequired extends OutcomeBase, Wait {
  readonly kind: "challenge_required";
  readonly ok: false;
  readonly challenge?: string;
}

/** No provider took the message: nothing was delivered for certain. */
export interface Undelivered extends OutcomeBase, Wait, ProviderReply {
  readonly kind: "undelivered";
  readonly ok: false;
}

/**
 * The request left and no whole answer came: the message may arrive or not, the action be done or not.
 *
 * Of a check, where the provider checks codes itself: the try is counted, and nobody knows whether it was right.
 */
export interface Unknown extends OutcomeBase, Wait, ProviderReply {
  readonly kind: "unknown";
  readonly ok: false;
  readonly attemptsLeft?: number;
  readonly resendInMs?: number;
  readonly expiresInMs?: number;
  readonly challenge?: string;
}

/** The vendor answered an action. */
export interface Answered extends OutcomeBase, ProviderReply {
  readonly kind: "answered";
  readonly ok: true;
  /**
   * What the vendor said, as it documents it.
   *
   * It may hold numbers and texts, so it is left out when the outcome is printed, spread or serialised.
   */
  readonly answer: Readonly<Record<string, unknown>>;
}

/** The code was right, and is spent. */
export interface Verified extends OutcomeBase {
  readonly kind: "verified";
  readonly ok: true;
  readonly to: string;
  readonly masked: string;
  /** A signed, short-lived proof of this, if `ticketFor` was given; it is as good as a password while it lives. */
  readonly ticket?: string;
}

/** The code was wrong; a try is gone. */
export interface WrongCode extends OutcomeBase, Wait {
  readonly kind: "wrong_code";
  readonly ok: false;
  /** How many tries this code has left. */
  readonly attemptsLeft?: number;
}

/** There is no live code for this number, purpose and session. */
export interface Expired extends OutcomeBase, Wait {
  readonly kind: "expired";
  readonly ok: false;
}

/** This code has no tries left; a new one has to be asked for. */
export interface Locked extends OutcomeBase, Wait {
  readonly kind: "locked";
  readonly ok: false;
  readonly attemptsLeft?: number;
}

/** What the person typed cannot be a number or a code; `code` says why. */
export interface Invalid extends OutcomeBase {
  readonly kind: "invalid";
  readonly ok: false;
}

/** The store failed or took too long; nothing was sent or checked. Or a vendor refused an action. */
export interface Unavailable extends OutcomeBase, Wait, ProviderReply {
  readonly kind: "unavailable";
  readonly ok: false;
}
