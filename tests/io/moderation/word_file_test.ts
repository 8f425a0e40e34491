/** Which files can be word lists. */
import assert from "node:assert/strict";
import { MAX_LIST_BYTES } from "../../../lib/core/moderation/word_list.ts";
import { readWordFile } from "../../../lib/io/moderation/word_file.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

/** Reads a file with this content. */
async function read(content: string | Uint8Array) {
  await using folder = new TemporaryFolder();
  const path = `${folder.path}/words`;
  await Deno.writeFile(
    path,
    typeof content === "string" ? new TextEncoder().encode(content) : content,
  );
  const result = await readWordFile(path);
  if (result.kind === "good") return result.file;
  return result.problems.map(({ name, value, allowed }) => {
    assert.deepEqual([name, value], ["BLOCKED_WORDS_FILE", path]);
    return allowed;
  });
}

Deno.test("readWordFile() reads words and patterns", async () => {
  const text = "# List\nbad\n/b[a4]d/\n";
  assert.deepEqual(await read(text), { text, entries: 2 });
  assert.deepEqual(await read(""), { text: "", entries: 0 });
  assert.deepEqual(await read("\ufeffbad"), { text: "bad", entries: 1 });
});

Deno.test("readWordFile() has nothing to read without a path", async () => {
  assert.deepEqual(await readWordFile(null), { kind: "good", file: undefined });
});

Deno.test("readWordFile() reports every bad line", async () => {
  assert.deepEqual(await read("/a\nfine\n/b\n"), [
    "a word list (line 1: a pattern has to end with /)",
    "a word list (line 3: a pattern has to end with /)",
  ]);
});

Deno.test("readWordFile() reports a file that is not UTF-8", async () => {
  const [problem] = await read(new Uint8Array([0x62, 0xe4, 0x64])) as string[];
  assert.match(problem ?? "", /^a text file in UTF-8 that can be read \(/);
});

Deno.test("readWordFile() reads no more than the limit, even from a device without an end", async () => {
  const why = `it has more than ${MAX_LIST_BYTES} bytes`;
  const expected = [`a text file in UTF-8 that can be read (${why})`];
  assert.deepEqual(await read(`#${"x".repeat(MAX_LIST_BYTES)}`), expected);
  assert.deepEqual(await read(`#${"x".repeat(MAX_LIST_BYTES - 1)}`), {
    text: `#${"x".repeat(MAX_LIST_BYTES - 1)}`,
    entries: 0,
  });
  if (Deno.build.os === "windows") return;
  const result = await readWordFile("/dev/zero");
  assert.deepEqual(result.kind === "bad" && result.problems.map((it) => it.allowed), expected);
});

Deno.test("readWordFile() reports a missing file and a folder", async () => {
  await using folder = new TemporaryFolder();
  for (const path of [`${folder.path}/missing`, folder.path]) {
    const result = await readWordFile(path);
    assert.ok(result.kind === "bad");
    assert.match(result.problems[0]?.allowed ?? "", /that can be read \(.*(No such|directory)/);
  }
});
