import { core } from "./core.js";

/** What became of a record. */
export interface Applied {
  /** The record to keep from now on; left out, what is there stays as it is, with its time to live. */
  readonly record?: Uint8Array | undefined;
  /** How long to keep `record` at least, in milliseconds. */
  readonly ttlMs: number;
  /** The answer to hand back. */
  readonly reply: string;
}

/**
 * Runs one operation on one record: all that a store of your own has to call.
 *
 * `record` is what the store holds under the operation's key, `now` the clock of the place that keeps it, in
 * milliseconds since 1970. Hold the key from before the record is read until it is written. See {@link Store}.
 */
export function apply(record: Uint8Array | undefined, op: string, now: number): Applied {
  return core.get().core.apply(record, op, now);
}
