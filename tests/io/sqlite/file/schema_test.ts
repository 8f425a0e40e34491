/** Files of earlier versions are migrated with all their contents, in one step, and once. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { backUp } from "../../../../lib/io/sqlite/file/backup.ts";
import { openSqliteFile } from "../../../../lib/io/sqlite/file/database.ts";
import { inspectFile } from "../../../../lib/io/sqlite/file/inspection.ts";
import { restoreBackup } from "../../../../lib/io/sqlite/file/restore.ts";
import { APPLICATION_ID, createTables } from "../../../../lib/io/sqlite/file/schema.ts";
import { openSqliteStore } from "../../../../lib/io/sqlite/store.ts";
import { ann, bob, draft, lobby, numbers, say } from "../../../contract/fixtures.ts";
import { FakeClock } from "../../../support/fakes.ts";
import { TemporaryFolder } from "../../../support/temporary_folder.ts";
import { allEntries, allMessages } from "../../../support/read_all.ts";

const HOUR = 3_600_000;
const DAYS = { messages: 10_000, entries: 10_000, ageMs: 72 * HOUR };
const NOW = Date.UTC(2026, 0, 1);

/** The tables of version 1. */
const SCHEMA = `
  CREATE TABLE rooms (room TEXT PRIMARY KEY, head TEXT NOT NULL, messages INTEGER NOT NULL)
    WITHOUT ROWID;
  CREATE TABLE entries (
    room TEXT, seq INTEGER, at INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (room, seq)
  ) WITHOUT ROWID;
  CREATE TABLE messages (
    room TEXT, seq INTEGER, at INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (room, seq)
  ) WITHOUT ROWID;
  CREATE TABLE receipts (
    room TEXT, user TEXT, id TEXT, at INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (room, user, id)
  ) WITHOUT ROWID;
  CREATE INDEX receipts_by_time ON receipts (at);
  CREATE TABLE reads (
    room TEXT, user TEXT, epoch TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (room, user)
  ) WITHOUT ROWID;
  PRAGMA application_id = 0x50726c79;
  PRAGMA user_version = 1;
`;

interface Old {
  /** The timestamps of the messages, one by one. */
  readonly stamps: readonly number[];
}

/** Creates a file of version 1: messages, of which the second was edited and the third deleted, and rooms without any. */
function makeOld(folder: string, { stamps }: Old): void {
  const file = new DatabaseSync(join(folder, "parley.sqlite"));
  file.exec(SCHEMA);
  file.exec("PRAGMA journal_mode = WAL");
  const insert = (table: string, ...values: (string | number)[]) =>
    file.prepare(`INSERT INTO ${table} VALUES (${values.map(() => "?").join(", ")})`).run(
      ...values,
    );
  const position = (seq: number) => ({ epoch: "old", seq });
  let seq = 0;
  const enter = (at: number, deed: Record<string, unknown>) => {
    const body = { room: "lobby", ...ann, id: `id${++seq}`, deed, position: position(seq), at };
    insert("entries", "lobby", seq, at, JSON.stringify(body));
  };
  for (const at of stamps) {
    const text = `text ${seq + 1} "\\ 网友 \u2028`;
    enter(at, { kind: "said", text });
    const state = seq === 2
      ? { text: "edited", edited: at }
      : seq === 3
      ? { text: "", deleted: true }
      : { text };
    const body = { position: position(seq), at, ...ann, id: `id${seq}`, ...state };
    insert("messages", "lobby", seq, at, JSON.stringify(body));
  }
  const last = stamps.at(-1) ?? 0;
  enter(last, { kind: "edited", of: position(2), text: "edited" });
  enter(last, { kind: "deleted", of: position(3) });
  const receipt = { position: position(1), at: last, fingerprint: "x" };
  insert("receipts", "lobby", ann.user, "id1", last, JSON.stringify(receipt));
  insert("reads", "lobby", ann.user, "old", 2);
  insert("reads", "visited", bob.user, "old", 0);
  const head = (top: number) =>
    JSON.stringify({ eras: [{ epoch: "old", after: 0 }], top, at: last });
  insert("rooms", "lobby", head(seq), stamps.length);
  for (const n of numbers(1, 100)) insert("rooms", `visited-${n}`, head(0), 0);
  file.close();
}

function open(folder: string, date = NOW) {
  const clock = Object.assign(new FakeClock(), { date: () => date });
  let epochs = 0;
  return { clock, store: openSqliteStore(folder, clock, DAYS, () => `new${epochs++}`) };
}

