/**
 * How much a store may take, and how much it takes.
 * @module
 */

/** Limits of the total stored; Infinity for no limit. */
export interface StoreQuota {
  /** Bytes, as the store counts them. */
  readonly bytes: number;
  /** Rooms that have entries. */
  readonly rooms: number;
}

/** What a store takes, in the units of {@linkcode StoreQuota}; undefined where finding out would read everything. */
export interface StoreUsage {
  /** Bytes, as the store counts them. */
  readonly bytes: number | undefined;
  /** Rooms that have entries. */
  readonly rooms: number | undefined;
}
