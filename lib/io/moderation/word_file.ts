/**
 * The file of `BLOCKED_WORDS_FILE`: reads it, and checks it before anything uses it.
 * @module
 */
import type { ConfigProblem } from "../../core/config/config.ts";
import { MAX_LIST_BYTES, parseWordList } from "../../core/moderation/word_list.ts";
import { loadPatternCompiler } from "./patterns.ts";

/** The text of a word list that can be used. */
export interface WordFile {
  /** It has been parsed without a problem. */
  readonly text: string;
  /** Number of its entries. */
  readonly entries: number;
}

/** The file, undefined without a path; or what is wrong with it. */
export type WordFileResult =
  | { readonly kind: "good"; readonly file: WordFile | undefined }
  | { readonly kind: "bad"; readonly problems: readonly ConfigProblem[] };

/** The text of the file, not checked; or why it cannot be read. */
export type WordTextResult =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "bad"; readonly problems: readonly ConfigProblem[] };

/** Reads and checks the file. */
export async function readWordFile(path: string | null): Promise<WordFileResult> {
  if (path === null) return { kind: "good", file: undefined };
  const read = await readWordText(path);
  return read.kind === "bad" ? read : await checkWordText(path, read.text);
}

/** Reads the file. */
export async function readWordText(path: string): Promise<WordTextResult> {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await readStart(path));
    return { kind: "text", text };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return bad(path, [`a text file in UTF-8 that can be read (${why})`]);
  }
}

/** Checks a text of the file. A long list takes tens of milliseconds. */
export async function checkWordText(path: string, text: string): Promise<WordFileResult> {
  const parsed = parseWordList(text, await loadPatternCompiler());
  if (parsed.kind === "bad") return bad(path, parsed.problems.map((it) => `a word list (${it})`));
  return { kind: "good", file: { text, entries: parsed.list.size } };
}

function bad(
  value: string,
  allowed: readonly string[],
): { readonly kind: "bad"; readonly problems: readonly ConfigProblem[] } {
  const name = "BLOCKED_WORDS_FILE";
  return { kind: "bad", problems: allowed.map((it) => ({ name, value, allowed: it })) };
}

/** Reads no more than one byte above the limit: the path may be that of a device, which has no end. */
async function readStart(path: string): Promise<Uint8Array<ArrayBuffer>> {
  using file = await Deno.open(path);
  const bytes = new Uint8Array(MAX_LIST_BYTES + 1);
  let length = 0;
  while (length < bytes.length) {
    const read = await file.read(bytes.subarray(length));
    if (read === null) break;
    length += read;
  }
  if (length > MAX_LIST_BYTES) throw new Error(`it has more than ${MAX_LIST_BYTES} bytes`);
  return bytes.subarray(0, length);
}
