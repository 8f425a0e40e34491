/**
 * Keeps the word filter of a worker up to date.
 * @module
 */
import { followFeed } from "../../chat/feed.ts";
import type { WordFilter } from "../../chat/moderation/word_filter.ts";
import type { WordListSource } from "../../chat/moderation/word_list_feed.ts";
import { parseWordList } from "../../core/moderation/word_list.ts";
import { loadPatternCompiler } from "./patterns.ts";

/** Replaces the filter's list whenever the source has another, until the signal aborts. */
export async function followWords(
  source: WordListSource,
  filter: Pick<WordFilter, "replace">,
  signal: AbortSignal,
): Promise<void> {
  const compile = await loadPatternCompiler();
  await followFeed(
    (version) => source.wordsAfter(version),
    ({ added: [text = ""] }) => {
      const parsed = parseWordList(text, compile);
      if (parsed.kind === "bad") {
        throw new Error(`Cannot use the word list: ${parsed.problems.join("; ")}`);
      }
      filter.replace(parsed.list);
    },
    signal,
  );
}
