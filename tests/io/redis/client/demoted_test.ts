/**
 * The bus on a Redis whose master becomes a replica, or whose address starts to lead to another server, while the
 * connections stay open.
 * @module
 */
import assert from "node:assert/strict";
import { ErrorReply } from "@redis/client";
import type { RedisBus } from "../../../../lib/io/redis/bus.ts";
import { PollTimer } from "../../../../lib/io/redis/client/poll_timer.ts";
import {
  assertMaster,
  identify,
  isDemoted,
  NotMaster,
  readIdentity,
  watchServer,
} from "../../../../lib/io/redis/client/server_identity.ts";
import { AnnouncementReader } from "../../../contract/log/announcement_reader.ts";
import { lobby, mustPublish, say } from "../../../contract/fixtures.ts";
import { FaultProxy } from "../../../support/clients/fault_proxy.ts";
import { LogRecorder } from "../../../support/log_recorder.ts";
import { until } from "../../../support/provision.ts";
import { isReady, openBus, whenReady } from "../../../support/redis/bus.ts";
import { type RedisServer, startRedis } from "../../../support/redis/server.ts";

/** Two servers, the second a replica of the first, and a virtual address that leads to the first. */
async function open() {
  await using started = new AsyncDisposableStack();
  const records = started.use(await LogRecorder.start());
  const args = ["--repl-diskless-sync-delay", "0", "--loglevel", "warning"];
  const master = started.use(await startRedis({ args }));
  const replica = started.use(await startRedis({ args }));
  await replicate(replica, master);
  const address = started.use(new FaultProxy(master.port));
  const bus = started.use(openBus(`redis://${address.host}`));
  await whenReady(bus);
  await bus.subscribe(lobby);
  const held = started.move();
  const end = () => held.disposeAsync();
  return { records, master, replica, address, bus, [Symbol.asyncDispose]: end };
}

async function replicate(replica: RedisServer, master: RedisServer): Promise<void> {
  await replica.command("REPLICAOF", "127.0.0.1", String(master.port));
  await until("the replica to follow", async () => {
    return /master_link_status:up/.test(String(await replica.command("INFO", "replication")));
  });
}

/** Checks that the bus accepts messages and delivers them by itself. */
async function untilPublishing(bus: RedisBus): Promise<void> {
  await whenReady(bus);
  using reader = new AnnouncementReader(bus);
  const it = say("on the new master");
  await mustPublish(bus, it);
  await until(
    "the message to be delivered",
    async () => (await reader.entries(1))[0]?.id === it.id,
  );
}

Deno.test("RedisBus is not ready while its server is a replica, reports so once, and continues when it is a master again", async () => {
  await using opened = await open();
  const { records, master, bus } = opened;
  const { position } = await mustPublish(bus, say("before"));
  // The bus counts a new room after the receipt. If that write is refused, the connection is lost with what follows.
  await until("the room to be counted", async () => {
    return await master.command("HGET", "test:state", "rooms") === "1";
  });
  await master.command("REPLICAOF", "127.0.0.1", "1");
  await assert.rejects(bus.publish(say("refused")), /failing over|unavailable, try again/);
  await until("the bus to say so", async () => !await isReady(bus));
  await assert.rejects(bus.probe(), /takes no writes/);
  // It retries meanwhile, and every attempt is refused.
  const attempts = async () =>
    Number(/total_connections_received:(\d+)/.exec(String(await master.command("INFO")))?.[1]);
  const before = await attempts();
  await until("more attempts", async () => await attempts() > before + 8);
  assert.equal(await isReady(bus), false);
  const back = bus.whenBack();
  await master.command("REPLICAOF", "NO", "ONE");
  await back;
  await untilPublishing(bus);
  assert.equal((await bus.replay(lobby, position, 10)).lossReason, undefined);
  assert.equal(records.fields("redis.master_demoted").length, 1);
  assert.equal(records.fields("redis.lost").length, 0);
});

Deno.test("RedisBus notices a demoted server even when no message is sent", async () => {
  await using opened = await open();
  const { master, bus } = opened;
  await master.command("REPLICAOF", "127.0.0.1", "1");
  await until("the bus to say so", async () => !await isReady(bus));
  await master.command("REPLICAOF", "NO", "ONE");
  await untilPublishing(bus);
});

