/**
 * Revocations in memory only.
 * @module
 */
import { type Revocation, revocationKey } from "../../core/auth/revocations.ts";
import type { RevocationStore } from "../ports/revocation_store.ts";
import { whenAborted } from "../when_aborted.ts";

/** Stores revocations until the process ends. */
export class MemoryRevocations implements RevocationStore {
  readonly #stored = new Map<string, Revocation>();

  add(revocation: Revocation): Promise<void> {
    const key = revocationKey(revocation);
    const known = this.#stored.get(key);
    if (known === undefined || known.before < revocation.before) this.#stored.set(key, revocation);
    return Promise.resolve();
  }

  read(): Promise<readonly Revocation[]> {
    return Promise.resolve([...this.#stored.values()]);
  }

  removeBefore(date: number): Promise<void> {
    for (const [key, { before }] of this.#stored) if (before < date) this.#stored.delete(key);
    return Promise.resolve();
  }

  whenChanged(signal: AbortSignal): Promise<void> {
    return whenAborted(signal);
  }
}
