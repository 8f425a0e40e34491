/**
 * The text of the word list, which the main thread hands on to its workers. Each of them parses it, since a parsed list
 * cannot be posted between threads.
 * @module
 */
import type { FeedUpdate } from "../feed.ts";

/** What workers use of the feed. */
export interface WordListSource {
  /**
   * Resolves with the current text when it is newer than a version, which may be never. The update is always the whole
   * list: `added` has one item. @param version 0 for any.
   */
  wordsAfter(version: number): Promise<FeedUpdate<string>>;
}

/** Keeps only the current text, which may be long: `Feed` would keep the last thousand. */
export class WordListFeed implements WordListSource {
  #text: string | undefined;
  #version = 0;
  #changed = Promise.withResolvers<void>();

  /** Hands another text on. It must have been parsed without a problem. */
  replace(text: string): void {
    this.#text = text;
    this.#version += 1;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async wordsAfter(version: number): Promise<FeedUpdate<string>> {
    while (this.#version <= version) await this.#changed.promise;
    return { version: this.#version, isWhole: true, added: [this.#text ?? ""] };
  }
}
