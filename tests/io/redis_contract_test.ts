import { busContract } from "../bus_contract.ts";
import { openBus, ready } from "../redis_bus.ts";
import { startRedis } from "../redis_server.ts";

busContract("RedisBus", async (retention) => {
  await using started = new AsyncDisposableStack();
  const redis = started.use(await startRedis());
  const bus = started.use(openBus(redis.url, { retention }));
  await ready(bus);
  const held = started.move();
  return { bus, [Symbol.asyncDispose]: () => held.disposeAsync() };
});
