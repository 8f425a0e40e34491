/** A service's storage in Redis, opened again as after a restart. */
import assert from "node:assert/strict";
import { systemClock } from "../../../lib/chat/ports/clock.ts";
import { parseConfig } from "../../../lib/core/config/config.ts";
import { Metrics } from "../../../lib/core/metrics/metrics.ts";
import { openBackend } from "../../../lib/io/app/backend.ts";
import { until } from "../../support/provision.ts";
import { startRedis } from "../../support/redis/server.ts";

const MEMBER = { kind: "member", id: "m_ann00000" } as const;

Deno.test("openBackend() keeps members in Redis, where they survive a restart", async () => {
  await using redis = await startRedis();
  const read = parseConfig((name) => name === "REDIS_URL" ? redis.url : undefined);
  assert.ok(read.kind === "good");
  for (const stored of [undefined, "1"]) {
    await using opened = new AsyncDisposableStack();
    const context = { clock: systemClock, metrics: new Metrics() };
    const { bus, directory } = await openBackend(read.config, undefined, context, opened);
    await until("the storage to be ready", () => bus.probe().then(() => true, () => false));
    assert.deepEqual(await directory.read([MEMBER]), [stored]);
    await directory.commit([{ ...MEMBER, from: stored, to: "1" }]);
  }
});