const minutes = (count: number, end = NOW) =>
  numbers(1, count).map((n) => end - (count - n) * 60_000);

/** The version and the rows of all tables, except for that of a backup. */
function contentsOf(path: string) {
  const file = new DatabaseSync(path, { readOnly: true });
  const tables = file.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()
    .map(({ name }) => String(name)).filter((name) => name !== "backup").sort();
  const rows = tables.map((name) => [name, file.prepare(`SELECT * FROM ${name}`).all()]);
  const version = file.prepare("PRAGMA user_version").get()?.user_version;
  file.close();
  return { version, rows };
}

Deno.test("backUp() copies a file of version 1 as it is, and restore() updates the copy", async () => {
  await using folder = new TemporaryFolder();
  const other = join(folder.path, "other");
  const [path, copy] = [join(folder.path, "parley.sqlite"), join(folder.path, "copy.sqlite")];
  makeOld(folder.path, { stamps: minutes(20) });
  const before = contentsOf(path);
  assert.equal(before.version, 1);
  assert.deepEqual(await backUp(folder.path, copy), { rooms: 101, messages: 20 });
  assert.deepEqual(contentsOf(copy), before);
  assert.deepEqual(contentsOf(path), before);
  // It can be replaced like any other backup.
  await backUp(folder.path, copy);
  await restoreBackup(other, copy, new Date(NOW), () => "restored");
  const { store } = open(other);
  await using _closing = store;
  assert.equal((await allMessages(store, lobby)).length, 20);
});

Deno.test("backUp() refuses a file of a later version, and says which Parley can copy it", async () => {
  await using folder = new TemporaryFolder();
  const path = join(folder.path, "parley.sqlite");
  const file = new DatabaseSync(path);
  createTables(file);
  file.exec("PRAGMA user_version = 99");
  file.close();
  await assert.rejects(
    backUp(folder.path, join(folder.path, "copy.sqlite")),
    /written by a newer Parley \(store version 99, .*\): back it up with that version/,
  );
});

Deno.test("openSqliteStore() migrates a file of version 1 with all its contents", async () => {
  await using folder = new TemporaryFolder();
  makeOld(folder.path, { stamps: minutes(20) });
  for (const time of ["first", "second"]) {
    const { store } = open(folder.path);
    await using _closing = store;
    const messages = await allMessages(store, lobby);
    const texts = messages.map(({ text }) => text);
    assert.deepEqual(texts.slice(0, 4), [
      'text 1 "\\ 网友 \u2028',
      "edited",
      "",
      'text 4 "\\ 网友 \u2028',
    ], time);
    assert.equal(texts.length, 20);
    const entries = await allEntries(store, lobby, { epoch: "old", seq: 0 });
    assert.deepEqual(entries.map(({ position }) => position.seq), numbers(1, 22));
    assert.deepEqual(
      entries.slice(0, 4).map(({ action }) => "text" in action && action.text),
      texts.slice(0, 4),
    );
    assert.deepEqual(await store.readState(lobby, ann.user, 0), {
      read: { epoch: "old", seq: 2 },
      unread: 18,
    });
    assert.deepEqual(store.problems(), []);
  }
  using file = openSqliteFile(folder.path);
  assert.equal(file.row("SELECT count(*) AS count FROM rooms")?.number("count"), 1);
  assert.equal(file.row("PRAGMA auto_vacuum")?.number("auto_vacuum"), 2);
  assert.deepEqual([...Deno.readDirSync(folder.path)].map(({ name }) => name).sort(), [
    "parley.lock",
    "parley.sqlite",
    "parley.sqlite-shm",
    "parley.sqlite-wal",
  ]);
});

for (
  const [what, stamps, date] of [
    ["by a clock that was 97 h ahead", [...minutes(5), ...minutes(5, NOW + 97 * HOUR)], NOW],
    ["by a clock that is 97 h ahead now", minutes(10), NOW + 97 * HOUR],
    ["by a clock that was never set", minutes(10, 3_600_000), NOW],
  ] as const
) {
  Deno.test(`openSqliteStore() deletes nothing of a file of version 1 that was stamped ${what}`, async () => {
    await using folder = new TemporaryFolder();
    makeOld(folder.path, { stamps });
    const { store, clock } = open(folder.path, date);
    await using _closing = store;
    await store.append(say("new"));
    await store.sweep();
    assert.equal((await allMessages(store, lobby)).length, 11);
    await clock.advance(70 * HOUR);
    assert.equal((await allMessages(store, lobby)).length, 11);
    await clock.advance(3 * HOUR);
    assert.equal((await allMessages(store, lobby)).length, 0);
  });
}

