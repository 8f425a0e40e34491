/**
 * Changes that the main thread hands on to its workers. They ask for what is newer instead of being told, so no change falls
 * between the start of a worker and its first question. Only the newest changes are kept: a follower that is new, or has
 * fallen further behind, gets what all of them amount to.
 * @module
 */
import { whenAborted } from "./when_aborted.ts";

/** What was added to a feed since a version. */
export interface FeedUpdate<T> {
  /** The version that this leads to. */
  readonly version: number;
  /** Whether `added` is all that counts. What a follower knows otherwise may be out of date, and must be forgotten. */
  readonly isWhole: boolean;
  /** What was added, in order; of the whole, what it amounts to. */
  readonly added: readonly T[];
}

/** Number of items that are kept as they are. */
export const RECENT_ITEMS = 1_000;

/** The changes. The version is one more than the number of items ever added, once the feed is open; before, there are none. */
export class Feed<T> {
  readonly #current: () => readonly T[];
  readonly #recent: T[] = [];
  /** Number of items that were added before those. */
  #olderCount = 0;
  #isOpen = false;
  #changed = Promise.withResolvers<void>();

  /**
   * Creates a feed without items.
   *
   * @param current Returns what all items so far amount to. It must already include items when they are added.
   */
  constructor(current: () => readonly T[]) {
    this.#current = current;
  }

  /** Adds items. */
  add(items: readonly T[]): void {
    for (const it of items) this.#recent.push(it);
    // Not one by one: moving the rest would cost as much each time.
    if (this.#recent.length >= 2 * RECENT_ITEMS) {
      const older = this.#recent.splice(0, this.#recent.length - RECENT_ITEMS);
      this.#olderCount += older.length;
    }
    if (this.#isOpen && items.length > 0) this.#wake();
  }

  /** Opens the feed to all readers: from now on, nothing is missing. */
  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#wake();
  }

  /** Resolves when there is something newer than a version, which may be never. @param version 0 for the whole. */
  async after(version: number): Promise<FeedUpdate<T>> {
    while (!this.#isOpen || this.#count < version) await this.#changed.promise;
    const start = version - 1 - this.#olderCount;
    const isWhole = start < 0;
    const added = isWhole ? this.#current() : this.#recent.slice(start);
    return { version: this.#count + 1, isWhole, added };
  }

  get #count(): number {
    return this.#olderCount + this.#recent.length;
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
