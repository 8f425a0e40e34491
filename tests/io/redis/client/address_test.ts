/**
 * The URLs by which the bus reaches one Redis, and the permissions that it needs there.
 * @module
 */
import assert from "node:assert/strict";
import type { RedisBus } from "../../../../lib/io/redis/bus.ts";
import { AnnouncementReader } from "../../../contract/log/announcement_reader.ts";
import { ann, bob, draft, lobby, mustPublish, react, say } from "../../../contract/fixtures.ts";
import { act, fieldsOf, mute } from "../../../contract/state/room_state.ts";
import {
  freePort,
  onFreePort,
  programTest,
  until,
  withinDeadline,
} from "../../../support/provision.ts";
import { OPENSSL, TestAuthority } from "../../../support/identity/certificates.ts";
import { openBus, patientClock, whenReady } from "../../../support/redis/bus.ts";
import { CLUSTER_BUS, type RedisServer, startRedis } from "../../../support/redis/server.ts";
import { TemporaryFolder } from "../../../support/temporary_folder.ts";

/** Starts a Redis, sets it up, and opens a bus on it by a URL. */
async function open(
  setUp: readonly (readonly string[])[],
  url: (port: number) => string,
  args: readonly string[] = [],
) {
  await using started = new AsyncDisposableStack();
  const redis = started.use(await startRedis({ args }));
  for (const command of setUp) await redis.command(...command);
  const bus = started.use(openBus(url(redis.port)));
  await whenReady(bus);
  const held = started.move();
  return { redis, bus, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** Turns a server into a cluster of one. */
async function giveAllSlots(redis: RedisServer): Promise<void> {
  await redis.command("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
  await until("the cluster to be there", async () => {
    return /cluster_state:ok/.test(String(await redis.command("CLUSTER", "INFO")));
  });
}

/** Uses every operation of a bus. */
async function useEveryCommand(bus: RedisBus): Promise<void> {
  await bus.subscribe(lobby);
  using reader = new AnnouncementReader(bus);
  const { position } = await mustPublish(bus, say("hello"));
  await mustPublish(bus, react(position, "👍"));
  await mustPublish(bus, draft({ kind: "edited", of: position, text: "Hello" }));
  assert.equal((await reader.entries(3)).length, 3);
  bus.signal(lobby, { kind: "typing", ...ann, on: true });
  assert.equal((await reader.signal()).signal.kind, "typing");
  assert.equal((await bus.topPositions()).length, 1);
  assert.equal((await bus.replay(lobby, position, 10)).entries.length, 2);
  assert.equal((await bus.page(lobby, undefined, 10)).messages[0]?.text, "Hello");
  await bus.markRead(lobby, ann.user, position);
  assert.deepEqual(await bus.readState(lobby, ann.user, 0), { read: position, unread: 0 });
  await mustPublish(bus, act({ kind: "room", topic: "Tea", slowSeconds: 1 }));
  await mustPublish(bus, act({ kind: "room", topic: "" }));
  await mustPublish(bus, act({ kind: "clear" }));
  await mustPublish(bus, act(mute(1)));
  assert.deepEqual(Object.keys(await fieldsOf(bus)).toSorted(), [`mute:${bob.user}`, "slow"]);
  await bus.claim(lobby, { ...ann, node: "n1", rename: false });
  const { people, version } = await bus.refresh(lobby, "n1");
  assert.equal(people.length, 1);
  assert.deepEqual(await bus.renew("n1", [{ room: lobby, version }]), []);
  await bus.release(lobby, ann.user, "n1");
  await bus.withdraw(lobby, "n1");
  await useDirectory(bus);
  await bus.sweep();
  assert.deepEqual(await fieldsOf(bus), { slow: "1" });
}

/** Uses every operation of a directory. */
async function useDirectory({ directory }: RedisBus): Promise<void> {
  const name = { kind: "name", id: "ANN" } as const;
  const invite = { kind: "invite", id: "a" } as const;
  // It is told once when it has subscribed, and once by a message.
  for (const [from, to] of [[undefined, "1"], ["1", "2"]] as const) {
    await directory.list("name");
    assert.equal(await directory.commit([name, invite].map((it) => ({ ...it, from, to }))), true);
    const told = directory.whenNamesChanged(new AbortController().signal);
    await withinDeadline("the change to be announced", told);
  }
  assert.equal(await directory.commit([{ ...invite, from: "2", to: undefined }]), true);
  assert.deepEqual(await directory.read([name, invite]), ["2", undefined]);
}

for (
  const [what, setUp, url] of [
    [
      "a password",
      ["CONFIG", "SET", "requirepass", "s:e/c@ret"],
      (port: number) => `redis://:${encodeURIComponent("s:e/c@ret")}@127.0.0.1:${port}`,
    ],
    ["a database number", ["PING"], (port: number) => `redis://127.0.0.1:${port}/3`],
  ] as const
) {
  Deno.test(`RedisBus reaches a Redis with ${what} by its URL`, async () => {
    await using opened = await open([setUp], url);
    await useEveryCommand(opened.bus);
  });
}

/** The command in the operations guide. */
async function aclCommand(): Promise<readonly string[]> {
  const guide = await Deno.readTextFile(
    new URL("../../../../docs/operations/stores.md", import.meta.url),
  );
  const [line] = /ACL SETUSER parley [^`]+/.exec(guide) ?? [];
  return line?.split(/\s+/) ?? assert.fail("no ACL command in the guide");
}

for (const [what, scheme] of [["a Redis", "redis"], ["a cluster", "redis-cluster"]] as const) {
  Deno.test(`RedisBus supports every operation on ${what} as the ACL user of the guide`, async () => {
    const isCluster = scheme === "redis-cluster";
    await using redis = await startRedis({ clustered: isCluster });
    if (isCluster) await giveAllSlots(redis);
    await redis.command(...await aclCommand());
    await redis.command("ACL", "SETUSER", "default", "off");
    const url = `${scheme}://parley:password@127.0.0.1:${redis.port}`;
    const quota = { bytes: 2 ** 40, rooms: 1_000 };
    await using bus = openBus(url, { prefix: "parley:", quota, clock: patientClock });
    await whenReady(bus);
    await useEveryCommand(bus);
    assert.equal(await bus.getOrCreateSecret("secret"), "secret");
  });
}

Deno.test("RedisBus reaches a Redis on a Unix socket by its URL", async () => {
  const folder = await Deno.makeTempDir();
  {
    const path = `${folder}/redis.sock`;
    await using opened = await open([], () => `unix://${path}?db=1`, ["--unixsocket", path]);
    await useEveryCommand(opened.bus);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("RedisBus rejects a URL in an unknown form, without revealing its password", () => {
  assert.throws(() => openBus("redis-ring://user:secret@here"), (error: Error) => {
    assert.match(error.message, /redis-ring:\/\/here/);
    return !error.message.includes("secret");
  });
});

/** Starts a Redis of some kind with TLS on a port; returns its disposer and the URL. */
type StartTls = (
  started: AsyncDisposableStack,
  port: number,
  options: readonly (readonly [string, string])[],
) => Promise<string>;

const startTls: Readonly<Record<string, StartTls>> = {
  "a Redis": async (started, port, options) => {
    started.use(await startRedis({ args: argsOf(options) }));
    return `rediss://127.0.0.1:${port}`;
  },
  "a cluster": async (started, port, options) => {
    const args = argsOf([...options, ["tls-cluster", "yes"]]);
    const redis = started.use(await startRedis({ clustered: true, args }));
    await giveAllSlots(redis);
    return `rediss-cluster://127.0.0.1:${port}`;
  },
  "a master and its sentinel": async (started, port, options) => {
    const masterPort = freePort();
    const [, ...trust] = options;
    started.use(await startRedis({ args: argsOf([["tls-port", `${masterPort}`], ...trust]) }));
    const lines = [...options, ["tls-replication", "yes"]].map((option) => option.join(" "));
    const monitor = `sentinel monitor chat 127.0.0.1 ${masterPort} 1`;
    started.use(await startRedis({ sentinel: [...lines, monitor] }));
    return `rediss-sentinel://127.0.0.1:${port}/chat`;
  },
};

function argsOf(options: readonly (readonly [string, string])[]): readonly string[] {
  return options.flatMap(([name, value]) => [`--${name}`, value]);
}

for (const [what, start] of Object.entries(startTls)) {
  programTest(
    OPENSSL,
    `RedisBus reaches ${what} over TLS with the configured certificate authority`,
    async (openssl) => {
      await using folder = new TemporaryFolder();
      const authority = await TestAuthority.create(openssl, folder.path);
      const { certFile, keyFile } = await authority.certify("redis");
      await using started = new AsyncDisposableStack();
      const startOn = (port: number) =>
        start(started, port, [
          ["tls-port", String(port)],
          ["tls-auth-clients", "no"],
          ["tls-cert-file", certFile],
          ["tls-key-file", keyFile],
          ["tls-ca-cert-file", authority.file],
        ]);
      const url = await onFreePort(startOn, CLUSTER_BUS);
      await using trusting = openBus(url, { ca: authority.pem });
      await whenReady(trusting);
      await useEveryCommand(trusting);
    },
  );
}
