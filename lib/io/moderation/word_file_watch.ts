/**
 * Notices when the word list changes. It compares the contents of the file, for the reasons given in
 * `tls/key_pair_watch.ts`. A new content counts once it was found twice in a row: half of a list that is being written is
 * a list too, and the words that are missing would be allowed for a moment. While the file cannot be used, the last good
 * list stays in use.
 * @module
 */
import type { Clock } from "../../chat/ports/clock.ts";
import { describeProblem } from "../../core/command_line/command_line.ts";
import type { ConfigProblem } from "../../core/config/config.ts";
import { logger } from "../logger.ts";
import type { WordFile, WordFileResult, WordTextResult } from "./word_file.ts";

/** Time between two looks at the file. */
const POLL_MS = 1_000;

/** What {@linkcode watchWordFile} needs. */
export interface WordFileWatchContext {
  /** Reads the text of the file, without parsing it. Called every second. */
  readonly read: () => Promise<WordTextResult>;
  /** Parses a text before it is used. Called for each new text that was read twice in a row. */
  readonly check: (text: string) => Promise<WordFileResult>;
  /** Waits between two looks. */
  readonly clock: Clock;
  /** Called with each new text. */
  readonly onChange: (text: string) => void;
}

/** Looks at the file until the signal aborts. @param first What is in use already. */
export async function watchWordFile(
  { read, check, clock, onChange }: WordFileWatchContext,
  first: WordFile,
  signal: AbortSignal,
): Promise<void> {
  let inUse = first.text;
  let [found, judged] = [inUse, inUse];
  logger.info("words.loaded", { entries: first.entries });
  while (!signal.aborted) {
    await clock.sleep(POLL_MS, signal);
    if (signal.aborted) return;
    const content = await read();
    const before = found;
    found = content.kind === "text" ? content.text : reasonOf(content.problems);
    if (found !== before || found === judged) continue;
    judged = found;
    const result = content.kind === "text" ? await check(content.text) : content;
    if (result.kind === "bad") {
      logger.warn("words.reload_failed", { why: reasonOf(result.problems) });
    } else if (result.file !== undefined && result.file.text !== inUse) {
      inUse = result.file.text;
      onChange(inUse);
      logger.info("words.replaced", { entries: result.file.entries });
    }
  }
}

function reasonOf(problems: readonly ConfigProblem[]): string {
  return problems.map(describeProblem).join("; ");
}
