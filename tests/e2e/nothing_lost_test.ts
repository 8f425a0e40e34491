/**
 * Two hundred people on two nodes talk while Redis is maltreated, and what each of them was told is compared with what the
 * log holds afterwards.
 */
import assert from "node:assert/strict";
import { formatPosition } from "../../lib/core/positions.ts";
import { until } from "../provision.ts";
import { type RedisServer, startRedis } from "../redis_server.ts";
import { startSentinel } from "../redis_sentinel.ts";
import { startService, type TestService } from "../service.ts";
import { Talker, type Told } from "../talker.ts";

const PEOPLE = 200;
const DURABLE = ["--appendonly", "yes", "--appendfsync", "always"];
const AMPLE = {
  MESSAGES_PER_SECOND: "0",
  BYTES_PER_SECOND: "0",
  HISTORY_MESSAGES: "100000",
  RECOVER_LIMIT: "10000",
  LOG_LEVEL: "error",
};

/** Lets all of them say something, one round after the other, until it is enough. */
async function talk(talkers: readonly Talker[], isEnough: () => boolean): Promise<void> {
  for (let round = 0; round < 3 || !isEnough(); round++) {
    await Promise.all(talkers.map((talker, index) => talker.say(`${index}/${round}`)));
  }
}

/** What the log holds in the end, as somebody sees it who comes back to its beginning. */
async function readLog(service: TestService, origin: string): Promise<Told[]> {
  const url = service.url.replace("http", "ws");
  const socket = new WebSocket(`${url}/ws`, "chat.v1.json");
  const log: Told[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let top = "";
  socket.onopen = () =>
    socket.send(`{"type":"hello"}\n{"type":"join","room":"lobby","since":"${origin}"}`);
  socket.onmessage = ({ data }) => {
    for (const line of String(data).split("\n")) {
      const { type, position, id, text, top: last, recovered } = JSON.parse(line);
      if (type === "joined") top = last;
      if (recovered === false) reject(new Error(`${origin} is not in the log any more: ${line}`));
      if (type === "said") {
        const [epoch = "", seq] = position.split(":");
        log.push({ kind: "entry", position: { epoch, seq: Number(seq) }, id, text });
      }
      if (position === top && type !== "joined") resolve();
    }
  };
  await promise;
  socket.close();
  await new Promise((closed) => socket.onclose = closed);
  return log;
}

const key = (told: Told) => told.kind === "entry" ? `${told.id} ${told.text}` : told.kind;

/**
 * Proves that somebody was told what the log holds, in its order, from some place on: no hole and nothing twice, but where
 * it was told that something is lost. What was told before that may not be in the log any more.
 */
function isTrue(told: readonly Told[], log: readonly Told[]): void {
  const places = new Map(log.map((it, index) => [key(it), index]));
  assert.equal(places.size, log.length, "something is in the log twice");
  let last: number | undefined;
  let isForgiven = false;
  for (const item of [...told].reverse()) {
    if (item.kind === "lost") {
      isForgiven = true;
      continue;
    }
    const place = places.get(key(item));
    if (place === undefined) assert.ok(isForgiven, `${formatPosition(item.position)} is not there`);
    if (place === undefined) continue;
    if (last !== undefined && !isForgiven) assert.equal(place, last - 1, "a hole, or twice");
    if (last !== undefined) assert.ok(place < last, "twice, or out of order");
    last = place;
    isForgiven = false;
  }
}

/** Proves that what was acknowledged to somebody is in the log, where it was said to be; or that it was told. */
function isKept({ told, acknowledged }: Talker, log: readonly Told[]): number {
  const byId = new Map(log.map((it) => [it.kind === "entry" ? it.id : "", it]));
  let missing = 0;
  for (const [id, position] of acknowledged) {
    const entry = byId.get(id);
    if (entry?.kind === "entry") {
      assert.equal(formatPosition(entry.position), formatPosition(position));
    } else {
      assert.ok(told.some(({ kind }) => kind === "lost"), `${formatPosition(position)} is lost`);
      missing += 1;
    }
  }
  return missing;
}

interface Outcome {
  /** How many acknowledged texts the log does not have. */
  readonly missing: number;
  /** How often somebody was told that something is lost. */
  readonly losses: number;
}

/** Lets people talk while something is done to Redis, and proves that nobody was left in a false belief. */
async function talkThrough(
  url: string,
  harm: (talkers: readonly Talker[]) => Promise<void>,
): Promise<Outcome> {
  await using held = new AsyncDisposableStack();
  const env = { ...AMPLE, REDIS_URL: url };
  const nodes = [held.use(await startService(env)), held.use(await startService(env))];
  const urls = nodes.map(({ url }) => `${url.replace("http", "ws")}/ws`);
  const talkers = Array.from({ length: PEOPLE }, (_, index) => {
    const own = index % 2 === 0 ? urls : [...urls].reverse();
    return held.use(new Talker(own, "lobby", `m${index}`));
  });
  await Promise.all(talkers.map(({ joined }) => joined));
  const origin = formatPosition(talkers[0]?.last ?? assert.fail("not joined"));
  let isOver = false;
  const talking = talk(talkers, () => isOver);
  await harm(talkers);
  isOver = true;
  await talking;
  await talk(talkers, () => true);
  const log = await readLog(nodes[0] ?? assert.fail("no node"), origin);
  const isDone = () => talkers.every(({ told }) => same(told.at(-1), log.at(-1)));
  await until("everybody to have heard the last word", () => Promise.resolve(isDone()));
  for (const { told } of talkers) isTrue(told, log);
  const missing = talkers.map((talker) => isKept(talker, log)).reduce((sum, it) => sum + it, 0);
  const losses = talkers.flatMap(({ told }) => told.filter(({ kind }) => kind === "lost")).length;
  return { missing, losses };
}

/** The same, where Redis loses nothing. */
async function isNothingLost(
  harm: (redis: RedisServer, talkers: readonly Talker[]) => Promise<void>,
): Promise<void> {
  await using redis = await startRedis({ args: DURABLE });
  const outcome = await talkThrough(redis.url, (talkers) => harm(redis, talkers));
  assert.deepEqual(outcome, { missing: 0, losses: 0 });
}

/** Resolves when somebody has been acknowledged something more. */
function goesOn(talker: Talker | undefined): Promise<void> {
  const before = talker?.acknowledged.size ?? 0;
  const hasGoneOn = () => (talker?.acknowledged.size ?? 0) > before;
  return until("talk to go on", () => Promise.resolve(hasGoneOn()));
}

function same(one: Told | undefined, other: Told | undefined): boolean {
  return one !== undefined && other !== undefined && key(one) === key(other);
}

Deno.test("200 people on two nodes lose nothing when subscriptions are killed and people are cut off", async () => {
  await isNothingLost(async (redis, talkers) => {
    for (let i = 0; i < 5; i++) {
      await redis.command("CLIENT", "KILL", "TYPE", "pubsub");
      for (const talker of talkers.slice(i * 20, i * 20 + 20)) talker.cut();
      await goesOn(talkers[i]);
    }
  });
});

Deno.test("200 people on two nodes lose nothing when Redis is killed and comes back with its log", async () => {
  await isNothingLost(async (redis, [first]) => {
    for (let i = 0; i < 2; i++) {
      await redis.restart();
      await goesOn(first);
    }
  });
});

Deno.test("200 people on two nodes are left in no false belief by a failover that loses what was acknowledged", async () => {
  await using servers = await startSentinel();
  const { master, replica, url } = servers;
  const { missing, losses } = await talkThrough(url, async ([first]) => {
    await goesOn(first);
    await until("the replica to have some of it", async () => {
      return Number(await replica.command("XLEN", "parley:{lobby}:log")) > 0;
    });
    // What is acknowledged from now on does not get to the replica.
    await master.command("ACL", "SETUSER", "default", "-psync", "-sync");
    await master.command("CLIENT", "KILL", "TYPE", "replica");
    await goesOn(first);
    await goesOn(first);
    await master.kill();
    await goesOn(first);
  });
  assert.ok(missing > 0 && losses >= PEOPLE, `${missing} missing, told ${losses} times`);
});
