/** Members, names and invites in a real Redis: the store's promises, and what other instances learn. */
import assert from "node:assert/strict";
import { BusUnavailable } from "../../../../lib/chat/ports/bus.ts";
import type { RecordKey } from "../../../../lib/chat/ports/directory_store.ts";
import { createShortLivedClient } from "../../../../lib/io/redis/client/node_redis_client.ts";
import type { RedisBus } from "../../../../lib/io/redis/bus.ts";
import { RedisDirectory } from "../../../../lib/io/redis/stores/directory.ts";
import { readScripts } from "../../../../lib/io/redis/scripts.ts";
import { directoryStoreContract } from "../../../contract/directory_store_contract.ts";
import { mustPublish, say } from "../../../contract/fixtures.ts";
import { FaultProxy } from "../../../support/clients/fault_proxy.ts";
import { FakeClock, room } from "../../../support/fakes.ts";
import { until, withinDeadline } from "../../../support/provision.ts";
import { openBus, openRestartable, patientClock, whenReady } from "../../../support/redis/bus.ts";
import { startRedis } from "../../../support/redis/server.ts";

const ANN: RecordKey = { kind: "member", id: "m_ann00000" };
const NAME: RecordKey = { kind: "name", id: "ANN" };
const INVITE: RecordKey = { kind: "invite", id: "a".repeat(43) };

