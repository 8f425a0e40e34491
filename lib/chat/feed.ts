/**
 * A list that only grows, which the main thread hands on to its workers. They ask for what is newer instead of being told, so
 * no change falls between the start of a worker and its first question.
 * @module
 */
import { whenAborted } from "./when_aborted.ts";

/** What was added to a feed since a version. */
export interface FeedUpdate<T> {
  /** The version that this leads to. */
  readonly version: number;
  /** What was added, in order. */
  readonly added: readonly T[];
}

/** The list. Its version is one more than its length once it is open; before that, nobody gets anything. */
export class Feed<T> {
  readonly #items: T[] = [];
  #isOpen = false;
  #changed = Promise.withResolvers<void>();

  /** Everything that was added. */
  get items(): readonly T[] {
    return this.#items;
  }

  /** Adds items. */
  add(items: readonly T[]): void {
    for (const it of items) this.#items.push(it);
    if (this.#isOpen && items.length > 0) this.#wake();
  }

  /** Lets everybody have the items: from now on, the list is complete. */
  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#wake();
  }

  /** Resolves when there is something newer than a version, which may be never. @param version 0 for everything. */
  async after(version: number): Promise<FeedUpdate<T>> {
    while (!this.#isOpen || this.#items.length < version) await this.#changed.promise;
    return { version: this.#items.length + 1, added: this.#items.slice(Math.max(0, version - 1)) };
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** Asks a feed for its updates until the signal aborts. @param onUpdate Called with each. */
export async function followFeed<T>(
  after: (version: number) => Promise<FeedUpdate<T>>,
  onUpdate: (update: FeedUpdate<T>) => void,
  signal: AbortSignal,
): Promise<void> {
  const follow = async () => {
    for (let version = 0; !signal.aborted;) {
      const update = await after(version);
      version = update.version;
      onUpdate(update);
    }
  };
  await Promise.race([follow(), whenAborted(signal)]);
}
