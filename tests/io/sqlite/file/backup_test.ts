import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { systemClock } from "../../../../lib/chat/ports/clock.ts";
import { readOrCreateSecret, readSecret } from "../../../../lib/io/auth/session_secret.ts";
import { backUp } from "../../../../lib/io/sqlite/file/backup.ts";
import { restoreBackup } from "../../../../lib/io/sqlite/file/restore.ts";
import { openSqliteStore, type SqliteStore } from "../../../../lib/io/sqlite/store.ts";
import { FOREVER } from "../../../../lib/core/log/room_event.ts";
import { ann, attic, bob, draft, lobby, numbers, react, say } from "../../../contract/fixtures.ts";
import { act, fieldsOf, mute } from "../../../contract/state/room_state.ts";
import { counter, room } from "../../../support/fakes.ts";
import { TemporaryFolder } from "../../../support/temporary_folder.ts";
import { allEntries, allMessages } from "../../../support/read_all.ts";

const RETENTION = { messages: 1e6, entries: 1e6, ageMs: Infinity };
const NOW = new Date("2026-03-01T12:00:00Z");

const bobsRoom = room("bobs");
const drawEpoch = counter("epoch");
const open = (folder: string) => openSqliteStore(folder, systemClock, RETENTION, drawEpoch);

async function mustAppend(store: SqliteStore, it: ReturnType<typeof say>) {
  const outcome = await store.append(it);
  return outcome.kind === "entered" ? outcome.entry : assert.fail(outcome.kind);
}

/** Sends, edits, deletes and reacts; sets a read marker. */
async function fillStore(store: SqliteStore): Promise<void> {
  for (const n of numbers(1, 50)) {
    const { position: of } = await mustAppend(store, say(`${n}`, { room: n % 2 ? lobby : attic }));
    if (n % 5 === 0 && n % 2) await mustAppend(store, draft({ kind: "edited", of, text: `${n}!` }));
    if (n % 7 === 0 && n % 2) await mustAppend(store, react(of, "👍", true, bob));
    if (n % 9 === 0 && n % 2) await mustAppend(store, draft({ kind: "deleted", of }));
    if (n % 11 === 0 && n % 2) await store.markRead(lobby, ann.user, of);
  }
}

/** Everything of a store that users can see. */
async function snapshotOf(store: SqliteStore) {
  const rooms = [lobby, attic].map(async (room) => {
    // All retained entries, of any epoch.
    const { top, entries } = await store.replay(room, { epoch: "stranger", seq: 0 }, 1);
    const [first] = entries;
    assert.ok(first);
    return {
      top,
      messages: await allMessages(store, room),
      entries: [first, ...await allEntries(store, room, first.position)],
      standings: await Promise.all([ann, bob].map(({ user }) => store.readState(room, user, 0))),
    };
  });
  return await Promise.all(rooms);
}

/** The same, for any current epoch. */
function withoutTop(all: Awaited<ReturnType<typeof snapshotOf>>) {
  return all.map(({ top, ...rest }) => ({ seq: top.seq, ...rest }));
}

Deno.test("restore() restores what backUp() copied, and the identities of users", async () => {
  await using folder = new TemporaryFolder();
  const [one, other, file] = ["one", "other", "copy.sqlite"].map((it) => join(folder.path, it));
  assert.ok(one && other && file);
  const secret = await readOrCreateSecret(one);
  let before;
  const said = say("a repetition of this is known");
  {
    await using store = open(one);
    await fillStore(store);
    await store.append(said);
    before = await snapshotOf(store);
    assert.deepEqual(await backUp(one, file), { rooms: 2, messages: 51 });
    assert.deepEqual(await snapshotOf(store), before);
    await mustAppend(store, say("after the backup"));
  }
  assert.equal((Deno.statSync(file).mode ?? 0) & 0o777, 0o600);
  const restored = await restoreBackup(other, file, NOW, drawEpoch);
  assert.deepEqual(restored, { rooms: 2, messages: 51, movedAside: [] });
  assert.equal(await readSecret(other), secret);
  await using store = open(other);
  const after = await snapshotOf(store);
  const positions = before.map(({ top }) => top);
  for (const [index, room] of [lobby, attic].entries()) {
    const top = positions[index] ?? assert.fail();
    // A client that has seen exactly this continues; the current epoch is a new one.
    assert.notEqual(after[index]?.top.epoch, top.epoch);
    const replay = await store.replay(room, top, 10);
    assert.deepEqual([replay.entries, replay.lossReason], [[], undefined]);
  }
  assert.deepEqual(withoutTop(after), withoutTop(before));
  assert.equal((await store.append(said)).kind, "repeated");
});

