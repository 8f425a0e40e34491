/**
 * Word lists for tests.
 * @module
 */
import { WordFilter } from "../../lib/chat/moderation/word_filter.ts";
import { parseWordList, type WordList } from "../../lib/core/moderation/word_list.ts";

/** A list of words and phrases, without patterns. */
export function wordList(...lines: readonly string[]): WordList {
  const parsed = parseWordList(lines.join("\n"), () => {
    throw new TypeError("Cannot compile a pattern: not needed so far");
  });
  if (parsed.kind === "bad") throw new RangeError(`Bad list: ${parsed.problems.join("; ")}`);
  return parsed.list;
}

/** A filter with such a list. */
export function wordFilter(...lines: readonly string[]): WordFilter {
  const filter = new WordFilter();
  filter.replace(wordList(...lines));
  return filter;
}
