import assert from "node:assert/strict";
import { BusUnavailable, type Draft } from "../../lib/chat/bus.ts";
import { systemClock } from "../../lib/chat/clock.ts";
import { RedisBus } from "../../lib/io/redis_bus.ts";
import { busContract } from "../bus_contract.ts";
import { FakeClock, name, room } from "../fakes.ts";
import { freePort, programTest, until } from "../provision.ts";
import { startRedis } from "../redis_server.ts";

const lobby = room("lobby");
const say = (text: string) => ({ room: lobby, author: name("Ann"), text });

/** Starts a Redis, sets it up, and opens a bus on it by a URL. */
async function open(
  setUp: readonly (readonly string[])[] = [],
  url: (port: number) => string = (port) => `redis://127.0.0.1:${port}`,
  args: readonly string[] = [],
) {
  await using started = new AsyncDisposableStack();
  const redis = started.use(await startRedis({ args }));
  for (const command of setUp) await redis.command(...command);
  const bus = started.use(openBus(url(redis.port)));
  await until("the bus to be ready", () => isReady(bus));
  const held = started.move();
  return { redis, bus, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** The same with a clock that the test turns; `subscribed` is 1 as long as Redis has the lobby's channel, and then 0. */
async function openInFakeTime() {
  await using started = new AsyncDisposableStack();
  const redis = started.use(await startRedis());
  const clock = new FakeClock();
  const address = { url: redis.url, ca: undefined };
  const bus = started.use(new RedisBus(address, "test:", clock));
  const subscribed = async () => {
    const reply = await redis.command("PUBSUB", "CHANNELS", "test:room:lobby");
    return Array.isArray(reply) ? reply.length : -1;
  };
  const held = started.move();
  return { redis, clock, bus, subscribed, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

function openBus(url: string, { prefix = "test:", ca }: { prefix?: string; ca?: string } = {}) {
  return new RedisBus({ url, ca }, prefix, systemClock);
}

function isReady(bus: RedisBus): Promise<boolean> {
  return bus.probe().then(() => true, () => false);
}

/** Proves that a draft is rejected, and with which word about its fate. */
function rejects(bus: RedisBus, draft: Draft, fate: "not sent" | "perhaps sent"): Promise<void> {
  return assert.rejects(bus.publish(draft), (error) => {
    assert.ok(error instanceof BusUnavailable);
    return error.perhapsSent === (fate === "perhaps sent");
  });
}

/** A link to Redis that is cut when a certain word goes over it. */
class CutLink implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #running: Promise<void>;

  constructor(redisPort: number, word: string) {
    this.#running = this.#run(redisPort, word);
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  async #run(redisPort: number, word: string): Promise<void> {
    const links: Promise<unknown>[] = [];
    for await (const client of this.#listener) {
      const redis = await Deno.connect({ hostname: "127.0.0.1", port: redisPort });
      const decoder = new TextDecoder();
      const cut = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
        transform(part, controller) {
          if (decoder.decode(part).includes(word)) controller.error(new Error("cut"));
          else controller.enqueue(part);
        },
      });
      links.push(client.readable.pipeThrough(cut).pipeTo(redis.writable).catch(() => {}));
      links.push(redis.readable.pipeTo(client.writable).catch(() => {}));
    }
    await Promise.all(links);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#running;
  }
}

/** The next announcement. */
async function hear(bus: RedisBus): Promise<string> {
  const life = new AbortController();
  for await (const [first] of bus.announcements(life.signal)) return first?.text ?? "";
  throw new Error("Ended");
}

busContract("RedisBus", open);

Deno.test("RedisBus rejects a draft as not sent while Redis is away, and takes the next when it is back", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  await bus.follow(lobby);
  await redis.kill();
  const isRefused = () => bus.publish(say("gone")).then(() => false, () => true);
  await until("the loss to be noticed", isRefused);
  await rejects(bus, say("gone"), "not sent");
  await assert.rejects(bus.probe(), /through Redis: Error: /);
  await redis.restart();
  await until("the bus to be ready", () => isReady(bus));
  await bus.publish(say("back"));
  assert.equal(await hear(bus), "back");
});

Deno.test("RedisBus rejects a draft as perhaps sent where the reply is lost", async () => {
  await using redis = await startRedis();
  await using link = new CutLink(redis.port, "unlucky");
  await using bus = openBus(`redis://127.0.0.1:${link.port}`);
  await until("the bus to be ready", () => isReady(bus));
  await rejects(bus, say("unlucky"), "perhaps sent");
});

