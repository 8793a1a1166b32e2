/** Where tests put a seed and a clock of their own; reached through `sansms/testing` only. */
export const SEAMS = Symbol("sansms.seams");

export interface Seams {
  /** 32 bytes for the next flow. */
  seed?: () => Uint8Array;
  /** The host's clock, in milliseconds since 1970. */
  now?: () => number;
}
