import { core, type CoreMemoryStore } from "../core.js";
import type { Store, StoreOp } from "../store.js";

/**
 * Keeps everything in the memory of this process.
 *
 * For tests, and for a deployment of exactly one process: a second one counts by itself, and a restart forgets. A
 * Worker runs in many isolates at once, so there it limits nothing.
 */
export class MemoryStore implements Store {
  readonly #now: () => number;
  #records: CoreMemoryStore | undefined;

  /** `now` is the store's clock, in milliseconds since 1970; the host's unless given. */
  constructor(options: { readonly now?: (() => number) | undefined } = {}) {
    this.#now = options.now ?? Date.now;
  }

  async run(ops: readonly StoreOp[]): Promise<string[]> {
    const records = (this.#records ??= new (core.get().core.MemoryStore)());
    return ops.map(({ key, op }) => records.run(key, op, this.#now()));
  }
}
