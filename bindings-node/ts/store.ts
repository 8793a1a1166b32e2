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
