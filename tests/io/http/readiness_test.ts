import assert from "node:assert/strict";
import { ReadinessCheck } from "../../../lib/io/http/readiness.ts";
import { FakeClock } from "../../support/fakes.ts";

/** A bus whose probes the test answers. */
function openCheck() {
  const clock = new FakeClock();
  const probes: PromiseWithResolvers<void>[] = [];
  const probe = () => {
    const resolvers = Promise.withResolvers<void>();
    probes.push(resolvers);
    return resolvers.promise;
  };
  return { clock, probes, check: new ReadinessCheck({ probe }, clock) };
}

Deno.test("ReadinessCheck sends one probe for all concurrent callers, however long it takes", async () => {
  const { clock, probes, check } = openCheck();
  const asked = [check.check(), check.check()];
  await clock.advance(10_000);
  asked.push(check.check());
  assert.equal(probes.length, 1);
  probes[0]?.resolve();
  assert.deepEqual(await Promise.all(asked), Array(3).fill({ ready: true }));
});

Deno.test("ReadinessCheck caches a result for a second, even a failure", async () => {
  const { clock, probes, check } = openCheck();
  const first = check.check();
  probes[0]?.reject(new Error("Redis is away"));
  assert.deepEqual(await first, { ready: false, reason: "Redis is away" });
  await clock.advance(999);
  assert.deepEqual(await check.check(), { ready: false, reason: "Redis is away" });
  await clock.advance(1);
  const second = check.check();
  probes[1]?.resolve();
  assert.deepEqual(await second, { ready: true });
  assert.equal(probes.length, 2);
});
