import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { BusUnavailable } from "../../../lib/chat/ports/bus.ts";
import { type Clock, systemClock } from "../../../lib/chat/ports/clock.ts";
import { EmbeddedBus } from "../../../lib/chat/bus/embedded_bus.ts";
import type { Draft } from "../../../lib/core/log/entry.ts";
import type { Retention } from "../../../lib/core/log/retention.ts";
import { RECEIPTS_MS } from "../../../lib/core/log/room_log.ts";
import { openSqliteFile } from "../../../lib/io/sqlite/file/database.ts";
import type { SQLInputValue } from "node:sqlite";
import { Statements } from "../../../lib/io/sqlite/file/statements.ts";
import { openSqliteStore, SqliteStore } from "../../../lib/io/sqlite/store.ts";
import { fromSqliteError, SQLITE } from "../../../lib/io/sqlite/file/errors.ts";
import { busContract } from "../../contract/bus_contract.ts";
import { ann, attic, draft, lobby, numbers, react, say } from "../../contract/fixtures.ts";
import { iteratingOnce, unchanged, withoutProperty } from "../../support/programs/older_runtime.ts";
import { FakeClock, room } from "../../support/fakes.ts";
import { LogRecorder } from "../../support/log_recorder.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

const AMPLE: Retention = { messages: 1_000, entries: 1_000, ageMs: Infinity };

let epochs = 0;
const drawEpoch = () => `epoch${++epochs}`;

busContract("EmbeddedBus in SQLite", (retention, quota) => {
  const folder = new TemporaryFolder();
  const held = new AsyncDisposableStack();
  held.use(folder);
  const store = held.use(openSqliteStore(folder.path, systemClock, retention, drawEpoch, quota));
  const bus = new EmbeddedBus(store, systemClock);
  return Promise.resolve({ bus, [Symbol.asyncDispose]: () => held.disposeAsync() });
});

function open(folder: TemporaryFolder, clock: Clock = systemClock, retention = AMPLE): SqliteStore {
  return openSqliteStore(folder.path, clock, retention, drawEpoch);
}

/** A store, and its file for the test to damage. */
function openBoth(folder: TemporaryFolder): { store: SqliteStore; file: Statements } {
  const file = openSqliteFile(folder.path);
  return { file, store: new SqliteStore(file, systemClock, AMPLE, drawEpoch) };
}

/** A file whose transactions fail at their last statement while `isBroken` is set. */
function openBreakable(folder: TemporaryFolder): Statements & { isBroken: boolean } {
  const file = openSqliteFile(folder.path);
  const run = (sql: string, ...values: SQLInputValue[]) => {
    if (breakable.isBroken && sql.startsWith("DELETE FROM receipts")) throw new Error("broken");
    return Statements.prototype.run.call(file, sql, ...values);
  };
  const breakable = Object.assign(file, { run, isBroken: false });
  return breakable;
}

async function mustAppend(store: SqliteStore, it: Draft) {
  const outcome = await store.append(it);
  assert.equal(outcome.kind, "entered");
  return outcome.kind === "entered" ? outcome.entry : assert.fail();
}

async function texts(store: SqliteStore): Promise<readonly string[]> {
  return (await store.page(lobby, undefined, Infinity)).messages.map(({ text }) => text);
}

function assertRefused(store: SqliteStore, it: Draft, why: RegExp): Promise<void> {
  return assert.rejects(store.append(it), (error) => {
    assert.ok(error instanceof BusUnavailable, String(error));
    assert.match(error.message, why);
    return !error.mayHaveApplied;
  });
}

