/**
 * The bus on a Redis Cluster: the contract of a bus, and its behavior when rooms move to other servers.
 * @module
 */
import assert from "node:assert/strict";
import { BusUnavailable } from "../../../../lib/chat/ports/bus.ts";
import { slotOf } from "../../../../lib/io/redis/client/slots.ts";
import { busContract } from "../../../contract/bus_contract.ts";
import { noticeContract } from "../../../contract/state/notices.ts";
import { revocationContract } from "../../../contract/revocation_contract.ts";
import { directoryStoreContract } from "../../../contract/directory_store_contract.ts";
import { AnnouncementReader } from "../../../contract/log/announcement_reader.ts";
import { ann, lobby, mustPublish, numbers, say } from "../../../contract/fixtures.ts";
import { room } from "../../../support/fakes.ts";
import { until } from "../../../support/provision.ts";
import { openBus, openTwoBuses, quotaBeyond, whenReady } from "../../../support/redis/bus.ts";
import {
  joinCluster,
  type RedisClusterServers,
  startCluster,
} from "../../../support/redis/cluster.ts";
import type { RedisServer } from "../../../support/redis/server.ts";

// The cluster takes seconds to form, so all contract tests share it, each with its own prefix.
let common: RedisClusterServers | undefined;
let opened = 0;

Deno.test.beforeAll(async () => {
  common = await startCluster();
});

Deno.test.afterAll(async () => {
  await common?.[Symbol.asyncDispose]();
});

async function openCommon(init: Parameters<typeof openBus>[1] = {}) {
  const bus = openBus(common?.url ?? "", { ...init, prefix: `test${++opened}:` });
  await whenReady(bus);
  return { bus, [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose]() };
}

busContract("RedisBus on a cluster", async (retention, wanted) => {
  return await openCommon({ retention, quota: await quotaBeyond(common?.masters ?? [], wanted) });
});

directoryStoreContract("RedisDirectory on a cluster", async () => {
  const { bus, ...own } = await openCommon();
  return { store: bus.directory, ...own };
});

revocationContract("RedisRevocations on a cluster", async () => {
  const { bus, ...own } = await openCommon();
  return { store: bus.revocations, ...own };
});

noticeContract("A cluster", () => openTwoBuses(common?.url ?? "", `test${++opened}:`));

Deno.test("slotOf() agrees with a real cluster", async () => {
  const braces = [
    "{user1000}.following",
    "foo{bar}{zap}",
    "foo{{bar}}zap",
    "foo{}{bar}",
    "x{}y",
    "}{",
  ];
  for (const key of [...braces, "", "123456789", "网友", "parley:{lobby}:log"]) {
    assert.equal(await common?.masters[0]?.command("CLUSTER", "KEYSLOT", key), slotOf(key), key);
  }
});

Deno.test("RedisBus on a cluster delivers rooms that are on different servers", async () => {
  await using own = await openCommon();
  const { bus } = own;
  const rooms = numbers(1, 30).map((index) => room(`room-${index}`));
  await Promise.all(rooms.map((it) => bus.subscribe(it)));
  using reader = new AnnouncementReader(bus);
  await Promise.all(rooms.map((it) => mustPublish(bus, say("hello", { room: it }))));
  const entries = await reader.entries(30);
  assert.deepEqual(entries.map((it) => it.room).toSorted(), rooms.toSorted());
  assert.equal((await bus.topPositions()).length, 30);
  const sizes = await Promise.all((common?.masters ?? []).map((it) => it.command("DBSIZE")));
  assert.ok(sizes.every((size) => Number(size) > 0));
});

Deno.test("RedisBus on a cluster sweeps and counts the rooms of all its servers", async () => {
  await using own = await openCommon();
  const { bus } = own;
  const rooms = numbers(1, 12).map((index) => room(`swept-${index}`));
  await Promise.all(rooms.map((it) => mustPublish(bus, say("hello", { room: it }))));
  await bus.sweep();
  const key = `test${opened}:state`;
  const owner = common?.masters[Math.floor(slotOf(key) * 3 / 16_384)];
  assert.equal(await owner?.command("HGET", key, "rooms"), "12");
});

