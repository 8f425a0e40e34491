/** What deleted and cleared messages leave in the file of the embedded store: nothing of what they said. */
import assert from "node:assert/strict";
import { systemClock } from "../../../lib/chat/ports/clock.ts";
import { openSqliteFile } from "../../../lib/io/sqlite/file/database.ts";
import { SqliteStore } from "../../../lib/io/sqlite/store.ts";
import type { Content } from "../../../lib/core/log/content.ts";
import type { Position } from "../../../lib/core/log/position.ts";
import type { Draft } from "../../../lib/core/log/entry.ts";
import { draft, numbers, user } from "../../contract/fixtures.ts";
import { act } from "../../contract/state/room_state.ts";
import { counter } from "../../support/fakes.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

const AMPLE = { messages: 10_000, entries: 10_000, ageMs: Infinity };

const COUNT = 200;

/** Sends messages and removes what they say. Returns the bytes of the closed file. */
async function fileAfter(
  content: Content,
  removals: (of: readonly Position[]) => readonly Draft[],
): Promise<string> {
  await using folder = new TemporaryFolder();
  {
    const file = openSqliteFile(folder.path);
    await using store = new SqliteStore(file, systemClock, AMPLE, counter("epoch"));
    const drafts = numbers(1, COUNT).map(() => draft({ kind: "said", ...content }));
    const results = await Promise.all(drafts.map((it) => store.append(it)));
    const said = results.map((it) => it.kind === "entered" ? it.entry.position : assert.fail());
    const removed = await Promise.all(removals(said).map((it) => store.append(it)));
    assert.ok(removed.every(({ kind }) => kind === "entered"));
  }
  return new TextDecoder("latin1").decode(Deno.readFileSync(`${folder.path}/parley.sqlite`));
}

const secret = (length: number) => "secret".repeat(length / 6);

for (
  const [what, content] of [
    ["texts of 100 characters", { text: secret(100) }],
    ["texts of 20,000 characters", { text: secret(20_000) }],
    ["metadata of 100 characters", { text: "", metadata: { a: secret(100) } }],
    ["metadata of 2,000 characters", { text: "", metadata: { a: secret(2_000) } }],
    ["mentions", { text: "", mentions: [user("secretsecret")] }],
  ] as const
) {
  for (
    const [how, removals] of [
      ["cleared", () => [act({ kind: "clear" })]],
      ["deleted", (said) => said.map((of) => draft({ kind: "deleted", of }))],
    ] as readonly (readonly [string, Parameters<typeof fileAfter>[1]])[]
  ) {
    Deno.test(`SqliteStore leaves nothing of ${how} ${what} in its file`, async () => {
      assert.ok(!(await fileAfter(content, removals)).includes("secretsecret"));
      assert.ok((await fileAfter(content, () => [])).includes("secretsecret"));
    });
  }
}

for (const length of [100, 20_000]) {
  Deno.test(`SqliteStore leaves nothing of replaced texts of ${length} characters in its file`, async () => {
    const content = { text: secret(length) };
    const edits = (said: readonly Position[]) =>
      said.map((of) => draft({ kind: "edited", of, text: "new" }));
    assert.ok(!(await fileAfter(content, edits)).includes("secretsecret"));
  });
}

Deno.test("SqliteStore leaves nothing of a deleted message on the disk after a sweep", async () => {
  await using folder = new TemporaryFolder();
  await using store = new SqliteStore(
    openSqliteFile(folder.path),
    systemClock,
    AMPLE,
    counter("epoch"),
  );
  const onDisk = () =>
    ["", "-wal"].some((end) =>
      new TextDecoder("latin1").decode(Deno.readFileSync(`${folder.path}/parley.sqlite${end}`))
        .includes("secretsecret")
    );
  const said = await store.append(draft({ kind: "said", text: secret(100) }));
  const of = said.kind === "entered" ? said.entry.position : assert.fail();
  await store.append(draft({ kind: "deleted", of }));
  assert.ok(onDisk());
  await store.sweep();
  assert.ok(!onDisk());
});
