import { ConfigError } from "../config.js";
import type { Store, StoreOp } from "../store.js";

/**
 * Keeps the budget in one store and everything else in another: limits in Redis, say, and the budget in SQL.
 *
 * A store that fails fails its operations only; both are asked at once. `budget` has one record a deployment, `limits`
 * the rest.
 */
export class SplitStore implements Store {
  readonly #limits: Store;
  readonly #budget: Store;

  constructor({ limits, budget }: { readonly limits: Store; readonly budget: Store }) {
    for (const [option, store] of [["limits", limits], ["budget", budget]] as const) {
      if (typeof store?.run !== "function") throw new ConfigError("config.type", `store.${option}`, "must be a store: an object with `run`");
    }
    this.#limits = limits;
    this.#budget = budget;
  }

  async run(ops: readonly StoreOp[], timeoutMs: number): Promise<(string | undefined)[]> {
    const replies = new Array<string | undefined>(ops.length).fill(undefined);
    const places = ops.map((_, at) => at);
    const parts = [
      { store: this.#limits, at: places.filter((at) => !isBudget(ops[at])) },
      { store: this.#budget, at: places.filter((at) => isBudget(ops[at])) },
    ].filter(({ at }) => at.length > 0);
    const settled = await Promise.allSettled(parts.map(async ({ store, at }) => store.run(at.map((place) => ops[place] as StoreOp), timeoutMs)));
    const faults = settled.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
    // A store that can't be used as it is set up, and the fault of all, are the caller's to hear.
    const wrong = faults.find((fault) => fault instanceof ConfigError);
    if (wrong !== undefined) throw wrong;
    if (faults.length > 0 && faults.length === parts.length) throw faults[0];
    settled.forEach((one, part) => {
      if (one.status === "fulfilled") parts[part]?.at.forEach((place, at) => (replies[place] = one.value[at]));
    });
    return replies;
  }
}

/** A key is `sansms:1:NAMESPACE:KIND:NAME`, and none of these holds a colon. */
function isBudget(op: StoreOp | undefined): boolean {
  return op?.key.split(":")[3] === "budget";
}
