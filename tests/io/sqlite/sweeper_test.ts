/** What is deleted and freed, without reading what stays. */
import assert from "node:assert/strict";
import type { SQLInputValue } from "node:sqlite";
import { join } from "node:path";
import { type Clock, systemClock } from "../../../lib/chat/ports/clock.ts";
import { EmbeddedBus } from "../../../lib/chat/bus/embedded_bus.ts";
import { UNLIMITED } from "../../../lib/chat/bus/memory_store.ts";
import type { Draft } from "../../../lib/core/log/entry.ts";
import { parseLegacyRoom } from "../../../lib/core/names/names.ts";
import { MAX_READ_MARKERS } from "../../../lib/core/log/reading/read_markers.ts";
import type { Retention } from "../../../lib/core/log/retention.ts";
import { openSqliteFile } from "../../../lib/io/sqlite/file/database.ts";
import { Statements } from "../../../lib/io/sqlite/file/statements.ts";
import { SqliteStore } from "../../../lib/io/sqlite/store.ts";
import { ann, attic, bob, draft, lobby, numbers, say, user } from "../../contract/fixtures.ts";
import { type OpenStore, roomExistenceContract } from "../../contract/state/room_existence.ts";
import { stateRetentionContract } from "../../contract/state/state_retention.ts";
import { counter, FakeClock, room } from "../../support/fakes.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

const HOUR = 3_600_000;
const MANY: Retention = { messages: 100_000, entries: 100_000, ageMs: Infinity };
const drawEpoch = counter("epoch");

interface Given extends AsyncDisposable {
  readonly store: SqliteStore;
  readonly file: Statements;
}

