import type { Outcome } from "./outcome.js";

/** Hears of every outcome. */
export type Observer = (event: Event) => void;

/** One outcome, for counters and logs: no number, no code, no address. */
export interface Event {
  /** Which call it was. */
  readonly action: "send" | "verify" | "call" | "inspect" | "reset" | "forget" | "health";
  /** What the code is for, as the application named it; for a `call`, the vendor's action. */
  readonly purpose: string;
  /** Which outcome: `sent`, `limited` … */
  readonly kind: Outcome["kind"];
  /** Its dotted code, e.g. `limit.cooldown`. */
  readonly code: string;
  /** The number as it may be shown. */
  readonly masked: string | undefined;
  /** The provider that was asked last, if one was. */
  readonly provider: string | undefined;
  /** How long the whole call took, in milliseconds. */
  readonly latencyMs: number;
  /** The rule that refused, e.g. `cooldown`. */
  readonly rule: string | undefined;
  /** What an operator may want to hear of, e.g. `budget.80`, `store.fallback`. */
  readonly events: readonly string[];
}

/**
 * Tells the observer; what it throws never reaches the caller.
 *
 * @internal
 */
export function report(observer: Observer | undefined, action: Event["action"], purpose: string, outcome: Outcome, latencyMs: number): void {
  if (observer === undefined) return;
  const { kind, code, masked, events } = outcome;
  const { provider } = outcome as { provider?: string };
  const rule = kind === "limited" ? code.slice(code.indexOf(".") + 1) : undefined;
  try {
    observer({ action, purpose, kind, code, masked, provider, latencyMs, rule, events });
  } catch (error) {
    console.warn("sansms: the observer threw", error);
  }
}
