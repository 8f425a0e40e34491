/**
 * When to read again what other instances change in Redis. They tell each other on a channel. Pub/sub may lose that, so
 * waiting also ends after 30 s, and whenever a connection was lost.
 * @module
 */
import type { Clock } from "../../../chat/ports/clock.ts";
import type { RedisSubscriptions } from "../subscriptions.ts";

/** How long a change of another instance may stay unknown if its message is lost. */
const READ_INTERVAL_MS = 30_000;

/** What a signal needs. */
export interface ChangeSignalContext {
  /** Subscribes to the channel. */
  readonly subscriptions: Pick<RedisSubscriptions, "subscribeChannel">;
  /** Waits. */
  readonly clock: Clock;
}

/** Tells when something may have changed since it was last read. */
export class ChangeSignal {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #mayHaveChanged = false;

  /** Subscribes to the channel. */
  constructor(channel: string, { subscriptions, clock }: ChangeSignalContext) {
    this.#clock = clock;
    subscriptions.subscribeChannel(channel, () => this.onChanged(), () => true)
      .then(() => this.onChanged());
  }

  /** Call before each read: what changes from then on counts. */
  beginRead(): void {
    this.#mayHaveChanged = false;
  }

  /** Resolves when something may have changed since {@linkcode beginRead}, at the latest after 30 s or on abort. */
  async whenChanged(signal: AbortSignal): Promise<void> {
    if (this.#mayHaveChanged || signal.aborted) return;
    const alarm = new AbortController();
    const wake = () => alarm.abort();
    this.#waiting.add(wake);
    signal.addEventListener("abort", wake);
    await this.#clock.sleep(READ_INTERVAL_MS, alarm.signal);
    signal.removeEventListener("abort", wake);
    this.#waiting.delete(wake);
  }

  /** Another instance has changed something, or may have: messages were missed. */
  onChanged(): void {
    this.#mayHaveChanged = true;
    for (const wake of this.#waiting) wake();
  }
}
