/**
 * Two hundred clients on two instances exchange messages while Redis fails in several ways. What each client received is
 * then compared with the log.
 */
import assert from "node:assert/strict";
import { formatPosition } from "../../../../lib/core/log/position.ts";
import { until } from "../../../support/provision.ts";
import { type RedisServer, startRedis } from "../../../support/redis/server.ts";
import { startSentinel } from "../../../support/redis/sentinel.ts";
import { startTestService, type TestService } from "../../../support/service.ts";
import { type ReceivedItem, ReliableClient } from "../../../support/clients/reliable_client.ts";

const CLIENT_COUNT = 200;
const DURABLE = ["--appendonly", "yes", "--appendfsync", "always"];
const AMPLE = {
  MESSAGES_PER_SECOND: "0",
  BYTES_PER_SECOND: "0",
  HISTORY_MESSAGES: "100000",
  RECOVER_LIMIT: "10000",
  LOG_LEVEL: "error",
};

/** Sends a message from every client, round after round, until `isEnough`. */
async function sayUntil(
  clients: readonly ReliableClient[],
  isEnough: () => boolean,
): Promise<void> {
  for (let round = 0; round < 3 || !isEnough(); round++) {
    await Promise.all(clients.map((client, index) => client.say(`${index}/${round}`)));
  }
}

