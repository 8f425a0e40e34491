/**
 * What the tables that belong to no room need from their store.
 * @module
 */
import type { DamageTracker } from "./damage_tracker.ts";
import type { Statements } from "./file/statements.ts";

/** Access to one store. */
export interface TableContext {
  /** The file, as it is open now. Throws `BusUnavailable` if it is not. */
  readonly file: () => Statements;
  /** Runs a function in a transaction. It must be repeatable. */
  readonly write: <T>(fn: () => T) => Promise<T>;
  /** Logs and counts damaged rows. */
  readonly damage: DamageTracker;
  /** Called with the error of a read, which may show that the file is damaged. */
  readonly onReadFailed: (error: unknown) => void;
}