async function open() {
  await using started = new AsyncDisposableStack();
  const redis = started.use(await startRedis());
  const bus = started.use(openBus(redis.url));
  await whenReady(bus);
  const held = started.move();
  return { redis, bus, store: bus.directory, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** Waits until an instance knows a name, without ever reading again by itself. */
async function whenNamed({ directory }: RedisBus, id: string): Promise<void> {
  const { signal } = new AbortController();
  while (!(await directory.list("name")).has(id)) await directory.whenNamesChanged(signal);
}

const isUnavailable = (mayHaveApplied: boolean) => (error: unknown) =>
  error instanceof BusUnavailable && error.mayHaveApplied === mayHaveApplied;

directoryStoreContract("RedisDirectory", open);

Deno.test("An instance notices at once that another one has changed a name", async () => {
  await using redis = await startRedis();
  await using here = openBus(redis.url, { clock: patientClock });
  await using there = openBus(redis.url);
  await Promise.all([here, there].map(whenReady));
  assert.deepEqual(await here.directory.list("name"), new Map());
  const noticed = whenNamed(here, NAME.id);
  await there.directory.commit([{ ...NAME, from: undefined, to: ANN.id }]);
  await withinDeadline("the name to be noticed", noticed);
});

Deno.test("RedisDirectory lets one wait for changes again once the names were listed, for 30 s", async () => {
  const clock = new FakeClock();
  const store = new RedisDirectory({
    client: { publishCommand: "PUBLISH", send: () => Promise.resolve({}) },
    scripts: readScripts(),
    subscriptions: { subscribeChannel: () => new Promise(() => {}) },
    reporter: { reportDamagedRows: () => {} },
    prefix: "test:",
    clock,
  });
  const { signal } = new AbortController();
  store.onChanged();
  await store.list("member");
  await store.whenNamesChanged(signal);
  await store.list("name");
  let isOver = false;
  store.whenNamesChanged(signal).then(() => isOver = true);
  await clock.advance(29_999);
  assert.equal(isOver, false);
  await clock.advance(1);
  assert.equal(isOver, true);
});

Deno.test("Instances are told of changed names, but not of changed members, nor of what was not changed", async () => {
  await using opened = await open();
  const { redis, store } = opened;
  const listener = createShortLivedClient({ url: redis.url }, 4_000);
  listener.on("error", () => {});
  await listener.connect();
  const messages: string[] = [];
  const isOver = Promise.withResolvers<void>();
  await listener.subscribe(["test:{directory}:changed"], (message) => {
    messages.push(message);
    if (message === "end") isOver.resolve();
  });
  await store.commit([{ ...ANN, from: undefined, to: "1" }]);
  await store.commit([{ ...NAME, from: "m_bea00000", to: ANN.id }]);
  await store.commit([{ ...NAME, from: undefined, to: ANN.id }]);
  await redis.command("PUBLISH", "test:{directory}:changed", "end");
  await isOver.promise;
  assert.deepEqual(messages, ["", "end"]);
  listener.destroy();
});

Deno.test("An instance reads the names again when its connection was lost", async () => {
  await using opened = await openRestartable({ clock: patientClock });
  const { bus, restart } = opened;
  const { signal } = new AbortController();
  await bus.directory.list("name");
  await bus.directory.commit([{ ...NAME, from: undefined, to: ANN.id }]);
  // The channel is subscribed by then.
  await bus.directory.whenNamesChanged(signal);
  await bus.directory.list("name");
  const waiting = bus.directory.whenNamesChanged(signal);
  await restart();
  await withinDeadline("the names to be read again", waiting);
});

for (const [moment, loss] of [["before", "request"], ["after", "reply"]] as const) {
  Deno.test(`A change is rejected as perhaps made when the connection is cut ${moment} Redis had it`, async () => {
    await using redis = await startRedis();
    await using proxy = new FaultProxy(redis.port);
    await using bus = openBus(`redis://${proxy.host}`);
    await using watcher = openBus(redis.url, { clock: patientClock });
    await Promise.all([bus, watcher].map(whenReady));
    // From then on Redis knows the script, so the request that is cut off does not ask for it.
    await bus.directory.commit([{ ...ANN, from: undefined, to: "1" }]);
    assert.deepEqual(await watcher.directory.list("name"), new Map());
    proxy.cutOn("unlucky", loss, 1);
    const change = { ...NAME, from: undefined, to: "unlucky" };
    await assert.rejects(bus.directory.commit([change]), isUnavailable(true));
    await whenReady(bus);
    if (loss === "reply") {
      await withinDeadline("the name to be noticed", whenNamed(watcher, NAME.id));
      assert.equal(await bus.directory.commit([change]), false);
    } else assert.equal(await bus.directory.commit([change]), true);
    assert.deepEqual(await bus.directory.read([NAME]), ["unlucky"]);
  });
}

Deno.test("While Redis is away, nothing can be read, and a change is rejected as not made", async () => {
  await using opened = await open();
  const { redis, store } = opened;
  await redis.kill();
  await until(
    "the loss to be noticed",
    () =>
      store.list("name").then(() => false, (error) => /unavailable, try again/.test(error.message)),
  );
  await assert.rejects(store.read([ANN]), BusUnavailable);
  await assert.rejects(store.commit([{ ...ANN, from: undefined, to: "1" }]), isUnavailable(false));
});

Deno.test("A key of another type is reported, and no part of a change that concerns it is made", async () => {
  await using opened = await open();
  const { redis, bus, store } = opened;
  await store.commit([{ ...ANN, from: undefined, to: "1" }]);
  await redis.command("SET", "test:{directory}:invite", "x");
  const changes = [{ ...ANN, from: "1", to: "2" }, { ...INVITE, from: undefined, to: "3" }];
  await assert.rejects(store.commit(changes), isUnavailable(false));
  await assert.rejects(store.read([ANN, INVITE]), BusUnavailable);
  await assert.rejects(store.list("invite"), BusUnavailable);
  assert.match(bus.problems().join(), /damaged rows in Redis: 3/);
  assert.deepEqual(await store.read([ANN]), ["1"]);
});

for (
  const [what, isMade] of [["adds a record", false], [
    "first removes one and then adds one",
    true,
  ]] as const
) {
  Deno.test(`A full Redis makes a change that ${what} ${isMade ? "completely" : "not at all"}`, async () => {
    await using opened = await open();
    const { redis, store } = opened;
    await store.commit([{ ...INVITE, from: undefined, to: "1" }]);
    await redis.command("CONFIG", "SET", "maxmemory", "1");
    const added = { ...ANN, from: undefined, to: "2" };
    const removed = { ...INVITE, from: "1", to: undefined };
    const committed = store.commit(isMade ? [removed, added] : [added, removed]);
    if (isMade) assert.equal(await committed, true);
    else await assert.rejects(committed, /is full/);
    const expected = isMade ? ["2", undefined] : [undefined, "1"];
    assert.deepEqual(await store.read([ANN, INVITE]), expected);
  });
}

Deno.test("RedisDirectory lists records with any id", async () => {
  await using opened = await open();
  const { store } = opened;
  const ids = ["constructor", "__proto__", "2", "1", "a\0b", "\n", "网友"];
  const changes = ids.map((id) => ({ kind: "name", id, from: undefined, to: `=${id}` }) as const);
  assert.equal(await store.commit(changes), true);
  const listed = await store.list("name");
  assert.deepEqual(new Map(listed), new Map(ids.map((id) => [id, `=${id}`])));
  assert.deepEqual(await store.read(changes), changes.map(({ to }) => to));
});

Deno.test("The directory and a room with the same name do not disturb each other", async () => {
  await using opened = await open();
  const { bus, store } = opened;
  const namesake = room("directory");
  const changes = [ANN, NAME, INVITE].map((key) => ({ ...key, from: undefined, to: "1" }));
  await store.commit(changes);
  await bus.subscribe(namesake);
  const { position } = await mustPublish(bus, say("hi", { room: namesake }));
  await bus.markRead(namesake, say("").user, position);
  await bus.sweep();
  assert.deepEqual(await store.read(changes), ["1", "1", "1"]);
  assert.equal((await bus.page(namesake, undefined, 1)).messages[0]?.text, "hi");
  assert.deepEqual(bus.problems(), []);
});
