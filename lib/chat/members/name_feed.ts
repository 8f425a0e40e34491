/**
 * The names of members, as the process knows them: read from the store once for all workers, which follow them.
 * @module
 */
import { isUserId, type UserId } from "../../core/log/entry.ts";
import { Feed, type FeedUpdate } from "../feed.ts";
import { BusUnavailable } from "../ports/bus.ts";
import type { OwnedName } from "../ports/directory.ts";
import type { DirectoryStore } from "../ports/directory_store.ts";
import { type RetryContext, retryWhileUnavailable } from "../retry.ts";

/** Follows the store, and tells the workers. */
export class NameFeed {
  readonly #store: Pick<DirectoryStore, "list" | "whenNamesChanged">;
  readonly #retry: RetryContext;
  readonly #owners = new Map<string, UserId>();
  readonly #feed = new Feed<OwnedName>(() =>
    [...this.#owners].map(([key, owner]) => ({ key, owner }))
  );
  #reading: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #retrying: Promise<unknown> | undefined;
  #life: AbortSignal = new AbortController().signal;

  /** Knows nothing before {@linkcode run}. @param bus Tells when the store is back. */
  constructor(
    store: Pick<DirectoryStore, "list" | "whenNamesChanged">,
    { clock, bus }: Pick<RetryContext, "clock" | "bus">,
  ) {
    this.#store = store;
    this.#retry = { clock, random: () => 0, bus };
  }

  /** Follows the store until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    this.#life = signal;
    while (!signal.aborted) {
      const read = await retryWhileUnavailable(
        () => this.refresh().then(() => true),
        this.#retry,
        signal,
      );
      if (read === undefined) return;
      await this.#store.whenNamesChanged(signal);
    }
  }

  /** Reads the names again. Rejects with `BusUnavailable`. */
  refresh(): Promise<void> {
    // One at a time: an older list must not replace a newer one. One that has not begun serves all who ask meanwhile.
    return this.#next ??= this.#reading.then(() => {
      this.#next = undefined;
      const read = this.#read();
      this.#reading = read.catch(() => {});
      return read;
    });
  }

  /**
   * Call after this process has changed a name: reads the names again, and if the store is unavailable now, once it is back.
   * What has been stored has succeeded nevertheless, so this does not reject.
   */
  async onChanged(): Promise<void> {
    try {
      await this.refresh();
    } catch (error) {
      if (!(error instanceof BusUnavailable)) throw error;
      this.#retrying ??= retryWhileUnavailable(() => this.refresh(), this.#retry, this.#life)
        .finally(() => this.#retrying = undefined);
    }
  }

  async #read(): Promise<void> {
    const stored = await this.#store.list("name");
    const gone = [...this.#owners.keys()].filter((key) => !stored.has(key));
    const news: OwnedName[] = gone.map((key) => ({ key, owner: null }));
    for (const [key, owner] of stored) {
      if (isUserId(owner) && this.#owners.get(key) !== owner) news.push({ key, owner });
    }
    for (const { key, owner } of news) {
      if (owner === null) this.#owners.delete(key);
      else this.#owners.set(key, owner);
    }
    this.#feed.add(news);
    this.#feed.open();
  }

  /** See {@linkcode Feed.after}. */
  after(version: number): Promise<FeedUpdate<OwnedName>> {
    return this.#feed.after(version);
  }
}
