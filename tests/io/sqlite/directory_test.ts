import assert from "node:assert/strict";
import { BusUnavailable } from "../../../lib/chat/ports/bus.ts";
import type { RecordKey } from "../../../lib/chat/ports/directory_store.ts";
import { systemClock } from "../../../lib/chat/ports/clock.ts";
import { openSqliteFile } from "../../../lib/io/sqlite/file/database.ts";
import { openSqliteStore, SqliteStore } from "../../../lib/io/sqlite/store.ts";
import { directoryStoreContract } from "../../contract/directory_store_contract.ts";
import { AMPLE, counter } from "../../support/fakes.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

const ANN: RecordKey = { kind: "member", id: "m_ann00000" };
const BEA: RecordKey = { kind: "member", id: "m_bea00000" };
const NAME: RecordKey = { kind: "name", id: "ANN" };
const drawEpoch = counter("epoch");

const open = (folder: string) => openSqliteStore(folder, systemClock, AMPLE, drawEpoch);

/** A store, and its file for the test to change. */
function openBoth(folder: string) {
  const file = openSqliteFile(folder);
  return { file, store: new SqliteStore(file, systemClock, AMPLE, drawEpoch) };
}

directoryStoreContract("SqliteDirectory", async () => {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(new TemporaryFolder());
  const { directory: store } = opened.use(open(folder.path));
  const held = opened.move();
  return { store, [Symbol.asyncDispose]: () => held.disposeAsync() };
});

Deno.test("Members and names are still there when the store is opened again", async () => {
  await using folder = new TemporaryFolder();
  {
    await using store = open(folder.path);
    await store.directory.commit([
      { ...ANN, from: undefined, to: "1" },
      { ...NAME, from: undefined, to: ANN.id },
    ]);
  }
  await using store = open(folder.path);
  assert.deepEqual(await store.directory.read([NAME, ANN]), [ANN.id, "1"]);
});

Deno.test("A damaged member is reported and not listed, and nothing replaces it", async () => {
  await using folder = new TemporaryFolder();
  const { store, file } = openBoth(folder.path);
  await using _closing = store;
  await store.directory.commit([
    { ...ANN, from: undefined, to: "1" },
    { ...BEA, from: undefined, to: "2" },
  ]);
  file.run("UPDATE directory SET value = x'00ff' WHERE id = ?", ANN.id);
  file.run("INSERT INTO directory VALUES ('member', x'00', 'of nobody')");
  assert.deepEqual(await store.directory.list("member"), new Map([[BEA.id, "2"]]));
  assert.match(store.problems().join(), /damaged rows/);
  const isRefused = (error: unknown) => error instanceof BusUnavailable && !error.mayHaveApplied;
  await assert.rejects(store.directory.read([BEA, ANN]), isRefused);
  for (const from of [undefined, "1"]) {
    const changes = [{ ...BEA, from: "2", to: "3" }, { ...ANN, from, to: "4" }];
    await assert.rejects(store.directory.commit(changes), isRefused);
  }
  assert.deepEqual(await store.directory.read([BEA]), ["2"]);
  assert.equal(await store.directory.commit([{ ...BEA, from: "2", to: "3" }]), true);
  const stored = file.row("SELECT hex(value) AS value FROM directory WHERE id = ?", ANN.id);
  assert.equal(stored?.text("value"), "00FF");
});

Deno.test("Changes are refused as not made while the disk is full, and members can still be read", async () => {
  await using folder = new TemporaryFolder();
  const { store, file } = openBoth(folder.path);
  await using _closing = store;
  await store.directory.commit([{ ...ANN, from: undefined, to: "1" }]);
  // SQLite reports the same for a file that may not grow as for a full disk.
  file.row(`PRAGMA max_page_count = ${file.row("PRAGMA page_count")?.number("page_count")}`);
  const changes = [
    { ...ANN, from: "1", to: "2" },
    { ...BEA, from: undefined, to: "x".repeat(50_000) },
  ];
  await assert.rejects(store.directory.commit(changes), (error) => {
    assert.ok(error instanceof BusUnavailable);
    assert.match(error.message, /disk of the message store is full/);
    return !error.mayHaveApplied;
  });
  assert.deepEqual(await store.directory.read([ANN, BEA]), ["1", undefined]);
  file.row("PRAGMA max_page_count = 1000000");
  assert.equal(await store.directory.commit(changes), true);
});

Deno.test("A store that can only be read returns members and accepts no change", async () => {
  await using folder = new TemporaryFolder();
  {
    await using store = open(folder.path);
    await store.directory.commit([{ ...ANN, from: undefined, to: "1" }]);
  }
  // Simulates a folder without permission, which does not apply to the superuser.
  const lock = `${folder.path}/parley.lock`;
  Deno.removeSync(lock);
  Deno.mkdirSync(lock);
  await using store = open(folder.path);
  assert.equal(store.isReadOnly, true);
  assert.deepEqual(await store.directory.read([ANN]), ["1"]);
  const change = { ...ANN, from: "1", to: "2" };
  await assert.rejects(store.directory.commit([change]), BusUnavailable);
});

Deno.test("A store that is closed neither returns members nor accepts changes", async () => {
  await using folder = new TemporaryFolder();
  const store = open(folder.path);
  await store[Symbol.asyncDispose]();
  await assert.rejects(store.directory.read([ANN]), BusUnavailable);
  await assert.rejects(store.directory.list("member"), BusUnavailable);
  const change = { ...ANN, from: undefined, to: "1" };
  await assert.rejects(store.directory.commit([change]), BusUnavailable);
});
