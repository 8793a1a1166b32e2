import { core, type Core, type CoreMemoryStore } from "../core.js";
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
    const records = (this.#records ??= makeRecords(core.get().core));
    return ops.map(({ key, op }) => records.run(key, op, this.#now()));
  }
}

function makeRecords(core: Core): CoreMemoryStore {
  return core.MemoryStore === undefined ? new Records(core) : new core.MemoryStore();
}

/** The core's memory store, around its `apply`: the same, with the map of the runtime. */
class Records implements CoreMemoryStore {
  readonly #core: Core;
  readonly #kept = new Map<string, { record: Uint8Array; until: number }>();
  #sinceSweep = 0;

  constructor(core: Core) {
    this.#core = core;
  }

  run(key: string, op: string, now: number): string {
    this.#sweep(now);
    const kept = this.#kept.get(key);
    const { record, ttlMs, reply } = this.#core.apply(kept !== undefined && now < kept.until ? kept.record : undefined, op, now);
    if (record != null) this.#kept.set(key, { record, until: Math.max(now + ttlMs, kept?.until ?? 0) });
    return reply;
  }

  /** Drops what has ended every so often, so that a call costs constant time on the average. */
  #sweep(now: number): void {
    this.#sinceSweep += 1;
    if (this.#sinceSweep < 1024 || this.#sinceSweep * 2 <= this.#kept.size) return;
    this.#sinceSweep = 0;
    for (const [key, { until }] of this.#kept) {
      if (until <= now) this.#kept.delete(key);
    }
  }
}
