/**
 * Where revocations are stored. Implemented in memory (`chat/revocations/memory_revocations.ts`), in SQLite and in Redis.
 * @module
 */
import type { Revocation } from "../../core/auth/revocations.ts";

/** Stores revocations. Of two about the same, it keeps the later. */
export interface RevocationStore {
  /** Resolves when the revocation is stored, and other processes are being told. Rejects with `BusUnavailable`. */
  add(revocation: Revocation): Promise<void>;
  /** Returns all, in no order. Rejects with `BusUnavailable`. */
  read(): Promise<readonly Revocation[]>;
  /** Removes those of a time before `date`, in milliseconds since 1970. Rejects with `BusUnavailable`. */
  removeBefore(date: number): Promise<void>;
  /**
   * Waits until another process may have added one since the last {@linkcode read} began. Resolves early when the signal
   * aborts.
   */
  whenChanged(signal: AbortSignal): Promise<void>;
}