function given(folder: TemporaryFolder, retention: Retention, clock: Clock = systemClock): Given {
  const file = openSqliteFile(folder.path);
  const store = new SqliteStore(file, clock, retention, drawEpoch, { ...UNLIMITED, rooms: 1e6 });
  return { file, store, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
}

const sayMany = (store: SqliteStore, count: number, other?: Partial<Draft>) =>
  Promise.all(numbers(1, count).map((n) => store.append(say(`${n} ${"x".repeat(100)}`, other))));

const count = (file: Statements, what: string) =>
  file.row(`SELECT count(*) AS count FROM ${what}`)?.number("count");

/** The statements that run meanwhile, and the number of rows that they return. */
async function tracedStatements(file: Statements, fn: () => Promise<unknown>) {
  const all = new Map<string, SQLInputValue[]>();
  let rows = 0;
  const { run, row, rows: list, each } = Statements.prototype;
  const note = (sql: string, values: SQLInputValue[]) => void all.set(sql, values);
  Object.assign(file, {
    run: (
      sql: string,
      ...values: SQLInputValue[]
    ) => (note(sql, values), run.call(file, sql, ...values)),
    row: (
      sql: string,
      ...values: SQLInputValue[]
    ) => (note(sql, values), rows++, row.call(file, sql, ...values)),
    rows(sql: string, ...values: SQLInputValue[]) {
      note(sql, values);
      const found = list.call(file, sql, ...values);
      rows += found.length;
      return found;
    },
    *each(sql: string, ...values: SQLInputValue[]) {
      note(sql, values);
      for (const found of each.call(file, sql, ...values)) {
        rows++;
        yield found;
      }
    },
  });
  await fn();
  for (const name of ["run", "row", "rows", "each"]) Reflect.deleteProperty(file, name);
  const plans = [...all].filter(([sql]) => /^\s*(SELECT|DELETE|UPDATE)/.test(sql)).map(
    ([sql, values]) =>
      `${sql}: ${
        file.rows(`EXPLAIN QUERY PLAN ${sql}`, ...values).map((it) => it.text("detail")).join("; ")
      }`,
  );
  return { plans, rows };
}

Deno.test("SqliteStore joins, counts, replays, appends and sweeps without reading the whole of a long room", async () => {
  await using folder = new TemporaryFolder();
  await using it = given(folder, MANY);
  const { store, file } = it;
  await sayMany(store, 5_000);
  await store.markRead(lobby, ann.user, (await store.page(lobby, undefined, 1)).top);
  const { top } = await store.page(lobby, undefined, 0);
  const middle = { ...top, seq: 2_500 };
  for (
    const [what, most, fn] of [
      ["page", 100, () => store.page(lobby, 2_500, 50)],
      ["top", 10, () => store.page(lobby, undefined, 0)],
      ["state of a new user", 10, () => store.readState(lobby, bob.user, 0)],
      ["standing", 10, () => store.readState(lobby, ann.user, 0)],
      ["replay", 100, () => store.replay(lobby, middle, 50)],
      ["append", 50, () => store.append(say("one more"))],
      ["edit", 50, () => store.append(draft({ kind: "edited", of: middle, text: "x" }))],
      ["read marker", 50, () => store.markRead(lobby, bob.user, middle)],
      ["sweep", 50, () => store.sweep()],
    ] as const
  ) {
    const { plans, rows } = await tracedStatements(file, fn);
    assert.ok(rows <= most, `${what}: ${rows} rows`);
    for (const plan of plans) {
      assert.doesNotMatch(plan, /SCAN (entries|messages|reads|receipts)|TEMP B-TREE/, what);
    }
  }
});

Deno.test("SqliteStore finds the expired entries in a long room by binary search", async () => {
  await using folder = new TemporaryFolder();
  const clock = new FakeClock();
  await using it = given(folder, { ...MANY, ageMs: HOUR }, clock);
  await sayMany(it.store, 3_000);
  await clock.advance(HOUR / 2);
  await sayMany(it.store, 3_000);
  await clock.advance(HOUR / 2 + 1);
  const { rows } = await tracedStatements(it.file, async () => {
    assert.equal((await it.store.readState(lobby, ann.user, 0)).unread, 1_000);
    const { messages } = await it.store.page(lobby, undefined, 10);
    assert.equal(messages.at(-1)?.position.seq, 6_000);
    assert.deepEqual((await it.store.page(lobby, 3_001, 10)).messages, []);
    assert.equal((await it.store.page(lobby, 3_002, 10)).messages[0]?.position.seq, 3_001);
  });
  assert.ok(rows < 200, String(rows));
});

Deno.test("SqliteStore deletes many entries in small steps, and the sweep deletes all of them", async () => {
  await using folder = new TemporaryFolder();
  {
    await using it = given(folder, MANY);
    await sayMany(it.store, 3_000);
  }
  await using it = given(folder, { messages: 100, entries: 100, ageMs: Infinity });
  await it.store.append(say("one more"));
  assert.equal(count(it.file, "messages"), 2_501);
  await it.store.sweep();
  assert.deepEqual([count(it.file, "messages"), count(it.file, "entries")], [100, 100]);
  const { messages, more } = await it.store.page(lobby, undefined, 1_000);
  assert.deepEqual([messages.length, more, messages.at(-1)?.text], [100, false, "one more"]);
});

Deno.test("SqliteStore keeps what is sent in the transaction that deletes an expired room", async () => {
  await using folder = new TemporaryFolder();
  const clock = new FakeClock();
  await using it = given(folder, { messages: 50, entries: 50, ageMs: HOUR }, clock);
  const { store, file } = it;
  await sayMany(store, 40);
  await clock.advance(3 * HOUR);
  await Promise.all([store.sweep(), store.append(say("first"))]);
  await sayMany(store, 20);
  assert.equal((await store.page(lobby, undefined, 100)).messages.length, 21);
  assert.equal(file.row("SELECT messages FROM rooms")?.number("messages"), 21);
});

Deno.test("SqliteStore.sweep() sweeps the other rooms although one is damaged, and then reports that", async () => {
  await using folder = new TemporaryFolder();
  const clock = new FakeClock();
  await using it = given(folder, { messages: 50, entries: 50, ageMs: HOUR }, clock);
  const { store, file } = it;
  const rooms = numbers(1, 30).map((n) => room(`room${n}`));
  for (const each of rooms) await sayMany(store, 1, { room: each });
  await clock.advance(2 * HOUR);
  const { run } = Statements.prototype;
  const damage = Object.assign(new Error("malformed"), { code: "ERR_SQLITE_ERROR", errcode: 11 });
  file.run = (sql, ...values) => {
    if (sql.startsWith("DELETE FROM messages") && values[0] === "room7") throw damage;
    return run.call(file, sql, ...values);
  };
  await assert.rejects(store.sweep(), (error) => error instanceof Error && error.cause === damage);
  assert.equal(count(file, "messages"), 1);
  assert.match(store.problems().join(), /damaged/);
});

Deno.test("SqliteStore.sweep() returns the deleted space to the disk", async () => {
  await using folder = new TemporaryFolder();
  const clock = new FakeClock();
  await using it = given(folder, { ...MANY, ageMs: HOUR }, clock);
  await sayMany(it.store, 10_000);
  const size = () => it.file.row("PRAGMA page_count")?.number("page_count") ?? 0;
  const before = size();
  await clock.advance(HOUR + 1);
  await it.store.sweep();
  assert.deepEqual([count(it.file, "messages"), count(it.file, "entries")], [0, 0]);
  assert.ok(size() < before / 2, `${before} pages before, ${size()} after`);
  assert.equal(count(it.file, "rooms"), 1);
});

Deno.test("SqliteStore.sweep() sweeps rooms in every script, and old ones with capitals", async () => {
  await using folder = new TemporaryFolder();
  const clock = new FakeClock();
  await using it = given(folder, { ...MANY, ageMs: HOUR }, clock);
  const old = parseLegacyRoom("Lobby") ?? assert.fail();
  for (const where of [room("大厅"), old]) await it.store.append(say("x", { room: where }));
  await clock.advance(2 * HOUR + 1);
  await it.store.sweep();
  assert.equal(count(it.file, "rooms"), 0);
});

Deno.test("SqliteStore.sweep() deletes rooms in which everything expired long ago, unless they are in use", async () => {
  await using folder = new TemporaryFolder();
  const clock = new FakeClock();
  await using it = given(folder, { ...MANY, ageMs: HOUR }, clock);
  const { store, file } = it;
  const of = await store.append(say("here"));
  assert.ok(of.kind === "entered");
  await store.markRead(lobby, ann.user, of.entry.position);
  await store.append(say("there", { room: attic }));
  await clock.advance(2 * HOUR);
  await store.sweep();
  assert.equal(count(file, "rooms"), 2);
  await clock.advance(1);
  await store.sweep((it) => it === attic);
  assert.deepEqual([count(file, "rooms"), count(file, "reads")], [1, 0]);
  // The room in use continues its numbers, the other begins anew in a new epoch.
  const next = await store.append(say("on", { room: attic }));
  assert.equal(next.kind === "entered" && next.entry.position.seq, 2);
  assert.equal((await store.replay(lobby, of.entry.position, 9)).lossReason, "unknown_epoch");
});

Deno.test("SqliteStore deletes read markers that were not set for a year, and keeps the newest in a room", async () => {
  await using folder = new TemporaryFolder();
  const clock = new FakeClock();
  await using it = given(folder, MANY, clock);
  const { store, file } = it;
  await sayMany(store, 3);
  const { top } = await store.page(lobby, undefined, 0);
  const mark = (name: string) => store.markRead(lobby, user(name), top);
  await mark("user_old");
  await clock.advance(HOUR);
  for (let k = 1; k < MAX_READ_MARKERS; k += 1_000) {
    const some = numbers(k, Math.min(k + 999, MAX_READ_MARKERS - 1));
    await Promise.all(some.map((n) => mark(`user_${String(n).padStart(6, "0")}`)));
  }
  assert.equal(count(file, "reads"), MAX_READ_MARKERS);
  await mark("user_new");
  assert.equal(count(file, "reads"), MAX_READ_MARKERS);
  assert.equal((await store.readState(lobby, user("user_old"), 0)).read, undefined);
  assert.deepEqual((await store.readState(lobby, user("user_000001"), 0)).read, top);
  await clock.advance(365 * 24 * HOUR);
  // A user who returns is not forgotten, even when there is nothing new to read.
  await store.readState(lobby, user("user_000002"), 0);
  await clock.advance(1);
  for (let k = 0; k <= MAX_READ_MARKERS / 500; k++) await store.sweep();
  assert.equal(count(file, "reads"), 1);
});

Deno.test("SqliteStore leaves nothing of a deleted or replaced text in its file", async () => {
  await using folder = new TemporaryFolder();
  {
    await using it = given(folder, MANY);
    await sayMany(it.store, 50);
    for (const text of ["the deleted one", "the replaced one"]) {
      const said = await it.store.append(say(text));
      assert.ok(said.kind === "entered");
      const { position: of } = said.entry;
      await it.store.append(draft(
        text.includes("deleted") ? { kind: "deleted", of } : { kind: "edited", of, text: "now" },
      ));
    }
    await sayMany(it.store, 50, { room: room("elsewhere") });
  }
  const bytes = new TextDecoder("latin1").decode(
    Deno.readFileSync(join(folder.path, "parley.sqlite")),
  );
  assert.doesNotMatch(bytes, /the deleted one|the replaced one/);
});

async function openStore(retention: Retention, clock: FakeClock): Promise<OpenStore> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(new TemporaryFolder());
  const { store } = opened.use(given(folder, retention, clock));
  const held = opened.move();
  return {
    bus: new EmbeddedBus(store, clock),
    sweep: () => store.sweep(),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

roomExistenceContract("SqliteStore", openStore);
stateRetentionContract("SqliteStore", openStore);
