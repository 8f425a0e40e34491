/**
 * Patterns of word lists. `RegExp` would take exponential time for some of them, so they are matched by a package that
 * takes linear time. It is loaded on first use, which most processes never need.
 * @module
 */
import type { PatternCompiler } from "../../core/moderation/word_list.ts";

/** Loads the package. */
export async function loadPatternCompiler(): Promise<PatternCompiler> {
  const { RE2JS } = await import("re2js");
  return (source) => {
    const pattern = RE2JS.compile(source, RE2JS.CASE_INSENSITIVE);
    return { size: pattern.programSize(), test: (text) => pattern.test(text) };
  };
}