Deno.test("openSqliteFile() leaves a file of version 1 unchanged when it cannot be migrated", async () => {
  await using folder = new TemporaryFolder();
  makeOld(folder.path, { stamps: minutes(5) });
  const path = join(folder.path, "parley.sqlite");
  // A table with a name that the migration uses.
  const spoiler = new DatabaseSync(path);
  spoiler.exec("CREATE TABLE store (x)");
  spoiler.close();
  assert.throws(() => openSqliteFile(folder.path));
  const file = new DatabaseSync(path);
  assert.equal(file.prepare("PRAGMA user_version").get()?.user_version, 1);
  assert.equal(file.prepare("SELECT count(*) AS count FROM rooms").get()?.count, 101);
  file.exec("DROP TABLE store");
  file.close();
  const { store } = open(folder.path);
  await using _closing = store;
  assert.equal((await allMessages(store, lobby)).length, 5);
});

/** The tables of version 2. */
const SCHEMA_2 = `
  CREATE TABLE rooms (
    room TEXT PRIMARY KEY, head TEXT NOT NULL, messages INTEGER NOT NULL,
    marks INTEGER NOT NULL DEFAULT 0, ran INTEGER NOT NULL DEFAULT 0
  ) WITHOUT ROWID;
  CREATE TABLE entries (
    room TEXT, seq INTEGER, ran INTEGER NOT NULL, body TEXT NOT NULL, about INTEGER,
    PRIMARY KEY (room, seq)
  ) WITHOUT ROWID;
  CREATE TABLE messages (
    room TEXT, seq INTEGER, ran INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (room, seq)
  ) WITHOUT ROWID;
  CREATE TABLE receipts (
    room TEXT, user TEXT, id TEXT, ran INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (room, user, id)
  ) WITHOUT ROWID;
  CREATE INDEX receipts_by_time ON receipts (ran);
  CREATE TABLE reads (
    room TEXT, user TEXT, epoch TEXT NOT NULL, seq INTEGER NOT NULL, ran INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (room, user)
  ) WITHOUT ROWID;
  CREATE INDEX reads_by_age ON reads (room, ran);
  CREATE TABLE store (
    only INTEGER PRIMARY KEY CHECK (only = 1), ran INTEGER NOT NULL, date INTEGER NOT NULL
  );
  PRAGMA application_id = 0x50726c79;
  PRAGMA user_version = 2;
`;

/** The tables of version 3: those of version 2, and revocations. */
const SCHEMA_3 = `
  ${SCHEMA_2}
  CREATE TABLE revocations (
    scope TEXT, id TEXT, time INTEGER NOT NULL, PRIMARY KEY (scope, id)
  ) WITHOUT ROWID;
  PRAGMA user_version = 3;
`;

/** The tables of version 4: those of version 3, and the directory. */
const SCHEMA_4 = `
  ${SCHEMA_3}
  CREATE TABLE directory (
    kind TEXT, id TEXT, value TEXT NOT NULL, PRIMARY KEY (kind, id)
  ) WITHOUT ROWID;
  PRAGMA user_version = 4;
`;

/** The tables of version 5: those of version 4, and used tokens. */
const SCHEMA_5 = `
  ${SCHEMA_4}
  CREATE TABLE used_tokens (
    user TEXT PRIMARY KEY, serial INTEGER NOT NULL, ran INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX used_tokens_by_age ON used_tokens (ran);
  PRAGMA user_version = 5;
`;

const SCHEMA_6 = `
  ${SCHEMA_5}
  CREATE TABLE room_state (
    room TEXT, field TEXT, value TEXT NOT NULL, PRIMARY KEY (room, field)
  ) WITHOUT ROWID;
  PRAGMA user_version = 6;
`;

const TABLES_2 = ["rooms", "entries", "messages", "receipts", "reads", "store"];

interface Version {
  readonly version: 2 | 3 | 4 | 5 | 6;
  readonly schema: string;
  readonly tables: readonly string[];
}

