/** What the state of a room costs where there is none, and what a clear leaves in the file. */
import assert from "node:assert/strict";
import { systemClock } from "../../../lib/chat/ports/clock.ts";
import { openSqliteFile } from "../../../lib/io/sqlite/file/database.ts";
import { SqliteStore } from "../../../lib/io/sqlite/store.ts";
import { numbers, say } from "../../contract/fixtures.ts";
import { act } from "../../contract/room_state.ts";
import { counter } from "../../support/fakes.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

const AMPLE = { messages: 10_000, entries: 10_000, ageMs: Infinity };

function open(folder: TemporaryFolder) {
  const file = openSqliteFile(folder.path);
  return { file, store: new SqliteStore(file, systemClock, AMPLE, counter("epoch")) };
}

Deno.test("SqliteStore reads the state once per transaction for a room that has none", async () => {
  await using folder = new TemporaryFolder();
  const { file, store } = open(folder);
  await using _closing = store;
  const asked: string[] = [];
  const row = file.row.bind(file);
  file.row = (sql, ...values) => {
    if (sql.includes("room_state")) asked.push(sql);
    return row(sql, ...values);
  };
  await Promise.all(numbers(1, 50).map((n) => store.append(say(String(n)))));
  assert.equal(asked.length, 1, asked.join());
});

for (const length of [100, 20_000]) {
  Deno.test(`SqliteStore leaves nothing of cleared messages of ${length} characters in its file`, async () => {
    await using folder = new TemporaryFolder();
    {
      const { store } = open(folder);
      await using _closing = store;
      const texts = numbers(1, 200).map(() => "secret".repeat(length / 6));
      await Promise.all(texts.map((text) => store.append(say(text))));
      await store.append(act({ kind: "clear" }));
    }
    const bytes = Deno.readFileSync(`${folder.path}/parley.sqlite`);
    assert.ok(!new TextDecoder("latin1").decode(bytes).includes("secretsecret"));
  });
}
