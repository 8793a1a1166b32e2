/** Where limits and codes are kept. */
export interface Store {
  /**
   * Runs operations, each atomic on the record under its key.
   *
   * Answers one reply for each operation, in their order; `undefined` for one that failed. A rejected promise says that
   * all of them did. `timeoutMs` is what is left of the time for the store in this call; later answers are not heard.
   * A store does not try again by itself.
   */
  run(ops: readonly StoreOp[], timeoutMs: number): Promise<readonly (string | undefined)[]>;
}

/** One operation on one record. */
export interface StoreOp {
  /** The record's key: ASCII without blanks; numbers and addresses are in it only as an HMAC. */
  readonly key: string;
  /** What to do with it: one line of ASCII, to be handed to the limiter as it is. */
  readonly op: string;
}

/**
 * Runs operations at once, those on one key in their order: one that fails is `undefined`, and the rest count.
 *
 * @internal
 */
export async function runEach(ops: readonly StoreOp[], run: (op: StoreOp) => Promise<string>): Promise<(string | undefined)[]> {
  const last = new Map<string, Promise<unknown>>();
  const settled = await Promise.allSettled(
    ops.map((op) => {
      const before = last.get(op.key);
      const reply = before === undefined ? run(op) : before.then(() => run(op));
      last.set(op.key, reply.catch(() => undefined));
      return reply;
    }),
  );
  const faults = settled.filter((one) => one.status === "rejected");
  // When none got through, the caller hears why.
  if (faults[0] !== undefined && faults.length === settled.length) throw faults[0].reason;
  return settled.map((one) => (one.status === "fulfilled" ? one.value : undefined));
}
