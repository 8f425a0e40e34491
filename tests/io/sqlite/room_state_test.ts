/** What the state of a room costs where there is none. */
import assert from "node:assert/strict";
import { systemClock } from "../../../lib/chat/ports/clock.ts";
import { openSqliteFile } from "../../../lib/io/sqlite/file/database.ts";
import { SqliteStore } from "../../../lib/io/sqlite/store.ts";
import { numbers, say } from "../../contract/fixtures.ts";
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
