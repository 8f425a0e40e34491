/** Changes of the word list, found by a clock that the test advances. */
import assert from "node:assert/strict";
import type { WordTextResult } from "../../../lib/io/moderation/word_file.ts";
import { watchWordFile } from "../../../lib/io/moderation/word_file_watch.ts";
import { FakeClock } from "../../support/fakes.ts";
import { LogRecorder } from "../../support/log_recorder.ts";

const problemsOf = (value: string) => [{ name: "BLOCKED_WORDS_FILE", value, allowed: "a list" }];
const unreadable = Symbol("a file that cannot be read");

/** Watches a file that has each of these contents for one look. Those with a question mark are no lists. */
async function watch(...contents: readonly (string | typeof unreadable)[]) {
  await using log = await LogRecorder.start();
  const clock = new FakeClock();
  const life = new AbortController();
  const changes: string[] = [];
  const checked: string[] = [];
  const remaining = [...contents];
  const watching = watchWordFile(
    {
      read: (): Promise<WordTextResult> => {
        const text = remaining.shift() ?? "one";
        return Promise.resolve(
          text === unreadable
            ? { kind: "bad", problems: problemsOf("unreadable") }
            : { kind: "text", text },
        );
      },
      check: (text) => {
        checked.push(text);
        return Promise.resolve(
          text.includes("?")
            ? { kind: "bad", problems: problemsOf(text) }
            : { kind: "good", file: { text, entries: text.length } },
        );
      },
      clock,
      onChange: (text) => void changes.push(text),
    },
    { text: "one", entries: 3 },
    life.signal,
  );
  while (remaining.length > 0) await clock.advance(1_000);
  await clock.advance(0);
  life.abort();
  await watching;
  const entriesOf = (event: string) => log.fields(event).map(({ entries }) => entries);
  assert.deepEqual(entriesOf("words.loaded"), [3]);
  assert.deepEqual(entriesOf("words.replaced"), changes.map(({ length }) => length));
  const failures = log.fields("words.reload_failed").map(({ why }) =>
    /^BLOCKED_WORDS_FILE is "(.*)": allowed: a list$/.exec(String(why))?.[1]
  );
  return { changes, checked, failures };
}

const twice = <T>(...items: readonly T[]) => items.flatMap((item) => [item, item]);

Deno.test("watchWordFile() reports each new list once, and one that returns", async () => {
  const { changes, failures } = await watch(...twice("one", "four", "four", "three", "one", "one"));
  assert.deepEqual([changes, failures], [["four", "three", "one"], []]);
});

Deno.test("watchWordFile() uses no list that it has found only once, since half of it may be missing", async () => {
  const { changes, checked } = await watch("", "fo", ...twice("four"), "", ...twice("four"));
  assert.deepEqual([changes, checked], [["four"], ["four"]]);
});

Deno.test("watchWordFile() keeps the last good list, and logs each problem once", async () => {
  const { changes, checked, failures } = await watch(
    ...twice<string | typeof unreadable>(
      "a?",
      "a?",
      "b?",
      unreadable,
      unreadable,
      "one",
      "b?",
      "b?",
      "four",
    ),
  );
  assert.deepEqual(changes, ["four"]);
  assert.deepEqual(failures, ["a?", "b?", "unreadable", "b?"]);
  assert.deepEqual(checked, ["a?", "b?", "one", "b?", "four"]);
});