Deno.test("RedisBus rejects a draft as not sent where Redis refuses it", async () => {
  await using opened = await open();
  await opened.redis.command("ACL", "SETUSER", "default", "-publish");
  await rejects(opened.bus, say("forbidden"), "not sent");
  await assert.rejects(opened.bus.probe(), /NOPERM/);
});

Deno.test("RedisBus rejects a draft as not sent while its subscriber is away, though its publisher is not", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  await bus.follow(lobby);
  // The publisher stays as it is; the subscriber cannot come back.
  await redis.command("ACL", "SETUSER", "default", "-subscribe");
  await redis.command("CLIENT", "KILL", "TYPE", "pubsub");
  const fate = () =>
    bus.publish(say("heard by nobody")).then(() => "sent", (error) => error.perhapsSent);
  await until("the loss to be noticed", async () => await fate() !== "sent");
  await rejects(bus, say("heard by nobody"), "not sent");
  await until(
    "the reason to be known",
    () => bus.probe().then(() => false, (error) => /NOPERM/.test(error.message)),
  );
  await redis.command("ACL", "SETUSER", "default", "+subscribe");
  await until("the bus to be ready", () => isReady(bus));
});

Deno.test("RedisBus.follow() waits while Redis is away, also for a room that was followed before", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  await bus.follow(lobby);
  await redis.kill();
  await until("the loss to be noticed", async () => !await isReady(bus));
  let isFollowing = false;
  const following = bus.follow(lobby).then(() => isFollowing = true);
  await assert.rejects(bus.probe());
  assert.equal(isFollowing, false);
  await redis.restart();
  await following;
  await until("the bus to be ready", () => isReady(bus));
});

Deno.test("RedisBus tries again to subscribe as long as the room is followed, and no longer", async () => {
  await using redis = await startRedis();
  const forbidding = ["resetchannels", "&test:room:?probe:*"];
  await redis.command("ACL", "SETUSER", "default", ...forbidding);
  const clock = new FakeClock();
  await using bus = new RedisBus({ url: redis.url, ca: undefined }, "test:", clock);
  const denied = async () => {
    const stats = String(await redis.command("INFO", "commandstats"));
    return Number(stats.match(/cmdstat_subscribe:.*rejected_calls=(\d+)/)?.[1] ?? 0);
  };
  bus.follow(room("attic"));
  for (const times of [1, 2, 3]) {
    await until(`the room to be denied ${times} times`, async () => await denied() === times);
    await until("the bus to be ready", () => isReady(bus));
    if (times < 3) await clock.advance(10_000);
  }
  bus.unfollow(room("attic"));
  for (let i = 0; i < 3; i++) {
    await clock.advance(60_000);
    // Whatever was sent before the probe has been answered before it.
    await bus.probe();
  }
  assert.equal(await denied(), 3);
});

Deno.test("RedisBus.follow() waits for a Redis that is not there yet", async () => {
  await using redis = await startRedis();
  await redis.kill();
  await using bus = openBus(redis.url);
  const following = bus.follow(lobby);
  await redis.restart();
  await following;
  await until("the bus to be ready", () => isReady(bus));
  await bus.publish(say("x"));
  assert.equal(await hear(bus), "x");
});

Deno.test("RedisBus lets a room go though Redis hangs at that moment", async () => {
  await using opened = await openInFakeTime();
  const { redis, clock, bus, subscribed } = opened;
  await bus.follow(lobby);
  await until("the bus to be ready", () => isReady(bus));
  bus.unfollow(lobby);
  redis.pause();
  await clock.advance(31_000);
  await assert.rejects(bus.probe());
  await until(
    "the link to be given up",
    () => bus.probe().then(() => false, (error) => !/bring a probe back/.test(error.message)),
  );
  redis.resume();
  await until("the room to be let go", async () => {
    await clock.advance(3_000);
    return await isReady(bus) && await subscribed() === 0;
  });
});

Deno.test("RedisBus lingers 30 s from the last time that a room was left", async () => {
  await using opened = await openInFakeTime();
  const { clock, bus, subscribed } = opened;
  await bus.follow(lobby);
  await until("the bus to be ready", () => isReady(bus));
  bus.unfollow(lobby);
  await clock.advance(29_000);
  await bus.follow(lobby);
  bus.unfollow(lobby);
  await clock.advance(29_000);
  // Whatever was sent before the probe has been answered before it.
  await bus.probe();
  assert.equal(await subscribed(), 1);
});

