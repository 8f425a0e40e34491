/**
 * Foreign messages on the channels of rooms, and damaged keys: they are ignored and reported, and neither hide messages
 * nor keep users out of a room.
 * @module
 */
import assert from "node:assert/strict";
import { Metrics } from "../../../lib/core/metrics/metrics.ts";
import type { Position } from "../../../lib/core/log/position.ts";
import type { RedisBus } from "../../../lib/io/redis/bus.ts";
import { AnnouncementReader } from "../../contract/log/announcement_reader.ts";
import {
  ann,
  bob,
  draft,
  lobby,
  mustPublish,
  numbers,
  react,
  say,
  sayAll,
} from "../../contract/fixtures.ts";
import { name, room } from "../../support/fakes.ts";
import { LogRecorder } from "../../support/log_recorder.ts";
import { until } from "../../support/provision.ts";
import { openBus, whenReady } from "../../support/redis/bus.ts";
import { type RedisServer, startRedis } from "../../support/redis/server.ts";

const CHANNEL = "test:{lobby}:live";

async function open() {
  await using started = new AsyncDisposableStack();
  const records = started.use(await LogRecorder.start());
  const redis = started.use(await startRedis());
  const metrics = new Metrics();
  const bus = started.use(openBus(redis.url, { metrics }));
  await whenReady(bus);
  const held = started.move();
  return { records, redis, metrics, bus, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** What a foreign publisher could send that knows the format and the position. */
function forged({ epoch, seq }: Position, tag?: string): string {
  const said = { user: "user_eve", name: "Eve", id: "e1", deed: { kind: "said", text: "forged" } };
  return JSON.stringify({ ...(tag && { tag }), entries: [{ epoch, seq, at: 1, draft: said }] });
}

for (
  const [what, payload] of [
    ["plain text", () => "网友12: hi"],
    ["half of a JSON text", () => "{"],
    ["null", () => "null"],
    ["an empty object", () => "{}"],
    ["a note of no kind", () => '{"note":{}}'],
    [
      "an entry with a name that is none",
      (next: Position) => forged(next).replace("Eve", "* server"),
    ],
    ["an entry that would be the next", (next: Position) => forged(next)],
    ["the same entry with a tag", (next: Position) => forged(next, "0123456789")],
    ["an entry far ahead", (next: Position) => forged({ ...next, seq: next.seq + 1_000 })],
    [
      "an entry of another epoch",
      (next: Position) => forged({ epoch: "another", seq: 1 }, next.epoch),
    ],
  ] as const
) {
  Deno.test(`RedisBus ignores ${what} on a room's channel, and hides nothing because of it`, async () => {
    await using opened = await open();
    const { records, redis, bus } = opened;
    await bus.subscribe(lobby);
    using reader = new AnnouncementReader(bus);
    const [first] = await sayAll(bus, ["first"]);
    assert.ok(first);
    const strange = payload({ ...first, seq: first.seq + 1 });
    for (const _ of numbers(1, 20)) await redis.command("PUBLISH", CHANNEL, strange);
    const ours = say("ours");
    await mustPublish(bus, ours);
    const entries = await reader.entries(2);
    assert.deepEqual(entries.map(({ action }) => "text" in action && action.text), [
      "first",
      "ours",
    ]);
    await until("it to be reported", () => Promise.resolve(bus.problems().length > 0));
    assert.match(bus.problems().join(), /other programs/);
    assert.equal(records.fields("redis.unknown_message").length, 1);
    assert.deepEqual(Object.keys(records.fields("redis.unknown_message")[0] ?? {}).toSorted(), [
      "bytes",
      "channel",
      "count",
    ]);
    await bus.probe();
  });
}

Deno.test("RedisBus ignores an announcement without the room's tag, and sends its own with it", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  await bus.subscribe(lobby);
  using reader = new AnnouncementReader(bus);
  const forged = { kind: "gone", node: "n1", user: ann.user };
  for (const tag of [undefined, "0123456789"]) {
    await redis.command("PUBLISH", CHANNEL, JSON.stringify({ tag, note: forged }));
  }
  // The first announcement of an instance that never requested the room before.
  const signal = { kind: "here", node: "n1", ...ann } as const;
  bus.signal(lobby, signal);
  assert.deepEqual(await reader.signal(), { room: lobby, signal });
});

Deno.test("RedisBus reads the tops of rooms with a damaged head one by one, and those of others together", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  const [untagged, lost, foreign] = ["untagged", "lost", "foreign"].map((id) => room(id));
  if (!untagged || !lost || !foreign) throw new Error("unreachable");
  const rooms = [lobby, untagged, lost, foreign];
  for (const id of rooms) {
    await bus.subscribe(id);
    await mustPublish(bus, say("text", { room: id }));
  }
  await redis.command("HDEL", "test:{untagged}:head", "tag");
  await redis.command("HSET", "test:{lost}:head", "eras", "none");
  await redis.command("DEL", "test:{foreign}:head");
  await redis.command("SET", "test:{foreign}:head", "of another program");
  for (let time = 0; time < 2; time++) {
    const tops = new Map((await bus.topPositions()).map(({ room, top }) => [room, top.seq]));
    assert.deepEqual(rooms.map((id) => tops.get(id)), [1, 1, 0, undefined]);
  }
});