Deno.test("restore() notifies a client that has seen more than the backup, and reuses no number in one epoch", async () => {
  await using folder = new TemporaryFolder();
  const [data, file] = [join(folder.path, "data"), join(folder.path, "copy.sqlite")];
  let newer, unknown;
  {
    await using store = open(data);
    await fillStore(store);
    await backUp(data, file);
    newer = await mustAppend(store, say("after the backup"));
    unknown = await mustAppend(store, say("a room of its own", { room: bobsRoom }));
  }
  const { movedAside } = await restoreBackup(data, file, NOW, drawEpoch);
  assert.deepEqual(movedAside, [join(data, "parley.sqlite.before-restore-20260301120000")]);
  await using store = open(data);
  assert.equal((await store.replay(lobby, newer.position, 10)).lossReason, "rewound");
  assert.equal((await store.replay(bobsRoom, unknown.position, 10)).lossReason, "unknown_epoch");
  const { position } = await mustAppend(store, say("another one"));
  assert.equal(position.seq, newer.position.seq);
  assert.notEqual(position.epoch, newer.position.epoch);
  // The former contents are all there, under the other name.
  const old = new DatabaseSync(movedAside[0] ?? "", { readOnly: true });
  const { count } = old.prepare("SELECT count(*) AS count FROM messages").get() ?? {};
  old.close();
  assert.equal(count, 52);
});

Deno.test("restore() refuses a folder that a service has open, and changes nothing", async () => {
  await using folder = new TemporaryFolder();
  const [data, file] = [join(folder.path, "data"), join(folder.path, "copy.sqlite")];
  await using store = open(data);
  await fillStore(store);
  await backUp(data, file);
  const names = () => [...Deno.readDirSync(data)].map(({ name }) => name).sort();
  const before = [names(), await snapshotOf(store)];
  await assert.rejects(restoreBackup(data, file, NOW, drawEpoch), {
    reason: "in_use",
    message: `Another process has ${join(data, "parley.sqlite")} open: stop the service first`,
  });
  assert.deepEqual([names(), await snapshotOf(store)], before);
});

Deno.test("restore() refuses a damaged or invalid backup, and leaves the store unchanged", async () => {
  await using folder = new TemporaryFolder();
  const [data, file] = [join(folder.path, "data"), join(folder.path, "copy.sqlite")];
  let before;
  {
    await using store = open(data);
    await fillStore(store);
    before = await snapshotOf(store);
    await backUp(data, file);
  }
  const whole = Deno.readFileSync(file);
  const spoilt = whole.slice();
  spoilt.fill(0x5a, 4096, 5 * 4096);
  for (
    const [bytes, why] of [
      [spoilt, /copy\.sqlite is damaged \([^]*\): restore another backup$/],
      [whole.slice(0, whole.length / 2), /is damaged \([^]*\): restore another backup$/],
      [new TextEncoder().encode("no backup"), /not an SQLite file\): restore another backup$/],
      [undefined, /There is no file/],
    ] as const
  ) {
    if (bytes) Deno.writeFileSync(file, bytes);
    else Deno.removeSync(file);
    await assert.rejects(restoreBackup(data, file, NOW, drawEpoch), why);
    assert.deepEqual(
      [...Deno.readDirSync(data)].map(({ name }) => name).sort(),
      ["parley.lock", "parley.sqlite"],
    );
  }
  await using store = open(data);
  assert.deepEqual(await snapshotOf(store), before);
});

Deno.test("backUp() copies nothing that was deleted", async () => {
  await using folder = new TemporaryFolder();
  const [data, file] = [join(folder.path, "data"), join(folder.path, "copy.sqlite")];
  await using store = open(data);
  const { position: of } = await mustAppend(store, say("do not tell anybody"));
  await mustAppend(store, draft({ kind: "deleted", of }));
  await backUp(data, file);
  assert.ok(!new TextDecoder("latin1").decode(Deno.readFileSync(file)).includes("do not tell"));
});

Deno.test("backUp() replaces an earlier backup in one step, and no other file", async () => {
  await using folder = new TemporaryFolder();
  const [data, file] = [join(folder.path, "data"), join(folder.path, "copy.sqlite")];
  await using store = open(data);
  await fillStore(store);
  await backUp(data, file);
  await mustAppend(store, say("more"));
  assert.equal((await backUp(data, file)).messages, 51);
  Deno.writeTextFileSync(file, "my diary");
  await assert.rejects(backUp(data, file), /not an SQLite file\): choose another file$/);
  assert.equal(Deno.readTextFileSync(file), "my diary");
  await assert.rejects(backUp(data, join(data, "parley.sqlite")), /is the store itself/);
  await assert.rejects(backUp(join(folder.path, "nowhere"), file), /There is no store in/);
  assert.deepEqual([...Deno.readDirSync(folder.path)].map(({ name }) => name).sort(), [
    "copy.sqlite",
    "data",
  ]);
});

