import { ConfigError } from "../config.js";
import { hear } from "../observer.js";
import type { Store, StoreOp } from "../store.js";

/** How a `FallbackStore` is set up. */
export interface FallbackOptions {
  /** For how long the fallback is asked before the first store is tried again, in milliseconds; 30,000 if left out. */
  readonly forMs?: number | undefined;
  /** Hears of each switch, once; with the fault that made it. */
  readonly onSwitch?: ((event: "store.fallback" | "store.back", fault?: unknown) => void) | undefined;
  /** A clock in milliseconds, for tests. */
  readonly now?: (() => number) | undefined;
}

/**
 * Goes on with another store while the first one fails: a degraded mode, which you choose.
 *
 * What it costs: limits count anew at the fallback, so an outage lets through twice a limit at most, and as much again
 * for each fallback that processes don't share (memory is one of those). Codes sent before the outage can't be checked
 * during it; those sent during it can, after it too. What the first store refuses is refused. A send that meets the outage
 * as its code is stored is refused once: the first store may have it, and in both it could be spent twice.
 *
 * After the time that it waits, one call tries the first store again. That gets half of the time that a call has for its
 * stores, so that the fallback has a chance within the same deadline. The service's observer hears `store.fallback` and
 * `store.back`.
 */
export class FallbackStore implements Store {
  readonly #primary: Store;
  readonly #fallback: Store;
  readonly #forMs: number;
  readonly #onSwitch: FallbackOptions["onSwitch"];
  readonly #now: () => number;
  #retryAt: number | undefined;
  #fellAt = 0;
  #events: string[] = [];

  /** Throws a `ConfigError` for what is no store. */
  constructor(primary: Store, fallback: Store, { forMs = 30_000, onSwitch, now = () => performance.now() }: FallbackOptions = {}) {
    for (const [option, store] of [["primary", primary], ["fallback", fallback]] as const) {
      if (typeof store?.run !== "function") throw new ConfigError("config.type", `store.${option}`, "must be a store: an object with `run`");
    }
    if (!(forMs > 0)) throw new ConfigError("config.value", "store.forMs", "must be more than 0 milliseconds");
    this.#primary = primary;
    this.#fallback = fallback;
    this.#forMs = forMs;
    this.#onSwitch = onSwitch;
    this.#now = now;
  }

  async run(ops: readonly StoreOp[], timeoutMs: number): Promise<(string | undefined)[]> {
    const began = performance.now();
    const turn = this.#turn();
    if (turn === "fallback") return this.#hidden(await this.#fallback.run(ops, timeoutMs));
    const replies = await this.#ask(ops, timeoutMs / 2, turn);
    const places = ops.flatMap((op, at) => (replies[at] === "gone" || (replies[at] === undefined && !storesCode(op)) ? [at] : []));
    if (places.length === 0) return replies;
    try {
      const asked = places.map((at) => ops[at] as StoreOp);
      const found = await this.#fallback.run(asked, Math.max(timeoutMs - (performance.now() - began), 1));
      // The fallback's replies count where the first store had none, or knew of no code.
      places.forEach((place, at) => (replies[place] = replies[place] === undefined ? this.#hidden([found[at]])[0] : (found[at] ?? replies[place])));
    } catch (error) {
      // What the first store said stands, if it said something.
      if (error instanceof ConfigError || replies.every((reply) => reply === undefined)) throw error;
    }
    return replies;
  }

  /** Returns what happened since the last call: `store.fallback`, `store.back`. The service asks. */
  takeEvents(): string[] {
    const taken = this.#events;
    this.#events = [];
    return taken;
  }

  /** Tells whom this call asks; after the pause one call tries the first store, and no other waits for it. */
  #turn(): "primary" | "trial" | "fallback" {
    if (this.#retryAt === undefined) return "primary";
    const now = this.#now();
    if (now < this.#retryAt) return "fallback";
    this.#retryAt = now + this.#forMs;
    return "trial";
  }

  /** Asks the first store, which may take no longer; one that fails every operation has failed. */
  async #ask(ops: readonly StoreOp[], timeoutMs: number, turn: "primary" | "trial"): Promise<(string | undefined)[]> {
    let fault: unknown;
    try {
      const replies = [...(await within(timeoutMs, this.#primary.run(ops, timeoutMs)))];
      if (replies.some((reply) => reply !== undefined)) {
        if (turn === "trial") {
          this.#retryAt = undefined;
          this.#switched("store.back");
        }
        return replies;
      }
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      fault = error;
    }
    const now = this.#now();
    const first = this.#retryAt === undefined;
    this.#retryAt = now + this.#forMs;
    if (first) {
      this.#fellAt = now;
      this.#switched("store.fallback", fault);
    }
    return new Array<undefined>(ops.length).fill(undefined);
  }

  /** A code that is not here may be in the store that is down: that is no answer, and not "expired". */
  #hidden(replies: readonly (string | undefined)[]): (string | undefined)[] {
    const hides = this.#retryAt === undefined || this.#now() - this.#fellAt <= CODES_LIVE_MS;
    return replies.map((reply) => (hides && reply === "gone" ? undefined : reply));
  }

  #switched(event: "store.fallback" | "store.back", fault?: unknown): void {
    this.#events.push(event);
    hear("onSwitch", this.#onSwitch, event, fault);
  }
}

async function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("the store took too long")), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Tells whether an operation stores a code.
 *
 * One that failed is not done again elsewhere: the first store may have done it without a word, and a code that lies in
 * both could be spent in each.
 */
function storesCode({ op }: StoreOp): boolean {
  return op.startsWith("reserve ") && op.includes(" slot=");
}

/** The longest that a code lives. */
const CODES_LIVE_MS = 600_000;