Deno.test("SqliteStore has all its contents after it is reopened", async () => {
  await using folder = new TemporaryFolder();
  const [first, second] = [say("first"), say("secnod")];
  const look = async (store: SqliteStore) => {
    const page = await store.page(lobby, undefined, 10);
    const standing = await store.readState(lobby, ann.user, 0);
    return [page, standing, await store.replay(lobby, { ...page.top, seq: 0 }, 10)];
  };
  let before;
  {
    await using store = open(folder);
    const { position: read } = await mustAppend(store, first);
    const { position: of } = await mustAppend(store, second);
    await mustAppend(store, draft({ kind: "edited", of, text: "second" }));
    await mustAppend(store, react(of, "👍"));
    await store.markRead(lobby, ann.user, read);
    before = await look(store);
  }
  await using store = open(folder);
  assert.deepEqual(await look(store), before);
  const outcome = await store.append(first);
  assert.equal(outcome.kind === "repeated" && outcome.receipt.position.seq, 1);
  assert.equal((await mustAppend(store, say("next"))).position.seq, 5);
});

Deno.test("SqliteStore waits once for a file that another program has locked, however many writes wait", async () => {
  await using folder = new TemporaryFolder();
  const { store, file } = openBoth(folder);
  await using _closing = store;
  await mustAppend(store, say("before"));
  using other = new DatabaseSync(join(folder.path, "parley.sqlite"));
  other.exec("BEGIN IMMEDIATE");
  let begun = 0;
  const { run } = file;
  file.run = (sql, ...values) => {
    if (sql.startsWith("BEGIN")) begun++;
    return run.call(file, sql, ...values);
  };
  const writes = numbers(1, 20).map((n) => store.append(say(String(n))));
  const outcomes = await Promise.allSettled(writes);
  assert.ok(outcomes.every(({ status }) => status === "rejected"));
  assert.equal(begun, 1);
  other.exec("ROLLBACK");
  await mustAppend(store, say("after"));
});

Deno.test("SqliteStore stores nothing of rooms that were only visited, and returns a constant position for each", async () => {
  await using folder = new TemporaryFolder();
  const { store, file } = openBoth(folder);
  await using _closing = store;
  const rows = () =>
    ["rooms", "entries", "messages", "receipts", "reads"].map((table) =>
      file.row(`SELECT count(*) AS count FROM ${table}`)?.number("count")
    );
  for (const one of numbers(1, 50).map((n) => room(`visited-${n}`))) {
    const { top } = await store.page(one, undefined, 10);
    assert.deepEqual(await store.replay(one, top, 10), { top, entries: [] });
    await store.markRead(one, ann.user, top);
    await store.append(draft({ kind: "deleted", of: top }, { room: one }));
    assert.deepEqual((await store.page(one, undefined, 10)).top, top);
  }
  assert.deepEqual(rows(), [0, 0, 0, 0, 0]);
});

Deno.test("SqliteStore writes a short message before earlier long ones of another room", async () => {
  await using folder = new TemporaryFolder();
  await using store = open(folder);
  const written: string[] = [];
  const long = Array.from({ length: 20 }, (_, index) => say(`${index} ${"x".repeat(60_000)}`));
  const appended = [...long, { ...say("short"), room: attic }].map(async (it) => {
    const entry = await mustAppend(store, it);
    written.push(`${entry.room} ${entry.position.seq}`);
  });
  await Promise.all(appended);
  // In the first transaction, which has room for three of the long ones; those keep their order.
  assert.ok(written.indexOf(`${attic} 1`) <= 3, written.join());
  assert.deepEqual(
    written.filter((it) => it !== `${attic} 1`),
    long.map((_, index) => `${lobby} ${index + 1}`),
  );
});

Deno.test("SqliteStore writes waiting drafts before it closes, and nothing afterwards", async () => {
  await using folder = new TemporaryFolder();
  const store = open(folder);
  const waiting = [store.append(say("one")), store.append(say("two"))];
  await store[Symbol.asyncDispose]();
  await Promise.all(waiting);
  await assertRefused(store, say("three"), /closed/);
  await assert.rejects(store.page(lobby, undefined, 1), BusUnavailable);
  await using again = open(folder);
  assert.deepEqual(await texts(again), ["one", "two"]);
});