/** A separate cluster, whose first master has the lobby and a replica, and a bus that follows it. */
async function open() {
  await using started = new AsyncDisposableStack();
  const servers = started.use(await startCluster(1));
  // The first master has the lowest third of the slots.
  const prefix = "test:";
  const where = numbers(1, 99).map((index) => room(`lobby-${index}`))
    .find((it) => slotOf(`{${it}}`) < 5_000);
  assert.ok(where);
  const bus = started.use(openBus(servers.url, { prefix }));
  await whenReady(bus);
  await bus.subscribe(where);
  const held = started.move();
  return { ...servers, bus, where, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

for (
  const [what, strike] of [
    ["is killed", (server: RedisServer) => server.kill()],
    ["hangs", (server: RedisServer) => Promise.resolve(server.pause())],
  ] as const
) {
  Deno.test(`RedisBus continues through the replica when a master of the cluster ${what}`, async () => {
    await using own = await open();
    const { masters: [master], replicas: [replica], bus, where } = own;
    assert.ok(master && replica);
    using reader = new AnnouncementReader(bus);
    const before = await mustPublish(bus, say("before", { room: where }));
    await until("the replica to have it", async () => await replica.command("DBSIZE") !== 0);
    await own.expectFailure();
    await strike(master);
    await until("what is said to be taken again", async () => {
      return await bus.publish(say("where am I?", { room: where })).then(() => true, (error) => {
        assert.ok(error instanceof BusUnavailable);
        return false;
      });
    });
    await whenReady(bus);
    const after = say("after", { room: where });
    const { position } = await mustPublish(bus, after);
    assert.notEqual(position.epoch, before.position.epoch);
    assert.equal((await bus.replay(where, before.position, 10)).lossReason, undefined);
    await until(
      "the message to be delivered",
      async () => (await reader.entries(1))[0]?.id === after.id,
    );
    if (what === "hangs") master.resume();
  });
}

/** Moves a room to another master, key by key. @param pause Runs before the first key, between two, and after the last. */
async function move(
  slot: number,
  from: RedisServer,
  to: RedisServer,
  pause: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const [fromId, toId] = [
    await from.command("CLUSTER", "MYID"),
    await to.command("CLUSTER", "MYID"),
  ];
  await to.command("CLUSTER", "SETSLOT", `${slot}`, "IMPORTING", String(fromId));
  await from.command("CLUSTER", "SETSLOT", `${slot}`, "MIGRATING", String(toId));
  for (;;) {
    await pause();
    const [key] = await list(from.command("CLUSTER", "GETKEYSINSLOT", `${slot}`, "1"));
    if (key === undefined) break;
    await from.command("MIGRATE", "127.0.0.1", `${to.port}`, String(key), "0", "5000");
  }
  for (const server of [to, from]) {
    await server.command("CLUSTER", "SETSLOT", `${slot}`, "NODE", String(toId));
  }
}

async function list(reply: Promise<unknown>): Promise<readonly unknown[]> {
  const items = await reply;
  return Array.isArray(items) ? items : [];
}

Deno.test("RedisBus follows a room that is moved to another server of the cluster", async () => {
  await using own = await open();
  const { masters: [first, second], bus, where } = own;
  assert.ok(first && second);
  using reader = new AnnouncementReader(bus);
  await mustPublish(bus, say("before", { room: where }));
  await move(slotOf(`{${where}}`), first, second);
  assert.equal((await mustPublish(bus, say("after", { room: where }))).position.seq, 2);
  await bus.subscribe(where);
  await until("the move to be known", async () => {
    const reply = await second.command("PUBSUB", "SHARDCHANNELS", `test:{${where}}:live`);
    return Array.isArray(reply) && reply.length === 1;
  });
  await mustPublish(bus, say("and after", { room: where }));
  const seqs = (await reader.entries(2)).map(({ position }) => position.seq);
  assert.deepEqual([seqs[0], [2, 3].includes(seqs[1] ?? 0)], [1, true]);
  assert.ok(lobby);
});

Deno.test("RedisBus serves a room while it moves key by key to another server of the cluster", async () => {
  await using own = await open();
  const { masters: [first, second], bus, where } = own;
  assert.ok(first && second);
  const before = await mustPublish(bus, say("before", { room: where }));
  await bus.markRead(where, ann.user, before.position);
  const pending: Promise<unknown>[] = [];
  let said = 1;
  await move(slotOf(`{${where}}`), first, second, async () => {
    said += 1;
    pending.push(mustPublish(bus, say(String(said), { room: where })));
    pending.push(bus.page(where, undefined, 10));
    pending.push(bus.claim(where, { ...ann, node: "node-1", rename: false }));
    // Answered, or refused for now: a waiting request does not delay the others.
    await bus.probe();
  });
  await Promise.all(pending);
  const { top, messages, more } = await bus.page(where, undefined, 100);
  assert.deepEqual([top.seq, messages.length, more], [said, said, false]);
  const texts = messages.map(({ text }) => text);
  assert.deepEqual(texts, ["before", ...numbers(2, said).map(String)]);
});

Deno.test("RedisBus follows an ASK redirection for a key on the move, even to a server without slots", async () => {
  await using servers = await startCluster();
  const { masters: [first, second] } = servers;
  assert.ok(first && second);
  await using fresh = await joinCluster(first);
  await using bus = openBus(servers.url);
  await whenReady(bus);
  const secret = await bus.getOrCreateSecret("one");
  assert.equal(secret, "one");
  const slot = slotOf("test:session_secret");
  const owner = servers.masters[Math.floor(slot * 3 / 16_384)];
  const target = owner === second ? first : second;
  assert.ok(owner);
  for (const to of [target, fresh]) {
    const from = to === fresh ? target : owner;
    await move(slot, from, to, async () => {
      assert.equal(await bus.getOrCreateSecret("two"), "one");
    });
  }
});
