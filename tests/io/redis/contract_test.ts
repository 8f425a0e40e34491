import { busContract } from "../../contract/bus_contract.ts";
import { openBus, quotaBeyond, whenReady } from "../../support/redis/bus.ts";
import { startRedis } from "../../support/redis/server.ts";

busContract("RedisBus", async (retention, wanted) => {
  await using started = new AsyncDisposableStack();
  const redis = started.use(await startRedis());
  const quota = await quotaBeyond([redis], wanted);
  const bus = started.use(openBus(redis.url, { retention, quota }));
  await whenReady(bus);
  const held = started.move();
  return { bus, [Symbol.asyncDispose]: () => held.disposeAsync() };
});