Deno.test("SqliteStore refuses drafts while its disk is full, still reads, and recovers by itself", async () => {
  await using folder = new TemporaryFolder();
  const { store, file } = openBoth(folder);
  await using _closing = store;
  await mustAppend(store, say("before"));
  // SQLite reports the same for a file that may not grow as for a full disk.
  file.row(`PRAGMA max_page_count = ${file.row("PRAGMA page_count")?.number("page_count")}`);
  const long = say("x".repeat(50_000));
  await assertRefused(store, long, /^the disk of the message store is full$/);
  const { top } = await store.page(lobby, undefined, 10);
  assert.deepEqual([await texts(store), top.seq], [["before"], 1]);
  assert.equal((await store.replay(lobby, { ...top, seq: 0 }, 10)).entries.length, 1);
  file.row("PRAGMA max_page_count = 1000000");
  assert.equal((await mustAppend(store, long)).position.seq, 2);
});

Deno.test("SqliteStore is read-only while its folder cannot be written, and writes as soon as it can", async () => {
  await using folder = new TemporaryFolder();
  {
    await using store = open(folder);
    await mustAppend(store, say("before"));
  }
  // Simulates a folder without permission, which does not apply to the superuser.
  const lock = `${folder.path}/parley.lock`;
  Deno.removeSync(lock);
  Deno.mkdirSync(lock);
  const clock = new FakeClock();
  await using store = open(folder, clock);
  assert.equal(store.isReadOnly, true);
  const isReadable = async () => {
    assert.deepEqual(await texts(store), ["before"]);
    assert.equal((await store.readState(lobby, ann.user, 0)).unread, 1);
    const { top } = await store.page(attic, undefined, 0);
    assert.deepEqual((await store.page(attic, undefined, 0)).top, top);
  };
  await isReadable();
  const { top } = await store.page(lobby, undefined, 0);
  await assertRefused(store, say("meanwhile"), /^the message store cannot be written$/);
  await assert.rejects(store.markRead(lobby, ann.user, top), BusUnavailable);
  await assert.rejects(store.probe(), /cannot be written/);
  await assert.rejects(store.sweep(), BusUnavailable);
  await clock.advance(5_000);
  await assertRefused(store, say("meanwhile"), /cannot be written/);
  await isReadable();
  Deno.removeSync(lock);
  // Not at each draft.
  await assertRefused(store, say("meanwhile"), /cannot be written/);
  await clock.advance(5_000);
  await store.probe();
  assert.equal(store.isReadOnly, false);
  assert.equal((await mustAppend(store, say("after"))).position.seq, 2);
  assert.deepEqual(await texts(store), ["before", "after"]);
});

Deno.test("SqliteStore is not ready while it cannot write, and ready as soon as it can", async () => {
  await using folder = new TemporaryFolder();
  const { store, file } = openBoth(folder);
  await using _closing = store;
  await store.probe();
  file.run("PRAGMA query_only = ON");
  // No write was attempted.
  await store.probe();
  await assertRefused(store, say("meanwhile"), /cannot be written/);
  await assert.rejects(store.probe(), /cannot be written/);
  file.run("PRAGMA query_only = OFF");
  await store.probe();
  await mustAppend(store, say("after"));
});

Deno.test("SqliteStore refuses drafts while its disk is read-only, and still reads", async () => {
  await using folder = new TemporaryFolder();
  const { store, file } = openBoth(folder);
  await using _closing = store;
  const { position } = await mustAppend(store, say("before"));
  file.run("PRAGMA query_only = ON");
  await assertRefused(store, say("meanwhile"), /^the message store cannot be written$/);
  await assert.rejects(store.markRead(lobby, ann.user, position), BusUnavailable);
  assert.deepEqual(await texts(store), ["before"]);
  assert.equal((await store.readState(lobby, ann.user, 0)).unread, 1);
  file.run("PRAGMA query_only = OFF");
  assert.equal((await mustAppend(store, say("after"))).position.seq, 2);
});

