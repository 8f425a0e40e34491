/** A damaged row affects only what it held, and is reported. */
import assert from "node:assert/strict";
import { systemClock } from "../../../lib/chat/ports/clock.ts";
import { BusUnavailable } from "../../../lib/chat/ports/bus.ts";
import { EmbeddedBus } from "../../../lib/chat/bus/embedded_bus.ts";
import { ReadinessCheck } from "../../../lib/io/http/readiness.ts";
import { openSqliteFile } from "../../../lib/io/sqlite/file/database.ts";
import type { Statements } from "../../../lib/io/sqlite/file/statements.ts";
import { readAfter } from "../../../lib/core/log/reading/log_reading.ts";
import { SqliteStore } from "../../../lib/io/sqlite/store.ts";
import { ann, attic, bob, draft, lobby, numbers, say } from "../../contract/fixtures.ts";
import { counter } from "../../support/fakes.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

/** The size of SQLite's pages. */
const PAGE = 4_096;
const RETENTION = { messages: 1_000, entries: 1_000, ageMs: Infinity };

/** A store with ten messages in the lobby, the fifth of them edited, and one in the attic; reopened after the damage. */
async function damaged(damage: (file: Statements) => void) {
  await using held = new AsyncDisposableStack();
  const folder = held.use(new TemporaryFolder());
  const drawEpoch = counter("epoch");
  const open = (file: Statements) => new SqliteStore(file, systemClock, RETENTION, drawEpoch);
  let epoch = "";
  {
    await using store = open(openSqliteFile(folder.path));
    for (const n of numbers(1, 10)) await store.append(say(`text ${n}`, { id: `id${n}` }));
    await store.append(say("elsewhere", { room: attic }));
    ({ epoch } = (await store.page(lobby, undefined, 0)).top);
    await store.append(draft({ kind: "edited", of: { epoch, seq: 5 }, text: "5!" }));
    await store.markRead(lobby, ann.user, { epoch, seq: 4 });
  }
  const file = openSqliteFile(folder.path);
  damage(file);
  const store = held.use(open(file));
  const kept = held.move();
  return { store, file, epoch, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

const seqs = (list: readonly { readonly position: { readonly seq: number } }[]) =>
  list.map(({ position }) => position.seq);

const BAD_BODIES = [
  ["no JSON", "'{\"position\":'"],
  ["JSON of something else", "'[1,2,3]'"],
  ["a number", "17"],
  ["bytes", "x'00ff'"],
  ["another user id", "json_set(body, '$.user', 'Nobody!')"],
  ["another number", "json_set(body, '$.position.seq', 99)"],
  ["a text of another type", "json_set(body, '$.text', 5, '$.deed.text', 5)"],
  ["a name that poses as the server", "json_set(body, '$.name', '* server')"],
] as const;

for (const [what, body] of BAD_BODIES) {
  Deno.test(`SqliteStore skips a message that is ${what}, and returns all others`, async () => {
    await using given = await damaged((file) =>
      file.run(`UPDATE messages SET body = ${body} WHERE room = 'lobby' AND seq = 7`)
    );
    const { store, epoch } = given;
    const { messages } = await store.page(lobby, undefined, 100);
    assert.deepEqual(seqs(messages), numbers(1, 10).filter((n) => n !== 7));
    const { entries, top } = await store.replay(lobby, { epoch, seq: 0 }, 100);
    assert.deepEqual(seqs(entries), numbers(1, 11));
    // An entry has its own author, and takes only the text from its message.
    const isTold = /user id|name that/.test(what);
    const tombstone = { kind: "said", text: "", deleted: true };
    assert.deepEqual(entries[6]?.action, isTold ? { kind: "said", text: "text 7" } : tombstone);
    assert.equal(top.seq, 11);
    assert.equal((await store.append(say("on"))).kind, "entered");
    assert.match(store.problems()[0] ?? "", /^damaged rows in the message store: 1;/);
  });

  Deno.test(`SqliteStore returns a tombstone or the message for an entry that is ${what}`, async () => {
    await using given = await damaged((file) =>
      file.run(`UPDATE entries SET body = ${body} WHERE room = 'lobby' AND seq IN (7, 11)`)
    );
    const { store, epoch } = given;
    const { entries } = await store.replay(lobby, { epoch, seq: 5 }, 100);
    assert.deepEqual(seqs(entries), numbers(6, 11));
    assert.deepEqual(entries[1]?.action, { kind: "said", text: "text 7" });
    // An edit has no message of its own from which it can be restored.
    if (what !== "a text of another type" || entries[5]?.id.startsWith("damaged")) {
      assert.deepEqual(entries[5]?.action, { kind: "said", text: "", deleted: true });
      assert.deepEqual(entries[5]?.position, { epoch, seq: 11 });
    }
    assert.equal((await store.page(lobby, undefined, 100)).messages.length, 10);
    assert.equal(store.problems().length, 1);
  });
}

for (
  const [what, damage] of [
    ["head is no JSON", "UPDATE rooms SET head = '{' WHERE room = 'lobby'"],
    ["head has no eras", `UPDATE rooms SET head = '{"eras":[],"top":3,"at":1}'`],
    ["counts are texts", "UPDATE rooms SET messages = 'many', marks = 'few', ran = 'long'"],
  ] as const
) {
  Deno.test(`SqliteStore keeps a room usable whose ${what}, and reuses no number`, async () => {
    await using given = await damaged((file) => file.run(damage));
    const { store, epoch } = given;
    const page = await store.page(lobby, undefined, 100);
    assert.deepEqual(seqs(page.messages), numbers(1, 10));
    assert.equal(page.top.seq, 11);
    // The same as long as nothing is sent, and then forever.
    assert.deepEqual((await store.page(lobby, undefined, 0)).top, page.top);
    assert.deepEqual(await store.tops([lobby]), new Map([[lobby, page.top]]));
    const outcome = await store.append(say("on"));
    assert.ok(outcome.kind === "entered");
    assert.deepEqual(outcome.entry.position, { epoch: page.top.epoch, seq: 12 });
    const { lossReason } = await store.replay(lobby, { epoch, seq: 9 }, 100);
    assert.equal(lossReason, page.top.epoch === epoch ? undefined : "unknown_epoch");
    assert.equal((await store.readState(lobby, bob.user, 0)).unread, 11);
  });
}

Deno.test("SqliteStore reports an entry of another epoch than the log had, and corrects it", async () => {
  await using given = await damaged((file) =>
    file.run("UPDATE entries SET body = json_set(body, '$.position.epoch', 'x') WHERE seq = 7")
  );
  const { store, epoch } = given;
  const { entries } = await store.replay(lobby, { epoch, seq: 6 }, 1);
  const [entry] = entries;
  assert.deepEqual(entry?.position, { epoch, seq: 7 });
  assert.deepEqual(entry.action, { kind: "said", text: "text 7" });
  assert.equal(store.problems().length, 1);
});

Deno.test("SqliteStore returns tombstones for the newest entries that are missing", async () => {
  await using given = await damaged((file) => {
    file.run("DELETE FROM entries WHERE seq > 9");
    file.run("UPDATE entries SET seq = 'nine' WHERE seq = 9");
  });
  const { store, epoch } = given;
  const { entries, top } = await store.replay(lobby, { epoch, seq: 7 }, 100);
  assert.deepEqual(seqs(entries), [8, 9, 10, 11]);
  assert.deepEqual(entries.map(({ id }) => id.startsWith("damaged")), [false, true, true, true]);
  assert.deepEqual(entries.at(-1)?.position, top);
});

for (
  const [what, damage] of [
    ["is missing", "DELETE FROM rooms"],
    [
      "says that the room is shorter",
      `UPDATE rooms SET head = replace(head, '"top":11', '"top":4')`,
    ],
  ] as const
) {
  Deno.test(`SqliteStore takes messages again after a room's row ${what}`, async () => {
    await using given = await damaged((file) => file.run(damage));
    const { store } = given;
    await store.append(say("refused")).catch((error) => assert.ok(error instanceof BusUnavailable));
    const outcome = await store.append(say("entered"));
    assert.ok(outcome.kind === "entered");
    assert.equal(outcome.entry.position.seq, 12);
    const { messages } = await store.page(lobby, undefined, 100);
    assert.deepEqual(seqs(messages), [...numbers(1, 10), 12]);
    assert.match(store.problems().join(), /damaged rows/);
  });
}

Deno.test("SqliteStore uses an epoch for one rebuilt head only", async () => {
  await using given = await damaged(() => {});
  const { store, file } = given;
  const epochs = new Set<string>();
  for (const text of ["once", "twice"]) {
    file.run("UPDATE rooms SET head = '{'");
    await store.append(say(text));
    epochs.add((await store.page(lobby, undefined, 0)).top.epoch);
  }
  assert.equal(epochs.size, 2);
});

Deno.test("SqliteStore returns all entries, part by part, of a room whose head is damaged", async () => {
  await using given = await damaged((file) => file.run("UPDATE rooms SET head = '{'"));
  const { store, epoch } = given;
  const read: number[] = [];
  for (let since = { epoch, seq: 3 }, isAtTop = false; !isAtTop;) {
    const replay = await store.replay(lobby, since, 4);
    read.push(...seqs(replay.entries));
    assert.ok(read.length <= 11, "entries are read again");
    since = readAfter(replay, replay.entries.at(-1)?.position ?? since);
    isAtTop = since.seq === replay.top.seq;
  }
  assert.deepEqual(read, numbers(1, 11));
});

for (
  const [what, damage] of [
    ["metadata", "json_set(body, '$.metadata', json('[]'))"],
    ["mentions", `json_set(body, '$.mentions', json('["Bob"]'))`],
  ]
) {
  Deno.test(`SqliteStore skips a message whose ${what} cannot be, and replays a tombstone`, async () => {
    await using given = await damaged((file) =>
      file.run(`UPDATE messages SET body = ${damage} WHERE room = 'lobby' AND seq = 7`)
    );
    const { store, epoch } = given;
    const { messages } = await store.page(lobby, undefined, 100);
    assert.deepEqual(seqs(messages), numbers(1, 10).filter((n) => n !== 7));
    const { entries } = await store.replay(lobby, { epoch, seq: 6 }, 1);
    assert.deepEqual(entries[0]?.action, { kind: "said", text: "", deleted: true });
  });
}

Deno.test("SqliteStore rebuilds a damaged entry from its message, and believes no metadata of the entry", async () => {
  const content = { mentions: [bob.user], metadata: { a: 1 } };
  const added = JSON.stringify(content);
  await using given = await damaged((file) => {
    file.run("UPDATE messages SET body = json_patch(body, ?) WHERE seq = 7", added);
    file.run("UPDATE entries SET body = '{' WHERE seq = 7");
    const forged = `UPDATE entries SET body = json_set(body, '$.deed.metadata', json('[]'))`;
    file.run(`${forged} WHERE seq = 6`);
  });
  const { store, epoch } = given;
  const { entries } = await store.replay(lobby, { epoch, seq: 5 }, 2);
  assert.deepEqual(entries.map(({ action }) => action), [
    { kind: "said", text: "text 6" },
    { kind: "said", text: "text 7", ...content },
  ]);
});

Deno.test("SqliteStore ignores a damaged receipt and a damaged read marker", async () => {
  await using given = await damaged((file) => {
    file.run("UPDATE receipts SET body = 'x'");
    file.run("UPDATE reads SET epoch = x'00', seq = 'four'");
  });
  const { store, epoch } = given;
  assert.deepEqual(await store.readState(lobby, ann.user, 0), { read: undefined, unread: 10 });
  await store.markRead(lobby, ann.user, { epoch, seq: 6 });
  assert.equal((await store.readState(lobby, ann.user, 0)).unread, 4);
  const again = say("text 3", { id: "id3" });
  assert.equal((await store.append(again)).kind, "entered");
  assert.equal((await store.append(again)).kind, "repeated");
});

Deno.test("SqliteStore skips damaged fields of a room's state, and replaces them", async () => {
  await using given = await damaged((file) => {
    const add = "INSERT INTO room_state VALUES ('lobby', ?, ?)";
    file.run(add, "archived", new Uint8Array(2));
    file.run(add, "slow", "often");
    file.run(add, `mute:${ann.user}`, "until tomorrow");
    file.run(add, `sent:${ann.user}`, "today");
  });
  const { store } = given;
  const fields = async () => Object.fromEntries((await store.state(lobby)).fields);
  assert.equal((await fields()).archived, undefined);
  assert.match(store.problems()[0] ?? "", /^damaged rows in the message store: 1;/);
  assert.equal((await store.append(say("on"))).kind, "entered");
  const event = { kind: "room", archived: true, slowSeconds: 0 } as const;
  assert.equal((await store.append(draft({ kind: "said", text: "", event }))).kind, "entered");
  await store.sweep();
  assert.deepEqual(await fields(), { archived: "1" });
});

for (const event of ["{}", '{"kind":"dance"}', '{"kind":"mute","user":"user_bob"}', "[1]", "7"]) {
  Deno.test(`SqliteStore skips a message whose event is ${event}`, async () => {
    await using given = await damaged((file) =>
      file.run(
        `UPDATE messages SET body = json_set(body, '$.event', json(?))
          WHERE room = 'lobby' AND seq = 7`,
        event,
      )
    );
    const { messages } = await given.store.page(lobby, undefined, 100);
    assert.deepEqual(seqs(messages), numbers(1, 10).filter((n) => n !== 7));
    assert.equal(given.store.problems().length, 1);
  });
}

Deno.test("SqliteStore restores a damaged entry with the event of its message", async () => {
  const event = { kind: "clear", room: attic, extra: 1 } as const;
  await using given = await damaged((file) => {
    const set = "UPDATE messages SET body = json_set(body, '$.event', json(?)) WHERE seq = 7";
    file.run(set, JSON.stringify(event));
    file.run("UPDATE entries SET body = '' WHERE seq = 7");
  });
  const { entries } = await given.store.replay(lobby, { epoch: given.epoch, seq: 6 }, 1);
  const { extra: _, ...known } = event;
  assert.deepEqual(entries[0]?.action, { kind: "said", text: "text 7", event: known });
});

Deno.test("SqliteStore ignores rows without a number", async () => {
  await using given = await damaged((file) => {
    for (const table of ["entries", "messages"]) {
      file.run(`UPDATE ${table} SET seq = 'seven' WHERE room = 'lobby' AND seq = 7`);
    }
  });
  const { store, epoch } = given;
  const others = (last: number) => numbers(1, last).filter((n) => n !== 7);
  assert.deepEqual(seqs((await store.page(lobby, undefined, 100)).messages), others(10));
  const { entries } = await store.replay(lobby, { epoch, seq: 0 }, 100);
  assert.deepEqual(seqs(entries), numbers(1, 11));
  assert.deepEqual(entries[6]?.action, { kind: "said", text: "", deleted: true });
  assert.equal((await store.append(say("on"))).kind, "entered");
});

Deno.test("SqliteStore.sweep() sweeps all other rooms when one has an invalid name", async () => {
  await using given = await damaged((file) => {
    file.run("INSERT INTO rooms SELECT '* no room', head, 9999, 0, 0 FROM rooms LIMIT 1");
    file.run("UPDATE rooms SET messages = 5000 WHERE room = 'lobby'");
  });
  await given.store.sweep();
  const count = given.file.row("SELECT messages FROM rooms WHERE room = 'lobby'");
  assert.ok((count?.number("messages") ?? 0) < 5_000);
});

Deno.test("SqliteStore.sweep() sweeps the rooms although the used tokens cannot be read", async () => {
  await using given = await damaged((file) => {
    file.run("UPDATE rooms SET messages = 5000 WHERE room = 'lobby'");
    file.run("DROP TABLE used_tokens");
  });
  await assert.rejects(given.store.sweep());
  const count = given.file.row("SELECT messages FROM rooms WHERE room = 'lobby'");
  assert.ok((count?.number("messages") ?? 0) < 5_000);
});

Deno.test("A service with damaged rows is ready, and reports them", async () => {
  await using given = await damaged((file) => file.run("UPDATE messages SET body = ''"));
  const readiness = new ReadinessCheck(new EmbeddedBus(given.store, systemClock), systemClock);
  await given.store.page(lobby, undefined, 100);
  assert.deepEqual(await readiness.check(), {
    ready: true,
    problems: ["damaged rows in the message store: 10; see the log records store.damaged_row"],
  });
});

Deno.test("SqliteStore reports an unreadable part of its file, and serves the rest", async () => {
  await using folder = new TemporaryFolder();
  const drawEpoch = counter("epoch");
  const open = () =>
    new SqliteStore(openSqliteFile(folder.path), systemClock, RETENTION, drawEpoch);
  {
    await using store = open();
    for (const room of [attic, lobby]) {
      for (const n of numbers(1, 50)) await store.append(say(`${n}`.padEnd(2_000, "x"), { room }));
    }
  }
  await using store = open();
  // After opening: a small file is read entirely before.
  const path = `${folder.path}/parley.sqlite`;
  const bytes = Deno.readFileSync(path);
  const leaf = 0x0a;
  const place = numbers(1, bytes.length / PAGE - 1).map((page) => page * PAGE).find((at) =>
    bytes[at] === leaf &&
    new TextDecoder("latin1").decode(bytes.subarray(at, at + PAGE)).includes('"text":"5')
  );
  assert.ok(place);
  {
    using file = Deno.openSync(path, { write: true });
    file.seekSync(place, Deno.SeekMode.Start);
    file.writeSync(new Uint8Array(PAGE).fill(0x5a));
  }
  const reads = await Promise.allSettled(
    [attic, lobby].map((room) => store.page(room, undefined, 100)),
  );
  assert.deepEqual(reads.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  const problem = "the file of the message store is damaged: restore a backup";
  assert.deepEqual(store.problems(), [problem]);
});
