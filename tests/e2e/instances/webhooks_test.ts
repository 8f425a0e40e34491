/** Webhooks of several instances on one Redis. */
import assert from "node:assert/strict";
import { numbers } from "../../contract/fixtures.ts";
import { type Parley, startParley, whenInstanceReady } from "../../support/parley.ts";
import { until } from "../../support/provision.ts";
import { startRedis } from "../../support/redis/server.ts";
import {
  addWebhook,
  sendTexts,
  WEBHOOK_SETTINGS,
  WebhookReceiver,
} from "../../support/webhooks.ts";

/** Number of webhooks that an instance delivers to. */
async function ownedBy({ adminUrl }: Parley): Promise<number> {
  const headers = { authorization: `Bearer ${WEBHOOK_SETTINGS.ADMIN_TOKEN}` };
  const text = await (await fetch(`${adminUrl}/metrics`, { headers })).text();
  return Number(/^parley_webhooks (\d+)$/m.exec(text)?.[1]);
}

Deno.test("When the instance that delivers is killed, another one goes on: every entry arrives, in order", async () => {
  await using redis = await startRedis();
  await using receiver = new WebhookReceiver();
  const env = { ...WEBHOOK_SETTINGS, REDIS_URL: redis.url, MESSAGES_PER_SECOND: "0" };
  await using one = await startParley(env);
  await using two = await startParley(env);
  await Promise.all([one, two].map(({ url }) => whenInstanceReady(url)));
  await addWebhook(one, receiver);
  const hasOwner = async () => await ownedBy(one) + await ownedBy(two) === 1;
  await until("an instance to own the webhook", hasOwner);
  const [owner, other] = await ownedBy(one) === 1 ? [one, two] : [two, one];
  const texts = numbers(1, 60).map((number) => `text ${number}`);
  await sendTexts(other, texts.slice(0, 20));
  await receiver.whenReceived(10);
  owner.kill("SIGKILL");
  await owner.ended;
  await sendTexts(other, texts.slice(20));
  await receiver.whenReceived(texts.length);
  assert.deepEqual(receiver.texts, texts);
  assert.equal(await ownedBy(other), 1);
  assert.equal(receiver.forged, 0);
});

Deno.test("When the instance that delivers stops, another one goes on, and repeats nothing", async () => {
  await using redis = await startRedis();
  await using receiver = new WebhookReceiver();
  const env = { ...WEBHOOK_SETTINGS, REDIS_URL: redis.url };
  await using one = await startParley(env);
  await whenInstanceReady(one.url);
  await addWebhook(one, receiver);
  await sendTexts(one, ["one"]);
  await receiver.whenReceived(1);
  await one.stop();
  await using two = await startParley(env);
  await whenInstanceReady(two.url);
  await sendTexts(two, ["two"]);
  await receiver.whenReceived(2);
  assert.deepEqual(receiver.texts, ["one", "two"]);
  // What was delivered before the stop is not repeated.
  assert.equal(receiver.messages.length, 2);
});