Deno.test("RedisBus joins instances of the same prefix, and no others", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  await using other = openBus(redis.url, { prefix: "other:" });
  await using same = openBus(redis.url);
  await bus.follow(lobby);
  for (const sender of [other, same]) await until("the sender to be ready", () => isReady(sender));
  await other.publish(say("from another service"));
  await same.publish(say("from another instance"));
  assert.equal(await hear(bus), "from another instance");
});

Deno.test("RedisBus passes over what strangers publish on its channels", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  await bus.follow(lobby);
  const strange = ["网友12: hi", "{", "null", '{"author":"* server","text":"x"}', '{"text":1}'];
  for (const payload of strange) await redis.command("PUBLISH", "test:room:lobby", payload);
  await bus.publish(say("ours"));
  assert.equal(await hear(bus), "ours");
});

Deno.test("RedisBus.unfollow() lets a room go after 30 s, unless it is followed again", async () => {
  await using opened = await openInFakeTime();
  const { clock, bus, subscribed } = opened;
  await bus.follow(lobby);
  bus.unfollow(lobby);
  await bus.follow(lobby);
  await clock.advance(31_000);
  assert.equal(await subscribed(), 1);
  bus.unfollow(lobby);
  await clock.advance(31_000);
  // At once, while Redis has not yet answered that the room is let go.
  await bus.follow(lobby);
  await until("the publisher to be ready", () => isReady(bus));
  await bus.publish(say("still here"));
  assert.equal(await hear(bus), "still here");
  bus.unfollow(lobby);
  await clock.advance(31_000);
  await until("the room to be let go", async () => await subscribed() === 0);
});

for (
  const [what, setUp, url] of [
    [
      "a password",
      ["CONFIG", "SET", "requirepass", "s:e/c@ret"],
      (port: number) => `redis://:${encodeURIComponent("s:e/c@ret")}@127.0.0.1:${port}`,
    ],
    [
      "an ACL user",
      ["ACL", "SETUSER", "parley", "on", ">pass", "&test:*", "+@pubsub", "+@connection"],
      (port: number) => `redis://parley:pass@127.0.0.1:${port}`,
    ],
    ["a database number", ["PING"], (port: number) => `redis://127.0.0.1:${port}/3`],
  ] as const
) {
  Deno.test(`RedisBus reaches a Redis with ${what} by its URL`, async () => {
    await using opened = await open([setUp], url);
    await opened.bus.follow(lobby);
    await opened.bus.publish(say("in"));
    assert.equal(await hear(opened.bus), "in");
  });
}

Deno.test("RedisBus reaches a Redis on a Unix socket by its URL", async () => {
  const folder = await Deno.makeTempDir();
  {
    const path = `${folder}/redis.sock`;
    await using opened = await open([], () => `unix://${path}?db=1`, ["--unixsocket", path]);
    await assert.doesNotReject(opened.bus.probe());
  }
  await Deno.remove(folder, { recursive: true });
});

programTest(
  { names: ["openssl"], install: "the Debian package openssl" },
  "RedisBus reaches a Redis over TLS whose certificate authority it was given",
  async (openssl) => {
    const folder = await Deno.makeTempDir();
    await certify(openssl.path, folder);
    const ca = await Deno.readTextFile(`${folder}/ca.pem`);
    {
      const tlsPort = freePort();
      const files = {
        "tls-cert-file": "cert.pem",
        "tls-key-file": "key.pem",
        "tls-ca-cert-file": "ca.pem",
      };
      const paths = Object.entries(files).flatMap((
        [name, file],
      ) => [`--${name}`, `${folder}/${file}`]);
      await using _redis = await startRedis({
        args: ["--tls-port", String(tlsPort), "--tls-auth-clients", "no", ...paths],
      });
      await using trusting = openBus(`rediss://127.0.0.1:${tlsPort}`, { ca });
      await until("the bus to be ready", () => isReady(trusting));
    }
    await Deno.remove(folder, { recursive: true });
  },
);

/** Makes a certificate authority, and a certificate for 127.0.0.1 that it has signed. */
async function certify(openssl: string, folder: string): Promise<void> {
  const base = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
  const leaf = "-addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE";
  for (
    const args of [
      `${base} -keyout ca.key -out ca.pem -subj /CN=Authority`,
      `${base} -keyout key.pem -out cert.pem -subj /CN=Redis ${leaf} -CA ca.pem -CAkey ca.key`,
    ]
  ) {
    const command = new Deno.Command(openssl, { args: args.split(" "), cwd: folder });
    const { success, stderr } = await command.output();
    assert.ok(success, new TextDecoder().decode(stderr));
  }
}