Deno.test("backUp() replaces no store, neither its own by another path nor that of another service", async () => {
  await using folder = new TemporaryFolder();
  const [data, other, link] = ["data", "other", "link"].map((it) => join(folder.path, it));
  assert.ok(data && other && link);
  await using store = open(data);
  await fillStore(store);
  // One in use, and one that is not.
  await using _inUse = open(other);
  const closed = join(folder.path, "closed");
  {
    await using atRest = open(closed);
    await fillStore(atRest);
  }
  Deno.symlinkSync(data, link);
  for (const it of [link, other, closed]) {
    const file = join(it, "parley.sqlite");
    const before = Deno.statSync(file).ino;
    const names = [...Deno.readDirSync(it)].map(({ name }) => name).sort();
    await assert.rejects(backUp(data, file), /is a store, not a backup/);
    assert.equal(Deno.statSync(file).ino, before);
    assert.deepEqual([...Deno.readDirSync(it)].map(({ name }) => name).sort(), names);
  }
});

Deno.test("restore() refuses a store whose write-ahead log holds what the file does not", async () => {
  await using folder = new TemporaryFolder();
  const [data, to] = [join(folder.path, "data"), join(folder.path, "to")];
  await using store = open(data);
  await fillStore(store);
  const file = join(data, "parley.sqlite");
  await assert.rejects(
    restoreBackup(to, file, new Date(), () => "epoch"),
    /in use, or was not closed/,
  );
  assert.throws(() => Deno.statSync(join(to, "parley.sqlite")), Deno.errors.NotFound);
});

Deno.test("restore() restores revocations, and keeps those that are newer than the backup", async () => {
  await using folder = new TemporaryFolder();
  const [data, elsewhere, file] = ["data", "elsewhere", "copy.sqlite"]
    .map((it) => join(folder.path, it));
  assert.ok(data && elsewhere && file);
  const revoked = (id: string, before: number) => ({ scope: "user", id, before }) as const;
  const add = async (...all: readonly ReturnType<typeof revoked>[]) => {
    await using store = open(data);
    await store.append(say("hi"));
    for (const it of all) await store.revocations.add(it);
  };
  const read = async (from: string) => {
    await using store = open(from);
    return (await store.revocations.read()).toSorted((one, other) => one.before - other.before);
  };
  await add(revoked("a_ann00000", 1), revoked("a_bea00000", 2));
  await backUp(data, file);
  await add(revoked("a_ann00000", 3), revoked("a_cat00000", 4));
  for (
    const [to, expected] of [
      [elsewhere, [revoked("a_ann00000", 1), revoked("a_bea00000", 2)]],
      [data, [revoked("a_bea00000", 2), revoked("a_ann00000", 3), revoked("a_cat00000", 4)]],
    ] as const
  ) {
    await restoreBackup(to, file, NOW, drawEpoch);
    assert.deepEqual(await read(to), expected);
  }
});

Deno.test("restore() restores the states of rooms as they were", async () => {
  await using folder = new TemporaryFolder();
  const [data, file] = [join(folder.path, "data"), join(folder.path, "copy.sqlite")];
  {
    await using store = open(data);
    await store.append(act(mute(FOREVER)));
    await store.append(act({ kind: "room", topic: "Tea" }));
    await backUp(data, file);
    await store.append(act({ kind: "unmute", ...bob }));
    await store.append(act({ kind: "room", topic: "Cake" }));
  }
  await restoreBackup(data, file, NOW, drawEpoch);
  await using store = open(data);
  assert.equal((await fieldsOf(store)).topic, '"Tea"');
  assert.equal((await store.append(say("hello", bob))).kind, "rejected");
});

Deno.test("restore() restores members, names and invites as they were", async () => {
  await using folder = new TemporaryFolder();
  const [data, file] = [join(folder.path, "data"), join(folder.path, "copy.sqlite")];
  const member = { kind: "member", id: "m_ann00000" } as const;
  const name = { kind: "name", id: "ANN" } as const;
  {
    await using store = open(data);
    await store.append(say("hi"));
    await store.directory.commit([
      { ...member, from: undefined, to: '{"name":"Ann"}' },
      { ...name, from: undefined, to: member.id },
    ]);
    await backUp(data, file);
    await store.directory.commit([
      { ...member, from: '{"name":"Ann"}', to: '{"name":"Bea"}' },
      { ...name, from: member.id, to: undefined },
    ]);
  }
  await restoreBackup(data, file, NOW, drawEpoch);
  await using store = open(data);
  assert.deepEqual(await store.directory.read([member, name]), ['{"name":"Ann"}', member.id]);
});