/** Reads the final log as a client does that resumes from its beginning. */
async function readLog(service: TestService, origin: string): Promise<ReceivedItem[]> {
  const url = service.url.replace("http", "ws");
  const socket = new WebSocket(`${url}/ws`, "chat.v1.json");
  const log: ReceivedItem[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let top = "";
  socket.onopen = () =>
    socket.send(`{"type":"hello"}\n{"type":"join","room":"lobby","since":"${origin}"}`);
  socket.onmessage = ({ data }) => {
    for (const line of String(data).split("\n")) {
      const { type, position, id, text, top: last, recovered } = JSON.parse(line);
      if (type === "joined") top = last;
      if (recovered === false) reject(new Error(`${origin} is no longer in the log: ${line}`));
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

const key = (item: ReceivedItem) => item.kind === "entry" ? `${item.id} ${item.text}` : item.kind;

/**
 * Proves that a client received the log's entries in order, without gaps or duplicates, except where a loss was
 * reported. Entries received before a reported loss may be missing from the log.
 */
function assertMatchesLog(received: readonly ReceivedItem[], log: readonly ReceivedItem[]): void {
  const places = new Map(log.map((it, index) => [key(it), index]));
  assert.equal(places.size, log.length, "an entry is in the log twice");
  let last: number | undefined;
  let isForgiven = false;
  for (const item of [...received].reverse()) {
    if (item.kind === "lost") {
      isForgiven = true;
      continue;
    }
    const place = places.get(key(item));
    if (place === undefined) {
      assert.ok(isForgiven, `${formatPosition(item.position)} is not in the log`);
    }
    if (place === undefined) continue;
    if (last !== undefined && !isForgiven) assert.equal(place, last - 1, "gap or duplicate");
    if (last !== undefined) assert.ok(place < last, "duplicate or out of order");
    last = place;
    isForgiven = false;
  }
}

/** Proves that acknowledged messages are in the log at their positions, or that a loss was reported. */
function assertAllStored(
  { received, acknowledged }: ReliableClient,
  log: readonly ReceivedItem[],
): number {
  const byId = new Map(log.map((it) => [it.kind === "entry" ? it.id : "", it]));
  let missing = 0;
  for (const [id, position] of acknowledged) {
    const entry = byId.get(id);
    if (entry?.kind === "entry") {
      assert.equal(formatPosition(entry.position), formatPosition(position));
    } else {
      assert.ok(
        received.some(({ kind }) => kind === "lost"),
        `${formatPosition(position)} is lost`,
      );
      missing += 1;
    }
  }
  return missing;
}

interface Outcome {
  /** Number of acknowledged messages that the log does not have. */
  readonly missing: number;
  /** Number of loss reports over all clients. */
  readonly losses: number;
}

/** Sends messages while `injectFaults` acts on Redis, and proves that every client's view matches the log. */
async function runUnderFaults(
  url: string,
  injectFaults: (clients: readonly ReliableClient[]) => Promise<void>,
): Promise<Outcome> {
  await using held = new AsyncDisposableStack();
  const env = { ...AMPLE, REDIS_URL: url };
  const instances = [held.use(await startTestService(env)), held.use(await startTestService(env))];
  const urls = instances.map(({ url }) => `${url.replace("http", "ws")}/ws`);
  const clients = Array.from({ length: CLIENT_COUNT }, (_, index) => {
    const own = index % 2 === 0 ? urls : [...urls].reverse();
    return held.use(new ReliableClient(own, "lobby", `m${index}`));
  });
  await Promise.all(clients.map(({ joined }) => joined));
  const origin = formatPosition(clients[0]?.last ?? assert.fail("not joined"));
  let isOver = false;
  const sending = sayUntil(clients, () => isOver);
  await injectFaults(clients);
  isOver = true;
  await sending;
  await sayUntil(clients, () => true);
  const log = await readLog(instances[0] ?? assert.fail("no instance"), origin);
  const isDone = () => clients.every(({ received }) => same(received.at(-1), log.at(-1)));
  await until("all clients to have received the last message", () => Promise.resolve(isDone()));
  for (const { received } of clients) assertMatchesLog(received, log);
  const missing = clients.map((client) => assertAllStored(client, log)).reduce(
    (sum, it) => sum + it,
    0,
  );
  const losses =
    clients.flatMap(({ received }) => received.filter(({ kind }) => kind === "lost")).length;
  return { missing, losses };
}

/** As `runUnderFaults`, where Redis loses nothing. */
async function assertNothingLost(
  injectFaults: (redis: RedisServer, clients: readonly ReliableClient[]) => Promise<void>,
): Promise<void> {
  await using redis = await startRedis({ args: DURABLE });
  const outcome = await runUnderFaults(redis.url, (clients) => injectFaults(redis, clients));
  assert.deepEqual(outcome, { missing: 0, losses: 0 });
}

/** Resolves when the client has received another acknowledgement. */
function disconnect(client: ReliableClient | undefined): Promise<void> {
  const before = client?.acknowledged.size ?? 0;
  const hasMore = () => (client?.acknowledged.size ?? 0) > before;
  return until("another acknowledgement", () => Promise.resolve(hasMore()));
}

function same(one: ReceivedItem | undefined, other: ReceivedItem | undefined): boolean {
  return one !== undefined && other !== undefined && key(one) === key(other);
}

Deno.test("200 clients on two instances lose nothing when subscriptions are killed and clients are disconnected", async () => {
  await assertNothingLost(async (redis, clients) => {
    for (let i = 0; i < 5; i++) {
      await redis.command("CLIENT", "KILL", "TYPE", "pubsub");
      for (const client of clients.slice(i * 20, i * 20 + 20)) client.disconnect();
      await disconnect(clients[i]);
    }
  });
});

Deno.test("200 clients on two instances lose nothing when Redis is killed and restarts with its log", async () => {
  await assertNothingLost(async (redis, [first]) => {
    for (let i = 0; i < 2; i++) {
      await redis.restart();
      await disconnect(first);
    }
  });
});

Deno.test("200 clients on two instances receive a loss report after a failover that loses acknowledged messages", async () => {
  await using servers = await startSentinel();
  const { master, replica, url } = servers;
  const { missing, losses } = await runUnderFaults(url, async ([first]) => {
    await disconnect(first);
    await until("the replica to have some entries", async () => {
      return Number(await replica.command("XLEN", "parley:{lobby}:log")) > 0;
    });
    // The replica receives nothing that is acknowledged from now on.
    await master.command("ACL", "SETUSER", "default", "-psync", "-sync");
    await master.command("CLIENT", "KILL", "TYPE", "replica");
    await disconnect(first);
    await disconnect(first);
    await servers.expectFailure();
    await master.kill();
    await disconnect(first);
  });
  assert.ok(missing > 0 && losses >= CLIENT_COUNT, `${missing} missing, reported ${losses} times`);
});