Deno.test("RedisBus moves from a demoted server to the promoted one when the address leads there", async () => {
  await using opened = await open();
  const { master, replica, address, bus } = opened;
  await mustPublish(bus, say("before"));
  await until("the replica to have it", async () => {
    return await replica.command("XLEN", "test:{lobby}:log") === 1;
  });
  await replica.command("REPLICAOF", "NO", "ONE");
  await replicate(master, replica);
  await until("the bus to say so", async () => !await isReady(bus));
  const following = bus.subscribe(lobby);
  address.target = replica.port;
  await following;
  await untilPublishing(bus);
  assert.equal(await replica.command("XLEN", "test:{lobby}:log"), 2);
});

Deno.test("RedisBus leaves a server that still accepts writes when the address leads to another master", async () => {
  await using opened = await open();
  const { master, replica, address, bus } = opened;
  await replica.command("REPLICAOF", "NO", "ONE");
  address.target = replica.port;
  await until("the promoted server to have all connections", async () => {
    const clients = String(await master.command("CLIENT", "LIST", "TYPE", "pubsub"));
    return clients === "" && await isReady(bus);
  });
  await untilPublishing(bus);
  assert.equal(await replica.command("XLEN", "test:{lobby}:log"), 1);
  assert.equal(await master.command("EXISTS", "test:{lobby}:log"), 0);
});

Deno.test("RedisBus stays with its master while the address leads to a replica or nowhere", async () => {
  await using opened = await open();
  const { records, replica, address, bus } = opened;
  for (const port of [replica.port, 1]) {
    address.target = port;
    const before = address.accepted;
    // Both connections have checked the address.
    await until("the bus to have looked", () => Promise.resolve(address.accepted >= before + 2));
  }
  await untilPublishing(bus);
  assert.equal(records.fields("redis.master_demoted").length, 0);
  assert.equal(records.fields("redis.ready").length, 2);
});

Deno.test("RedisBus waits for a server that is a replica when it connects", async () => {
  await using redis = await startRedis({
    args: ["--replicaof", "127.0.0.1 1", "--loglevel", "warning"],
  });
  await using bus = openBus(redis.url);
  const following = bus.subscribe(lobby);
  await until(
    "the reason to be known",
    () =>
      bus.probe().then(
        () => false,
        (error) => /takes no writes: it is a replica/.test(error.message),
      ),
  );
  await redis.command("REPLICAOF", "NO", "ONE");
  await following;
  await untilPublishing(bus);
});

Deno.test("watchServer() keeps a connection that cannot ask, and closes one whose server has become a replica", async () => {
  const life = new AbortController();
  const alarm = new PollTimer();
  const answers = [
    () => Promise.reject(new Error("The queue is full")),
    () => Promise.resolve("run_id:abc\r\nrole:slave"),
  ];
  let asked = 0;
  const send = () => {
    const answer = answers[asked++] ?? answers[1];
    alarm.wake();
    return answer?.() ?? Promise.resolve("");
  };
  const identity = { runId: "abc", refusal: undefined };
  alarm.wake();
  const watching = watchServer(
    { send, identity, address: "here", connectOptions: undefined, timer: alarm },
    life.signal,
  );
  await assert.rejects(watching, /the server at here takes no writes: it is a replica/);
  assert.equal(asked, 2);
  life.abort();
});

for (const word of ["BUSY", "NOPERM", "NOAUTH"]) {
  Deno.test(`identify() keeps a connection whose server answers ${word}`, async () => {
    const identity = await identify(() => Promise.reject(new ErrorReply(`${word} and why`)));
    assert.equal(identity, undefined);
    assert.doesNotThrow(() => assertMaster(identity, "here"));
  });
}

Deno.test("identify() rejects when the server accepts no writes, and when the connection is lost", async () => {
  const loading = identify(() => Promise.reject(new ErrorReply("LOADING and why")));
  await assert.rejects(loading, NotMaster);
  await assert.rejects(identify(() => Promise.reject(new Error("lost"))), /lost/);
});

for (
  const [what, info, refusal] of [
    ["a master", "run_id:abc\r\nrole:master\r\nloading:0", undefined],
    ["a replica", "run_id:abc\r\nrole:slave\r\nloading:0", "it is a replica"],
    ["a server that loads", "run_id:abc\r\nrole:master\r\nloading:1", "it is loading its data"],
    ["a server that reports nothing", "", undefined],
  ] as const
) {
  Deno.test(`readIdentity() recognizes ${what}`, () => {
    assert.deepEqual(readIdentity(info), { runId: info === "" ? "" : "abc", refusal });
  });
}

for (const word of ["READONLY", "MASTERDOWN", "LOADING", "UNBLOCKED"]) {
  Deno.test(`isDemoted() recognizes ${word}`, () => {
    assert.ok(isDemoted(new ErrorReply(`${word} and why`)));
    assert.ok(!isDemoted(new Error(`${word} and why`)));
  });
}