Deno.test("RedisBus reads the top of the log when a foreign client publishes", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  await bus.subscribe(lobby);
  const [, second] = await sayAll(bus, ["first", "second"]);
  const life = new AbortController();
  const batches = bus.announcements(life.signal);
  await redis.command("PUBLISH", CHANNEL, "strange");
  for await (const batch of batches) {
    const top = batch.find(({ kind }) => kind === "top");
    if (top === undefined) continue;
    assert.deepEqual(top, { kind: "top", room: lobby, top: second, isRead: true });
    break;
  }
  life.abort();
});

Deno.test("RedisBus accepts an instance from which it has received nothing, and one whose room has begun anew", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  await using other = openBus(redis.url);
  await whenReady(other);
  await other.subscribe(lobby);
  using reader = new AnnouncementReader(other);
  const texts = async (count: number) =>
    (await reader.entries(count)).map(({ action }) => "text" in action && action.text);
  await sayAll(bus, ["1", "2"]);
  assert.deepEqual(await texts(2), ["1", "2"]);
  await redis.command("DEL", "test:{lobby}:head");
  await sayAll(bus, ["3", "4", "5"]);
  assert.deepEqual(await texts(3), ["3", "4", "5"]);
  assert.deepEqual(other.problems(), []);
});

const [HEAD, LOG, MESSAGES, READS] = ["head", "log", "messages", "reads"].map((part) =>
  `test:{lobby}:${part}`
);
const [PEOPLE, NAMES, NODES] = ["people", "names", "nodes"].map((part) => `test:{lobby}:${part}`);

/** Damages a room with five messages, the third of which has a reaction. */
type Corruption = (redis: RedisServer, epoch: string) => Promise<unknown>;

async function memberOf(redis: RedisServer, seq: string): Promise<string> {
  const [member] = [await redis.command("ZRANGEBYSCORE", MESSAGES ?? "", seq, seq)].flat();
  return String(member);
}

/** Replaces the third message. */
const replaceThird = (change: (member: string) => string): Corruption => async (redis) => {
  const member = await memberOf(redis, "3");
  await redis.command("ZREM", MESSAGES ?? "", member);
  await redis.command("ZADD", MESSAGES ?? "", "3", change(member));
};

/** Replaces the third row of the log, and restores those after it. */
const replaceThirdRow = (text: (row: string) => string): Corruption => async (redis) => {
  const rows = [await redis.command("XRANGE", LOG ?? "", "-", "+")].flat();
  await redis.command("DEL", LOG ?? "");
  for (const [index, row] of rows.entries()) {
    const [id, fields] = Array.isArray(row) ? row : [];
    const values = (Array.isArray(fields) ? fields : []).map(String);
    if (index === 2) values[1] = text(values[1] ?? "");
    await redis.command("XADD", LOG ?? "", String(id), ...values);
  }
};

const corruptions: readonly (readonly [string, Corruption])[] = [
  ["a row of the log is invalid JSON", replaceThirdRow((row) => row.slice(0, -5))],
  ["a row of the log is empty", replaceThirdRow(() => "")],
  ["a row of the log has another format", replaceThirdRow(() => 'e 1 {"user":"?"}')],
  ["a row of the log has an invalid epoch", replaceThirdRow((row) => `E?${row}`)],
  ["a row of the log is missing", (redis) => redis.command("XDEL", LOG ?? "", "3-0")],
  ["the first row of the log is missing", (redis) => redis.command("XDEL", LOG ?? "", "1-0")],
  ["the last row of the log is missing", (redis) => redis.command("XDEL", LOG ?? "", "6-0")],
  [
    "a foreign row is in the log",
    (redis) => redis.command("XADD", LOG ?? "", "*", "a", "b"),
  ],
  [
    "a foreign row follows another",
    (redis) => redis.command("XADD", LOG ?? "", "6-7", "a", "b"),
  ],
  ["a message is foreign", replaceThird(() => "strange")],
  ["a message is invalid JSON", replaceThird((member) => member.slice(0, -1))],
  ["a message has an invalid number", replaceThird((member) => `x${member}`)],
  [
    "a message has an invalid author",
    replaceThird((member) => member.replace("user_ann", "ann")),
  ],
  ["a message has invalid reactions", replaceThird((member) => `${member}\nstrange`)],
  ["an extra message exists", (redis) => redis.command("ZADD", MESSAGES ?? "", "2.5", "strange")],
  ["the head is damaged", (redis) => redis.command("HSET", HEAD ?? "", "eras", "?", "top", "x")],
  [
    "the head has an invalid number",
    (redis) => redis.command("HSET", HEAD ?? "", "top", "1e400"),
  ],
  [
    "the head has an invalid time",
    (redis) => redis.command("HSET", HEAD ?? "", "at", "x", "ran", "x"),
  ],
  ["a read marker is damaged", (redis) => redis.command("HSET", READS ?? "", ann.user, "strange")],
  [
    "a receipt is damaged",
    (redis) => redis.command("SET", "test:{lobby}:once:user_ann:again", "x"),
  ],
  [
    "a user's record is damaged",
    (redis) => redis.command("HSET", PEOPLE ?? "", ann.user, "strange"),
  ],
  [
    "a user's name is invalid",
    (redis) => redis.command("HSET", PEOPLE ?? "", ann.user, "1\n* x\nX\nn1"),
  ],
  ["an extra user exists", (redis) => redis.command("HSET", PEOPLE ?? "", "?", "1\nX\nX\nn1")],
  ["a name belongs to no user", (redis) => redis.command("HSET", NAMES ?? "", "BOB", "user_gone")],
  ["a lease is damaged", (redis) => redis.command("HSET", NODES ?? "", "n9", "strange")],
];

