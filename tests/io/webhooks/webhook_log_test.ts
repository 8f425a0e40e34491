/** What is counted and logged about deliveries. */
import assert from "node:assert/strict";
import { webhookMetrics } from "../../../lib/chat/metrics.ts";
import { Metrics } from "../../../lib/core/metrics/metrics.ts";
import type { Webhook } from "../../../lib/core/webhooks/webhook.ts";
import { recordingObserver } from "../../../lib/io/webhooks/webhook_log.ts";
import { lobby } from "../../contract/fixtures.ts";
import { LogRecorder } from "../../support/log_recorder.ts";

const WEBHOOK: Webhook = {
  id: "wh_1",
  url: "https://example.com/path?key=1",
  rooms: [lobby],
  events: ["said"],
  secret: "whsec_AAAA",
  createdAt: 0,
};

Deno.test("Attempts are counted by what they led to, with their length", () => {
  const metrics = webhookMetrics(new Metrics());
  const observer = recordingObserver(metrics);
  observer.onAttempt({ kind: "answered", status: 204 }, 0.5);
  observer.onAttempt({ kind: "answered", status: 500 }, 0.5);
  observer.onAttempt({ kind: "answered", status: 302 }, 0.5);
  observer.onAttempt({ kind: "failed", why: "timeout" }, 10);
  const { attempts: { delivered, refused, failed }, attemptSeconds } = metrics;
  assert.deepEqual([delivered, refused, failed].map(({ value }) => value), [1, 2, 1]);
  assert.equal(attemptSeconds.sum, 11.5);
});

Deno.test("The log says why a webhook fails, and what becomes of it, but not its URL or secret", async () => {
  await using log = await LogRecorder.start();
  const metrics = webhookMetrics(new Metrics());
  const observer = recordingObserver(metrics);
  observer.onFailing(WEBHOOK, lobby, { kind: "answered", status: 500 });
  observer.onFailing(WEBHOOK, lobby, { kind: "failed", why: "address" });
  observer.onRecovered(WEBHOOK, lobby);
  observer.onDead(WEBHOOK, lobby, { epoch: "e", seq: 4 });
  observer.onLost(WEBHOOK, lobby, "too_old");
  observer.onDisabled(WEBHOOK);
  observer.onDamaged("wh_2");
  const about = { webhook: "wh_1", room: "lobby" };
  assert.deepEqual(log.fields("webhook.failing"), [
    { ...about, status: 500 },
    { ...about, why: "address" },
  ]);
  assert.deepEqual(log.fields("webhook.recovered"), [about]);
  assert.deepEqual(log.fields("webhook.gave_up"), [{ ...about, position: "e:4" }]);
  assert.deepEqual(log.fields("webhook.lost"), [{ ...about, reason: "too_old" }]);
  assert.deepEqual(log.fields("webhook.disabled"), [{ webhook: "wh_1" }]);
  assert.deepEqual(log.fields("webhook.damaged"), [{ webhook: "wh_2" }]);
  assert.equal(metrics.deadLetters.value, 1);
  assert.equal(metrics.losses.value, 1);
  assert.doesNotMatch(log.text, /whsec_|path|key/);
});
