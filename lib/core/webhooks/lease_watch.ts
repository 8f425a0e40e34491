/**
 * When a node may take over what another one owns. The owner changes its record every {@linkcode RENEW_MS}; a node that sees
 * the same text for {@linkcode WEBHOOK_LEASE_MS} takes over. Each node measures with its own monotonic clock, so it does not
 * matter what time the machines believe it is.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const watch = new LeaseWatch();
 * assert.equal(watch.isExpired("w", "beat 1", 0), false);
 * assert.equal(watch.isExpired("w", "beat 2", WEBHOOK_LEASE_MS), false);
 * assert.equal(watch.isExpired("w", "beat 2", 2 * WEBHOOK_LEASE_MS), true);
 * ```
 * @module
 */

/** How often an owner renews. */
export const RENEW_MS = 3_000;
/** An owner starts nothing more this long after it began its last renewal. */
export const HOLD_MS = 8_000;
/**
 * A record that did not change for this long no longer has an owner. Longer than {@linkcode HOLD_MS} and one attempt together,
 * so that what the owner has started is over.
 */
export const WEBHOOK_LEASE_MS = 20_000;

/** What one node has seen of the records of others. Times are milliseconds on a scale that does not decrease. */
export class LeaseWatch {
  readonly #seen = new Map<string, { readonly text: string; readonly since: number }>();

  /** Whether a record has been the same for long enough. @param text Its text, as it was just read. */
  isExpired(id: string, text: string, now: number): boolean {
    const seen = this.#seen.get(id);
    if (seen?.text === text) return now - seen.since >= WEBHOOK_LEASE_MS;
    this.#seen.set(id, { text, since: now });
    return false;
  }

  /** Forgets all records but these. */
  retain(ids: ReadonlySet<string>): void {
    for (const id of [...this.#seen.keys()]) if (!ids.has(id)) this.#seen.delete(id);
  }
}
