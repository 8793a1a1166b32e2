import { camelKeys } from "./audit.js";
import type { Answered, Invalid, Outcome, Unavailable } from "./outcome.js";

/** What a call to `inspect` ends with; `answer` tells how the recipient stands. */
export type InspectOutcome = (Omit<Answered, "answer"> & { readonly answer: Standing }) | Invalid | Unavailable;

/** What a call to `reset` or `forget` ends with. */
export type DeskOutcome = Omit<Answered, "answer"> | Invalid | Unavailable;

/** How a recipient stands. No number and no code is in it. */
export interface Standing {
  /** Every rule that counts by recipient, in the order of the policy. */
  readonly rules: readonly RuleStanding[];
  /** The codes that have not ended. */
  readonly codes: readonly CodeStanding[];
}

/** How one rule of a recipient stands. */
export interface RuleStanding {
  /** `cooldown`, `number` or `wrong_tries`. */
  readonly rule: string;
  /** How many it lets through. */
  readonly limit: number;
  /** In any window this long. */
  readonly windowMs: number;
  /** How many of them are taken. */
  readonly used: number;
  /** When it lets through again, from now; 0 if it does. */
  readonly waitMs: number;
}

/** How one code of a recipient stands. */
export interface CodeStanding {
  /** Whether it can be tried, has no try left, or was right. */
  readonly state: "live" | "locked" | "spent";
  /** How often it may be tried. */
  readonly triesLeft: number;
  /** How often it was sent again, 15 at most. */
  readonly resent: number;
  /** How long it lives. */
  readonly expiresInMs: number;
}

/** Whether the store answers. */
export interface Health {
  readonly ok: boolean;
  /** `store.ok`, or what is wrong, e.g. `store.down`, `store.clock`, `config.value`. */
  readonly code: string;
  /** How long that took, in milliseconds. */
  readonly latencyMs: number;
}

/**
 * Gives an answer of the core's the names of JavaScript.
 *
 * @internal
 */
export function inspected(outcome: Outcome): InspectOutcome {
  if (outcome.kind !== "answered") return outcome as InspectOutcome;
  return Object.defineProperty(outcome, "answer", { value: camelKeys(outcome.answer), enumerable: false }) as unknown as InspectOutcome;
}