Deno.test("SqliteStore gives a new room a position even when it cannot write it, and keeps it", async () => {
  await using folder = new TemporaryFolder();
  const { store, file } = openBoth(folder);
  await using _closing = store;
  file.run("PRAGMA query_only = ON");
  const { top } = await store.page(lobby, undefined, 0);
  assert.deepEqual(await store.replay(lobby, top, 10), { top, entries: [] });
  await assertRefused(store, say("meanwhile"), /cannot be written/);
  file.run("PRAGMA query_only = OFF");
  const { position } = await mustAppend(store, say("after"));
  assert.deepEqual(position, { ...top, seq: 1 });
});

Deno.test("SqliteStore stores the drafts that fit when one among them does not", async () => {
  await using folder = new TemporaryFolder();
  const { store, file } = openBoth(folder);
  await using _closing = store;
  const pages = file.row("PRAGMA page_count")?.number("page_count") ?? 0;
  file.row(`PRAGMA max_page_count = ${pages + 5}`);
  const drafts = [say("one"), say("x".repeat(50_000)), say("two")];
  const fates = await Promise.allSettled(drafts.map((it) => mustAppend(store, it)));
  assert.deepEqual(fates.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  const { entries, top } = await store.replay(lobby, { epoch: "none", seq: 0 }, 10);
  assert.deepEqual(entries.map(({ action }) => action.kind === "said" && action.text), [
    "one",
    "two",
  ]);
  assert.equal(top.seq, 2);
});

for (
  const [what, runtime] of [
    ["", unchanged],
    [
      ", even without isTransaction",
      () => withoutProperty(DatabaseSync.prototype, "isTransaction"),
    ],
  ] as const
) {
  Deno.test(`SqliteStore rolls back its writes when an error occurs before the end${what}`, async () => {
    using _runtime = runtime();
    await using folder = new TemporaryFolder();
    const file = openBreakable(folder);
    await using store = new SqliteStore(file, systemClock, AMPLE, drawEpoch);
    const it = say("once");
    file.isBroken = true;
    await assert.rejects(store.append(it), /broken/);
    file.isBroken = false;
    assert.deepEqual((await store.page(lobby, undefined, 9)).messages, []);
    assert.equal((await mustAppend(store, it)).position.seq, 1);
  });
}

for (
  const [what, runtime] of [
    ["", unchanged],
    [", even when a statement can be iterated only once", iteratingOnce],
  ] as const
) {
  Deno.test(`SqliteStore returns the same page and replay each time${what}`, async () => {
    using _runtime = runtime();
    await using folder = new TemporaryFolder();
    await using store = open(folder);
    for (const text of ["one", "two"]) await mustAppend(store, say(text));
    const since = { epoch: "none", seq: 0 };
    for (const _ of [1, 2, 3]) {
      assert.equal((await store.page(lobby, undefined, 10)).messages.length, 2);
      assert.equal((await store.replay(lobby, since, 10)).entries.length, 2);
    }
  });
}

Deno.test("SqliteStore reports errors to users, and says perhaps only when the outcome is unknown", () => {
  const error = (errcode: number) =>
    Object.assign(new Error("?"), { code: "ERR_SQLITE_ERROR", errcode });
  const writeFailed = 778;
  for (
    const [code, words, mayHaveApplied] of [
      [SQLITE.FULL, /is full/, false],
      [writeFailed, /has failed/, false],
      [SQLITE.IOERR_FSYNC, /has failed/, true],
      [SQLITE.CORRUPT, /is damaged/, false],
      [1, /has failed/, false],
    ] as const
  ) {
    const trouble = fromSqliteError(error(code));
    assert.ok(trouble instanceof BusUnavailable);
    assert.match(trouble.message, words);
    assert.equal(trouble.mayHaveApplied, mayHaveApplied, String(code));
  }
  const bug = new TypeError("ours");
  assert.equal(fromSqliteError(bug), bug);
});

Deno.test("SqliteStore deletes nothing because of a wrong calendar, even across restarts, and stamps correctly once it is corrected", async () => {
  const HOUR = 3_600_000;
  await using folder = new TemporaryFolder();
  const retention = { messages: 100, entries: 100, ageMs: 72 * HOUR };
  const right = Date.UTC(2026, 0, 1);
  const said: string[] = [];
  for (
    const [what, offBy] of [
      ["right", 0],
      ["97 h ahead", 97 * HOUR],
      ["corrected", 0],
      ["a day ahead", 24 * HOUR],
      ["corrected again", 0],
      ["before NTP", -right],
      ["after NTP", 0],
    ] as const
  ) {
    // Each clock once without a restart, and once after one.
    for (const time of ["before", "after"]) {
      const clock = Object.assign(new FakeClock(), { date: () => right + offBy });
      await using store = open(folder, clock, retention);
      said.push(`${what}, ${time} a restart`);
      const { at } = await mustAppend(store, say(said.at(-1) ?? ""));
      assert.equal(at, right + offBy);
      await store.sweep();
      assert.deepEqual(await texts(store), said);
      const { position } = await mustAppend(store, say("counted"));
      said.push("counted");
      const replay = await store.replay(lobby, { ...position, seq: 0 }, 100);
      assert.deepEqual([replay.entries.length, replay.lossReason], [said.length, undefined]);
    }
  }
});

Deno.test("SqliteStore counts ages while it runs, and continues after a restart", async () => {
  await using folder = new TemporaryFolder();
  const retention = { messages: 100, entries: 100, ageMs: 60_000 };
  {
    const clock = new FakeClock();
    await using store = open(folder, clock, retention);
    await mustAppend(store, say("first"));
    await clock.advance(40_000);
    await mustAppend(store, say("second"));
  }
  const clock = new FakeClock();
  await using store = open(folder, clock, retention);
  assert.deepEqual(await texts(store), ["first", "second"]);
  await clock.advance(20_001);
  assert.deepEqual(await texts(store), ["second"]);
  await clock.advance(40_000);
  assert.deepEqual(await texts(store), []);
});

Deno.test("SqliteStore reads nothing but the room and the receipt for another message of a room that has nothing to trim", async () => {
  await using folder = new TemporaryFolder();
  const file = openSqliteFile(folder.path);
  const read: string[] = [];
  const row = (sql: string, ...values: SQLInputValue[]) => {
    read.push(/FROM (\w+)/.exec(sql)?.[1] ?? sql);
    return Statements.prototype.row.call(file, sql, ...values);
  };
  const retention = { messages: 100, entries: 100, ageMs: 60_000 };
  const watched = Object.assign(file, { row });
  await using store = new SqliteStore(watched, systemClock, retention, drawEpoch);
  await mustAppend(store, say("first"));
  read.length = 0;
  await mustAppend(store, say("second"));
  assert.deepEqual(read, ["rooms", "receipts"]);
});

Deno.test("SqliteStore reads nothing after a commit, whose error would look like that of the transaction", async () => {
  await using folder = new TemporaryFolder();
  {
    await using store = open(folder);
    await mustAppend(store, say("first"));
  }
  const file = openSqliteFile(folder.path);
  const outside: string[] = [];
  let isWriting = false;
  const row = (sql: string, ...values: SQLInputValue[]) => {
    if (isWriting && !file.isInTransaction) outside.push(sql);
    return Statements.prototype.row.call(file, sql, ...values);
  };
  await using store = new SqliteStore(Object.assign(file, { row }), systemClock, AMPLE, drawEpoch);
  const { top } = await store.page(lobby, undefined, 0);
  isWriting = true;
  assert.equal(await store.markRead(lobby, ann.user, top), true);
  isWriting = false;
  assert.deepEqual(outside, []);
});

Deno.test("SqliteStore.sweep() deletes what has expired although another program reads the file, and reports what is left in the log", async () => {
  await using log = await LogRecorder.start();
  await using folder = new TemporaryFolder();
  const clock = new FakeClock();
  await using store = open(folder, clock, { messages: 100, entries: 100, ageMs: 60_000 });
  await mustAppend(store, say("old"));
  {
    using closing = new DisposableStack();
    const reader = new DatabaseSync(`${folder.path}/parley.sqlite`, { readOnly: true });
    closing.defer(() => reader.close());
    reader.exec("BEGIN");
    reader.prepare("SELECT count(*) FROM entries").get();
    await clock.advance(60_001);
    await store.sweep();
    assert.deepEqual(log.fields("store.log_kept").map(({ error }) => error), [
      "Error: another program is reading the file",
    ]);
  }
  assert.deepEqual(log.fields("store.rows_deleted").length, 1);
  await store.sweep();
  assert.equal(log.fields("store.log_kept").length, 1);
});

Deno.test("SqliteStore trims by age although earlier messages left nothing to trim, and again after a rollback", async () => {
  await using folder = new TemporaryFolder();
  const clock = new FakeClock();
  const file = openBreakable(folder);
  const retention = { messages: 100, entries: 100, ageMs: 60_000 };
  await using store = new SqliteStore(file, clock, retention, drawEpoch);
  const stored = () => file.rows("SELECT seq FROM entries").map((it) => it.number("seq"));
  for (const text of ["one", "two"]) await mustAppend(store, say(text));
  await clock.advance(30_000);
  await mustAppend(store, say("three"));
  await clock.advance(30_001);
  file.isBroken = true;
  await assert.rejects(store.append(say("four")), /broken/);
  assert.deepEqual(stored(), [1, 2, 3]);
  file.isBroken = false;
  await mustAppend(store, say("five"));
  assert.deepEqual(stored(), [3, 4]);
});

Deno.test("SqliteStore returns nothing that has expired, and reports so to a client that missed it", async () => {
  await using folder = new TemporaryFolder();
  const clock = new FakeClock();
  await using store = open(folder, clock, { messages: 100, entries: 100, ageMs: 60_000 });
  const { position: first } = await mustAppend(store, say("old"));
  await clock.advance(60_001);
  const before = await store.replay(lobby, { ...first, seq: 0 }, 10);
  assert.deepEqual([before.entries, before.lossReason, before.top.seq], [[], "too_old", 1]);
  assert.deepEqual([await texts(store), (await store.readState(lobby, ann.user, 0)).unread], [
    [],
    0,
  ]);
  assert.equal((await store.replay(lobby, first, 10)).lossReason, undefined);
  await mustAppend(store, say("new"));
  assert.deepEqual(await texts(store), ["new"]);
  assert.equal((await store.replay(lobby, first, 10)).entries.length, 1);
});

Deno.test("SqliteStore.sweep() deletes expired entries from all rooms, and expired receipts", async () => {
  await using folder = new TemporaryFolder();
  const clock = new FakeClock();
  const retention = { messages: 100, entries: 100, ageMs: 2 * RECEIPTS_MS };
  const file = openSqliteFile(folder.path);
  await using store = new SqliteStore(file, clock, retention, drawEpoch);
  const rows = () =>
    ["entries", "messages", "receipts"].map((table) =>
      file.row(`SELECT count(*) AS count FROM ${table}`)?.number("count")
    );
  const drafts = numbers(1, 50).map((n) => say("hello", { room: n % 2 ? lobby : attic }));
  await Promise.all(drafts.map((it) => mustAppend(store, it)));
  await clock.advance(RECEIPTS_MS - 1);
  await store.sweep();
  assert.deepEqual(rows(), [50, 50, 50]);
  await clock.advance(1);
  await store.sweep();
  assert.deepEqual(rows(), [50, 50, 0]);
  await clock.advance(RECEIPTS_MS + 1);
  await store.sweep();
  assert.deepEqual(rows(), [0, 0, 0]);
  assert.equal((await mustAppend(store, say("on"))).position.seq, 26);
});
