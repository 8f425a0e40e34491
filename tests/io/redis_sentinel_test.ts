/**
 * The bus over a Redis that a sentinel watches: all that the bus promises, and failovers.
 * @module
 */
import assert from "node:assert/strict";
import type { RedisBus } from "../../lib/io/redis/bus.ts";
import { busContract } from "../bus_contract.ts";
import { Ear } from "../contract/ear.ts";
import { enter, lobby, say, sayAll } from "../contract/given.ts";
import { until } from "../provision.ts";
import { openBus, quotaBeyond, ready } from "../redis_bus.ts";
import { type RedisSentinelServers, startSentinel } from "../redis_sentinel.ts";

// They take seconds to find each other, so all tests of the contract have them in common, and each its own prefix.
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
  await ready(bus);
  return { bus, [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose]() };
});

/** Servers of its own, since it changes who is the master, and a bus that follows the lobby. */
async function open() {
  await using started = new AsyncDisposableStack();
  const servers = started.use(await startSentinel());
  const bus = started.use(openBus(servers.url));
  await ready(bus);
  await bus.follow(lobby);
  const held = started.move();
  return { ...servers, bus, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** Proves that what is said now is heard, whatever was lost before. */
async function isHeard(bus: RedisBus, ear: Ear): Promise<void> {
  const it = say("now");
  await enter(bus, it);
  await until("it to be heard", async () => (await ear.entries(1))[0]?.id === it.id);
}

Deno.test("RedisBus begins a new era at a failover, and says so where what was acknowledged is lost", async () => {
  await using opened = await open();
  const { master, replica, bus } = opened;
  using ear = new Ear(bus);
  const kept = await sayAll(bus, ["1", "2"]);
  await until("the replica to have it", async () => {
    return await replica.command("XLEN", "test:{lobby}:log") === 2;
  });
  // From here on the replica gets nothing any more.
  await master.command("ACL", "SETUSER", "default", "-psync", "-sync");
  await master.command("CLIENT", "KILL", "TYPE", "replica");
  const lost = await sayAll(bus, ["3", "4"]);
  await ear.entries(4);
  await master.kill();
  await until(
    "the loss to be noticed",
    () => bus.tops().then(() => false, (error) => /away, try again/.test(error.message)),
  );
  await ready(bus);
  const after = say("after");
  const { position } = await enter(bus, after);
  assert.deepEqual((await ear.entries(1)).map(({ id }) => id), [after.id]);
  assert.equal(position.seq, 3);
  assert.notEqual(position.epoch, kept[0]?.epoch);
  for (const since of kept) assert.equal((await bus.replay(lobby, since, 10)).gap, undefined);
  for (const since of lost) {
    const { gap, entries } = await bus.replay(lobby, since, 10);
    assert.deepEqual([gap, entries.map(({ id }) => id)], ["rewound", [after.id]]);
  }
});

Deno.test("RedisBus leaves a master that hangs for the one that the sentinel names, with its subscriptions", async () => {
  await using opened = await open();
  const { master, replica, bus } = opened;
  using ear = new Ear(bus);
  const before = await enter(bus, say("before"));
  await until("the replica to have it", async () => {
    return await replica.command("XLEN", "test:{lobby}:log") === 1;
  });
  master.pause();
  // Its reply does not come, so it is asked for again, of whoever is the master then.
  const { position } = await enter(bus, say("in the midst of it"));
  master.resume();
  await ready(bus);
  await isHeard(bus, ear);
  const { gap, entries } = await bus.replay(lobby, { ...before.position, seq: 0 }, 10);
  assert.deepEqual([gap, entries.map(({ position: { seq } }) => seq)], [undefined, [1, 2, 3]]);
  assert.deepEqual(entries[1]?.position, position);
});

Deno.test("RedisBus leaves a master that was replaced while it runs", async () => {
  await using opened = await open();
  const { replica, sentinel, bus } = opened;
  using ear = new Ear(bus);
  await enter(bus, say("before"));
  await sentinel.command("SENTINEL", "FAILOVER", "chat");
  // The sentinel cuts all who are connected to a server when it changes what that one is.
  const ask = (...command: readonly string[]) => replica.command(...command).catch(String);
  await until("the other one to have taken over", async () => {
    return /role:master/.test(String(await ask("INFO", "replication")));
  });
  await until("what is said to come to it", async () => {
    await bus.publish(say("where am I?")).catch(() => {});
    return Number(await ask("XLEN", "test:{lobby}:log")) > 1;
  });
  await ready(bus);
  await isHeard(bus, ear);
});

Deno.test("RedisBus gives a sentinel the password where it asks for one, and none where not", async () => {
  await using servers = await startSentinel();
  const { master, replica, sentinel } = servers;
  for (const server of [replica, master]) {
    await server.command("CONFIG", "SET", "masterauth", "secret");
    await server.command("CONFIG", "SET", "requirepass", "secret");
  }
  const url = servers.url.replace("//", "//:secret@");
  {
    await using bus = openBus(url);
    await ready(bus);
  }
  await sentinel.command("ACL", "SETUSER", "default", "resetpass", ">secret");
  await assert.rejects(sentinel.command("PING"), /NOAUTH/);
  await using bus = openBus(url);
  await ready(bus);
});