for (const [what, strike] of corruptions) {
  Deno.test(`RedisBus lets users into a room where ${what}`, async () => {
    await using opened = await open();
    const { redis, bus } = opened;
    const [first, , third] = await sayAll(bus, ["1", "2", "3", "4", "5"]);
    assert.ok(first && third);
    await mustPublish(bus, react(third, "👍"));
    await bus.claim(lobby, { ...ann, node: "n1", rename: false });
    await bus.markRead(lobby, ann.user, first);
    await strike(redis, first.epoch);
    await assertUsable(bus, first);
  });
}

/** Performs every operation in the lobby of a user who joins and sends messages. */
async function assertUsable(bus: RedisBus, first: Position): Promise<void> {
  const page = await bus.page(lobby, undefined, 100);
  const texts = page.messages.map(({ text }) => text);
  // The third may be damaged; no intact one is missing, unless the room's head is.
  if (page.top.seq > 0) {
    for (const it of ["1", "2", "4", "5"]) {
      assert.ok(texts.includes(it), it);
    }
  }
  const replay = await bus.replay(lobby, { ...first, seq: 0 }, 100);
  const seqs = replay.entries.map(({ position }) => position.seq);
  const start = (seqs[0] ?? replay.top.seq + 1) - 1;
  assert.deepEqual(seqs, numbers(start + 1, replay.top.seq));
  await bus.readState(lobby, ann.user, 0);
  await bus.markRead(lobby, ann.user, replay.top);
  assert.deepEqual(
    (await bus.people(lobby)).map(({ user }) => user).filter((it) => it !== ann.user),
    [],
  );
  assert.equal((await bus.claim(lobby, { ...ann, node: "n1", rename: false })).kind, "granted");
  const other = { user: bob.user, name: name("Bob"), node: "n2", rename: false };
  assert.deepEqual(await bus.claim(lobby, other), {
    kind: "granted",
    name: name("Bob"),
    isNew: true,
  });
  assert.equal((await bus.refresh(lobby, "n2")).people.length, 2);
  await bus.release(lobby, bob.user, "n2");
  const { position } = await mustPublish(bus, say("again", { id: "again" }));
  assert.equal(position.seq, replay.top.seq + 1);
  await mustPublish(bus, draft({ kind: "edited", of: position, text: "again!" }));
  await bus.publish(react({ ...first, seq: 3 }, "❤️"));
  const { messages } = await bus.page(lobby, undefined, 1);
  assert.equal(messages[0]?.text, "again!");
}

Deno.test("RedisBus returns tombstones for damaged entries, and reports them", async () => {
  await using opened = await open();
  const { records, redis, bus } = opened;
  const [first] = await sayAll(bus, ["1", "2", "3", "4"]);
  assert.ok(first);
  await redis.command("XDEL", LOG ?? "", "2-0");
  await replaceThird((member) => member.slice(0, -1))(redis, first.epoch);
  const { entries } = await bus.replay(lobby, { ...first, seq: 0 }, 10);
  assert.deepEqual(
    entries.map(({ action }) =>
      action.kind === "said" && (action.deleted ? "tombstone" : action.text)
    ),
    ["1", "tombstone", "tombstone", "4"],
  );
  const { messages } = await bus.page(lobby, undefined, 10);
  assert.deepEqual(messages.map(({ text, deleted }) => deleted ? "tombstone" : text), [
    "1",
    "2",
    "tombstone",
    "4",
  ]);
  assert.match(bus.problems().join(), /damaged rows in Redis: \d+/);
  assert.equal(records.fields("redis.damaged_row").length, 1);
});

Deno.test("RedisBus shortens a lease that a clock which went back would prolong", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  await bus.claim(lobby, { ...ann, node: "n1", rename: false });
  const far = `${Date.now() + 97 * 3_600_000} abc`;
  await redis.command("HSET", NODES ?? "", "n1", far);
  await bus.people(lobby);
  const lease = Number.parseInt(String(await redis.command("HGET", NODES ?? "", "n1")));
  assert.ok(lease - Date.now() < 60_000, String(lease - Date.now()));
});