Deno.test("backUp() creates the folder of its file, and names the file and the remedy if it cannot", async () => {
  await using folder = new TemporaryFolder();
  const data = join(folder.path, "data");
  {
    await using store = open(data);
    await fillStore(store);
  }
  const file = join(folder.path, "new", "backups", "copy.sqlite");
  assert.equal((await backUp(data, file)).rooms, 2);
  assert.equal((Deno.statSync(join(folder.path, "new")).mode ?? 0) & 0o777, 0o700);
  // Nobody can create a folder in a file.
  const impossible = join(file, "copy.sqlite");
  await assert.rejects(backUp(data, impossible), (error) => {
    const { message } = error as Error;
    assert.ok(message.startsWith(`Cannot write ${impossible} (`), message);
    return /: free some space, or choose another file/.test(message);
  });
  await assert.rejects(backUp(data, folder.path), {
    message: `${folder.path} is a folder: name a file in it`,
  });
  await assert.rejects(restoreBackup(data, folder.path, NOW, drawEpoch), {
    message: `${folder.path} is a folder: name a backup in it`,
  });
  await assert.rejects(restoreBackup(file, file, NOW, drawEpoch), (error) => {
    const { message } = error as Error;
    assert.ok(message.startsWith(`Cannot write ${join(file, "parley.sqlite")} (`), message);
    return message.includes("make it writable");
  });
});

Deno.test("restore() moves a store aside twice in the same second", async () => {
  await using folder = new TemporaryFolder();
  const [data, file] = [join(folder.path, "data"), join(folder.path, "copy.sqlite")];
  {
    await using store = open(data);
    await fillStore(store);
    await backUp(data, file);
  }
  const aside = [];
  for (let k = 0; k < 3; k++) {
    aside.push(...(await restoreBackup(data, file, NOW, drawEpoch)).movedAside);
  }
  const first = join(data, "parley.sqlite.before-restore-20260301120000");
  assert.deepEqual(aside, [first, `${first}-2`, `${first}-3`]);
});

Deno.test({
  name: "restore() as root gives all files to the owner of the folder",
  ignore: Deno.uid() !== 0,
  async fn() {
    await using folder = new TemporaryFolder();
    const [one, other, file] = ["one", "other", "copy.sqlite"].map((it) => join(folder.path, it));
    assert.ok(one && other && file);
    for (const it of [one, other]) {
      await readOrCreateSecret(it);
      await using store = open(it);
      await fillStore(store);
      await backUp(one, file);
    }
    for (const { name } of Deno.readDirSync(other)) Deno.chownSync(join(other, name), 4711, 4711);
    Deno.chownSync(other, 4711, 4711);
    Deno.removeSync(join(other, "parley.lock"));
    await restoreBackup(other, file, NOW, drawEpoch);
    const names = [...Deno.readDirSync(other)].map(({ name }) => name).sort();
    assert.deepEqual(names, [
      "parley.lock",
      "parley.sqlite",
      "parley.sqlite.before-restore-20260301120000",
      "session_secret",
      "session_secret.before-restore-20260301120000",
    ]);
    for (const name of names) {
      const { uid, gid } = Deno.statSync(join(other, name));
      assert.deepEqual([name, uid, gid], [name, 4711, 4711]);
    }
  },
});

Deno.test({
  name:
    "restore() refuses the folder of another user to whom it cannot give the files, and changes nothing",
  ignore: Deno.uid() !== 0,
  async fn() {
    await using folder = new TemporaryFolder();
    const [data, to, file] = ["data", "to", "copy.sqlite"].map((it) => join(folder.path, it));
    assert.ok(data && to && file);
    {
      await using store = open(data);
      await fillStore(store);
      await backUp(data, file);
    }
    Deno.mkdirSync(to);
    Deno.chownSync(to, 4711, 4711);
    const { chownSync } = Deno;
    Deno.chownSync = () => {
      throw new Deno.errors.PermissionDenied("Operation not permitted (os error 1)");
    };
    try {
      await assert.rejects(
        restoreBackup(to, file, NOW, drawEpoch),
        /to belongs to another user \(4711\), .*: run the command as that user, or as root$/,
      );
    } finally {
      Deno.chownSync = chownSync;
    }
    assert.deepEqual([...Deno.readDirSync(to)], []);
  },
});
