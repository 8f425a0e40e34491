import { busContract } from "../bus_contract.ts";
import { openBus, ready } from "../redis_bus.ts";
import { startRedis } from "../redis_server.ts";

/** What the scripts do not do yet. */
const PENDING = [
  "announces edits, deletions and reactions as entries",
  "replays messages as they now stand",
  "replays tombstones",
  "takes 10 kinds of reaction",
  "takes 50 kinds of reaction",
  "cuts pages by weight",
  "gives at least one message, however long",
  "cuts replays by weight",
  "replays at least one entry, however long",
  "counts unread messages up to",
  "refuses messages when it is full",
  "creates so many rooms and no more",
  "counts no rooms that were only visited",
  "answers and announces as a bus in memory does",
];

busContract("RedisBus", async (retention) => {
  await using started = new AsyncDisposableStack();
  const redis = started.use(await startRedis());
  const bus = started.use(openBus(redis.url, { retention }));
  await ready(bus);
  const held = started.move();
  return { bus, [Symbol.asyncDispose]: () => held.disposeAsync() };
}, PENDING);
