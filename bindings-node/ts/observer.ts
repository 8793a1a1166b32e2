import { core } from "./core.js";
import type { Outcome } from "./outcome.js";
import type { DeliveryStatus } from "./receipts.js";

/**
 * Hears of every outcome, and of every delivery receipt.
 *
 * It is called and not awaited. What it throws, or rejects with where it is `async`, is a warning on the console and never
 * reaches the caller. (Python refuses an `async` one, for what nothing awaits does not run there.)
 */
export type Observer = (event: Event) => void;

/** One outcome or delivery receipt, for counters and logs: no number, no code, no address. */
export interface Event {
  /** Which call it was. */
  readonly action: "send" | "verify" | "call" | "receipt" | "inspect" | "reset" | "forget" | "health";
  /**
   * What the code is for, as the application named it; for a `call`, the vendor's action; empty for a receipt.
   *
   * Empty too when it can't be one, or is refused as one: a client may have written it.
   */
  readonly purpose: string;
  /** Which outcome: `sent`, `limited` …; of a receipt, its status. */
  readonly kind: Outcome["kind"] | DeliveryStatus;
  /** Its dotted code, e.g. `limit.cooldown`; of a receipt, the carrier's, e.g. `DELIVERED`, or nothing. */
  readonly code: string;
  /** The recipient as it may be shown. */
  readonly masked: string | undefined;
  /** The provider that was asked last, if one was; of a receipt, its kind. */
  readonly provider: string | undefined;
  /** The blind name of the send, which its receipts repeat. */
  readonly sendId: string | undefined;
  /** How long the whole call took, in milliseconds. */
  readonly latencyMs: number;
  /** The rule that refused, e.g. `cooldown`. */
  readonly rule: string | undefined;
  /** What an operator may want to hear of, e.g. `budget.80`, `store.fallback`. */
  readonly events: readonly string[];
}

/**
 * Makes the event of an outcome.
 *
 * @internal
 */
export function eventOf(action: Event["action"], purpose: string, outcome: Outcome, latencyMs: number): Event {
  const { kind, code, masked, events } = outcome;
  const { provider, sendId } = outcome as { provider?: string; sendId?: string };
  const rule = kind === "limited" ? code.slice(code.indexOf(".") + 1) : undefined;
  return { action, purpose: UNREAD.has(code) ? "" : named(purpose), kind, code, masked, provider, sendId, latencyMs, rule, events };
}

/** Returns what may be a purpose, or an action's name; another field may have been refused before the core read it. */
function named(given: unknown): string {
  const name = typeof given === "string" || typeof given === "number" ? `${given}` : "";
  return core.get().core.isPurpose(name) ? name : "";
}

/** The codes of outcomes whose purpose, or action, is none of the application's. */
const UNREAD = new Set(["action.input", "input.purpose"]);

/**
 * Tells the observer; what it throws never reaches the caller.
 *
 * @internal
 */
export function report(observer: Observer | undefined, event: Event): void {
  hear("the observer", observer, event);
}

/**
 * Calls what the application listens with; what that throws, at once or later, is only warned of.
 *
 * @internal
 */
export function hear<Heard extends unknown[]>(name: string, listener: ((...heard: Heard) => unknown) | undefined, ...heard: Heard): void {
  const warn = (error: unknown): void => console.warn(`sansms: ${name} threw`, error);
  try {
    const later = listener?.(...heard) as PromiseLike<unknown> | null | undefined;
    if (typeof later?.then === "function") later.then(undefined, warn);
  } catch (error) {
    warn(error);
  }
}

/** Counts by action, then by provider (empty where none was asked), then by kind of outcome or status of delivery. */
export type Stats = Record<string, Record<string, Record<string, number>>>;

/**
 * Counts what this process did.
 *
 * @internal
 */
export class Tally {
  // A provider may have any name, that of a property of every object's too.
  readonly #counts: Stats = Object.create(null) as Stats;

  add({ action, provider = "", kind }: Event): void {
    const kinds = ((this.#counts[action] ??= Object.create(null) as Stats[string])[provider] ??= {});
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }

  read(): Stats {
    return structuredClone(this.#counts);
  }
}
