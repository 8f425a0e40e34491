/**
 * The bus on a Redis that a sentinel watches: the contract of a bus, and failovers.
 * @module
 */
import assert from "node:assert/strict";
import type { RedisBus } from "../../../../lib/io/redis/bus.ts";
import { busContract } from "../../../contract/bus_contract.ts";
import { noticeContract } from "../../../contract/state/notices.ts";
import { revocationContract } from "../../../contract/revocation_contract.ts";
import { directoryStoreContract } from "../../../contract/directory_store_contract.ts";
import { AnnouncementReader } from "../../../contract/log/announcement_reader.ts";
import { lobby, mustPublish, say, sayAll } from "../../../contract/fixtures.ts";
import { until } from "../../../support/provision.ts";
import { openBus, openTwoBuses, quotaBeyond, whenReady } from "../../../support/redis/bus.ts";
import { type RedisSentinelServers, startSentinel } from "../../../support/redis/sentinel.ts";

// The sentinels take seconds to find each other, so all contract tests share them, each with its own prefix.
let common: RedisSentinelServers | undefined;
let opened = 0;

Deno.test.beforeAll(async () => {
  common = await startSentinel();
});

Deno.test.afterAll(async () => {
  await common?.[Symbol.asyncDispose]();
});

busContract("RedisBus behind a sentinel", async (retention, wanted) => {
  const quota = await quotaBeyond(common ? [common.master] : [], wanted);
  const bus = openBus(common?.url ?? "", { retention, quota, prefix: `test${++opened}:` });
  await whenReady(bus);
  return { bus, [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose]() };
});

directoryStoreContract("RedisDirectory behind a sentinel", async () => {
  const bus = openBus(common?.url ?? "", { prefix: `test${++opened}:` });
  await whenReady(bus);
  return { store: bus.directory, [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose]() };
});

revocationContract("RedisRevocations behind a sentinel", async () => {
  const bus = openBus(common?.url ?? "", { prefix: `test${++opened}:` });
  await whenReady(bus);
  return { store: bus.revocations, [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose]() };
});

noticeContract(
  "A master behind a sentinel",
  () => openTwoBuses(common?.url ?? "", `test${++opened}:`),
);

/** Separate servers, since the test changes the master, and a bus that follows the lobby. */
async function open() {
  await using started = new AsyncDisposableStack();
  const servers = started.use(await startSentinel());
  const bus = started.use(openBus(servers.url));
  await whenReady(bus);
  await bus.subscribe(lobby);
  const held = started.move();
  return { ...servers, bus, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** Checks that a new message is delivered, whatever was lost before. */
async function assertReceived(bus: RedisBus, reader: AnnouncementReader): Promise<void> {
  const it = say("now");
  await mustPublish(bus, it);
  await until(
    "the message to be delivered",
    async () => (await reader.entries(1))[0]?.id === it.id,
  );
}

Deno.test("RedisBus begins a new epoch at a failover, and reports when acknowledged messages are lost", async () => {
  await using opened = await open();
  const { master, replica, bus } = opened;
  using reader = new AnnouncementReader(bus);
  const kept = await sayAll(bus, ["1", "2"]);
  await until("the replica to have it", async () => {
    return await replica.command("XLEN", "test:{lobby}:log") === 2;
  });
  // From here on the replica receives nothing.
  await master.command("ACL", "SETUSER", "default", "-psync", "-sync");
  await master.command("CLIENT", "KILL", "TYPE", "replica");
  const lost = await sayAll(bus, ["3", "4"]);
  await reader.entries(4);
  await opened.expectFailure();
  await master.kill();
  await until(
    "the loss to be noticed",
    () =>
      bus.topPositions().then(() => false, (error) => /unavailable, try again/.test(error.message)),
  );
  await whenReady(bus);
  const after = say("after");
  const { position } = await mustPublish(bus, after);
  assert.deepEqual((await reader.entries(1)).map(({ id }) => id), [after.id]);
  assert.equal(position.seq, 3);
  assert.notEqual(position.epoch, kept[0]?.epoch);
  for (const since of kept) {
    assert.equal((await bus.replay(lobby, since, 10)).lossReason, undefined);
  }
  for (const since of lost) {
    const { lossReason, entries } = await bus.replay(lobby, since, 10);
    assert.deepEqual([lossReason, entries.map(({ id }) => id)], ["rewound", [after.id]]);
  }
});

Deno.test("RedisBus leaves a master that hangs for the one that the sentinel names, with its subscriptions", async () => {
  await using opened = await open();
  const { master, replica, bus } = opened;
  using reader = new AnnouncementReader(bus);
  const before = await mustPublish(bus, say("before"));
  await until("the replica to have it", async () => {
    return await replica.command("XLEN", "test:{lobby}:log") === 1;
  });
  await opened.expectFailure();
  master.pause();
  // Its reply does not arrive, so it is requested again from the master at that time.
  const { position } = await mustPublish(bus, say("in the midst of it"));
  master.resume();
  await whenReady(bus);
  await assertReceived(bus, reader);
  const { lossReason, entries } = await bus.replay(lobby, { ...before.position, seq: 0 }, 10);
  assert.deepEqual([lossReason, entries.map(({ position: { seq } }) => seq)], [undefined, [
    1,
    2,
    3,
  ]]);
  assert.deepEqual(entries[1]?.position, position);
});

Deno.test("RedisBus leaves a running master that was replaced", async () => {
  await using opened = await open();
  const { replica, sentinel, bus } = opened;
  using reader = new AnnouncementReader(bus);
  await mustPublish(bus, say("before"));
  await sentinel.command("SENTINEL", "FAILOVER", "chat");
  // A sentinel disconnects all clients of a server when it changes its role.
  const ask = (...command: readonly string[]) => replica.command(...command).catch(String);
  await until("the other one to have taken over", async () => {
    return /role:master/.test(String(await ask("INFO", "replication")));
  });
  await until("what is said to come to it", async () => {
    await bus.publish(say("where am I?")).catch(() => {});
    return Number(await ask("XLEN", "test:{lobby}:log")) > 1;
  });
  await whenReady(bus);
  await assertReceived(bus, reader);
});

Deno.test("RedisBus sends a sentinel the password only when it requires one", async () => {
  await using servers = await startSentinel();
  const { master, replica, sentinel } = servers;
  for (const server of [replica, master]) {
    await server.command("CONFIG", "SET", "masterauth", "secret");
    await server.command("CONFIG", "SET", "requirepass", "secret");
  }
  const url = servers.url.replace("//", "//:secret@");
  {
    await using bus = openBus(url);
    await whenReady(bus);
  }
  await sentinel.command("ACL", "SETUSER", "default", "resetpass", ">secret");
  await assert.rejects(sentinel.command("PING"), /NOAUTH/);
  await using bus = openBus(url);
  await whenReady(bus);
});