const VERSIONS: readonly Version[] = [
  { version: 2, schema: SCHEMA_2, tables: TABLES_2 },
  { version: 3, schema: SCHEMA_3, tables: [...TABLES_2, "revocations"] },
  { version: 4, schema: SCHEMA_4, tables: [...TABLES_2, "revocations", "directory"] },
  {
    version: 5,
    schema: SCHEMA_5,
    tables: [...TABLES_2, "revocations", "directory", "used_tokens"],
  },
  {
    version: 6,
    schema: SCHEMA_6,
    tables: [...TABLES_2, "revocations", "directory", "used_tokens", "room_state"],
  },
];

/** Creates a file of an earlier version with the rows of a current one. */
function makeEarlier(folder: string, current: string, { schema, tables }: Version): void {
  const path = join(folder, "parley.sqlite");
  using opened = new DisposableStack();
  const file = opened.adopt(new DatabaseSync(path), (it) => it.close());
  file.exec("PRAGMA auto_vacuum = INCREMENTAL");
  file.exec(schema);
  const from = opened.adopt(new DatabaseSync(join(current, "parley.sqlite")), (it) => it.close());
  for (const table of tables) {
    for (const row of from.prepare(`SELECT * FROM ${table}`).all()) {
      const values = Object.values(row);
      file.prepare(`INSERT INTO ${table} VALUES (${values.map(() => "?")})`).run(...values);
    }
  }
}

const REVOKED = { scope: "all", id: "", before: NOW } as const;
const REVOKED_LATER = { scope: "user", id: "a_ann00000", before: NOW } as const;
const MEMBER = { kind: "member", id: "m_ann00000" } as const;

for (const earlier of VERSIONS) {
  const { version } = earlier;
  Deno.test(`openSqliteStore() migrates a file of version ${version} with all its contents, and can then store all that is new`, async () => {
    await using folders = new TemporaryFolder();
    const [current = "", old = ""] = ["current", "old"].map((it) => join(folders.path, it));
    Deno.mkdirSync(old);
    {
      const { store } = open(current);
      await using _closing = store;
      for (const n of numbers(1, 4)) await store.append(say(`text ${n}`));
      await store.append(draft({ kind: "said", text: "text 5", mentions: [bob.user] }));
      await store.markRead(lobby, bob.user, { epoch: "new0", seq: 2 });
      await store.revocations.add(REVOKED);
      await store.directory.commit([{ ...MEMBER, from: undefined, to: "known" }]);
      await store.usedTokens.use(bob.user, 0);
    }
    makeEarlier(old, current, earlier);
    const kept = version === 2 ? [] : [REVOKED];
    for (const time of ["first", "second"]) {
      const { store } = open(old);
      await using _closing = store;
      const texts = (await allMessages(store, lobby)).map(({ text }) => text);
      assert.deepEqual(texts.slice(0, 5), numbers(1, 5).map((n) => `text ${n}`), time);
      const { read, mentions } = await store.readState(lobby, bob.user, 0);
      assert.deepEqual([read?.seq, mentions], [2, 1]);
      const isFirst = time === "first";
      const revoked = isFirst ? kept : [...kept, REVOKED_LATER];
      assert.deepEqual(await store.revocations.read(), revoked);
      const [member] = await store.directory.read([MEMBER]);
      assert.equal(member, version >= 4 ? "known" : isFirst ? undefined : "first");
      assert.equal(await store.usedTokens.use(bob.user, 0), isFirst);
      assert.equal((await store.state(lobby)).fields.get("topic"), isFirst ? undefined : '"Tea"');
      await store.append(draft({ kind: "said", text: "", event: { kind: "room", topic: "Tea" } }));
      await store.usedTokens.use(bob.user, 1);
      await store.revocations.add(REVOKED_LATER);
      await store.directory.commit([{ ...MEMBER, from: undefined, to: time }]);
    }
  });
}

Deno.test("createTables() leaves a file that is ours after each of its steps, and one that can shrink", async () => {
  await using folder = new TemporaryFolder();
  const path = `${folder.path}/parley.sqlite`;
  using file = new DatabaseSync(path);
  let steps = 0;
  createTables({
    exec(sql) {
      file.exec(sql);
      inspectFile(path);
      steps += 1;
    },
  });
  assert.ok(steps > 0);
  assert.equal(file.prepare("PRAGMA auto_vacuum").get()?.auto_vacuum, 2);
  assert.equal(file.prepare("PRAGMA application_id").get()?.application_id, APPLICATION_ID);
});
