/** Handshakes while the main thread cannot be asked whether there is a slot left. */
import assert from "node:assert/strict";
import { BusUnavailable } from "../../../lib/chat/ports/bus.ts";
import { workerMetrics } from "../../../lib/chat/metrics.ts";
import { Metrics } from "../../../lib/core/metrics/metrics.ts";
import { type QuotaResult, Upgrader } from "../../../lib/io/http/upgrade.ts";
import { FakeClock } from "../../support/fakes.ts";

const SOURCE = { address: "203.0.113.9", viaTrustedProxy: false };

function upgraderWithQuota(acquire: () => Promise<QuotaResult>, metrics = new Metrics()): Upgrader {
  return new Upgrader({
    acceptor: { begin: () => assert.fail() },
    clock: new FakeClock(),
    quota: { acquire, charge() {} },
    origins: "*",
    refused: workerMetrics(metrics).refusedConnections,
  });
}

function upgraderWhoseQuota(fails: Error): Upgrader {
  return upgraderWithQuota(() => Promise.reject(fails));
}

const busy = new BusUnavailable("too much is waiting, try again", { mayHaveApplied: false });

Deno.test("Upgrader refuses connections with 503 while too many calls are waiting, and pages can learn why", async () => {
  const upgrader = upgraderWhoseQuota(busy);
  const admitted = await upgrader.admit(SOURCE.address);
  assert.ok("refusal" in admitted);
  const { status, headers } = admitted.refusal;
  assert.deepEqual([admitted.code, status, headers["retry-after"]], ["unavailable", 503, "2"]);
  const request = new Request("http://127.0.0.1/ws", { headers: { host: "127.0.0.1" } });
  const reason = await upgrader.explainRefusal(request, SOURCE);
  assert.deepEqual([reason?.code, reason?.refusal.status], ["unavailable", 503]);
});

Deno.test("Upgrader passes a bug of the quota on", async () => {
  await assert.rejects(upgraderWhoseQuota(new TypeError("a bug")).admit(SOURCE.address), /a bug/);
});

Deno.test("Upgrader counts each refused connection by its limit, and no question why it was refused", async () => {
  const metrics = new Metrics();
  const upgrader = upgraderWithQuota(() => Promise.resolve("all of this key taken"), metrics);
  await upgrader.admit(SOURCE.address);
  await upgrader.admit(SOURCE.address);
  const request = new Request("http://127.0.0.1/ws", { headers: { host: "127.0.0.1" } });
  await upgrader.explainRefusal(request, SOURCE);
  const metric = metrics.snapshot().find(({ name }) => name === "parley_connections_refused_total");
  assert.ok(metric?.kind === "counter");
  const counted = metric.samples.filter(({ value }) => value > 0);
  assert.deepEqual(counted, [{ labels: { limit: "connections_per_address" }, value: 2 }]);
});
