import assert from "node:assert/strict";
import { AdmissionControl } from "../../../lib/core/limits/connection_limits.ts";
import { WordListFeed } from "../../../lib/chat/moderation/word_list_feed.ts";
import { systemClock } from "../../../lib/chat/ports/clock.ts";
import { MemoryTicketStore } from "../../../lib/io/auth/memory_ticket_store.ts";
import { MemoryUsedTokens } from "../../../lib/io/auth/memory_used_tokens.ts";
import { MainServices } from "../../../lib/io/workers/main_services.ts";
import { ann, attic, lobby } from "../../contract/fixtures.ts";
import { FakeBus, FakeClock, revocationFeed } from "../../support/fakes.ts";
import { memberDirectory } from "../../support/identity/members.ts";
import { noApiKeys } from "../../support/identity/api_keys.ts";
import { emptyIndex } from "../../support/rooms.ts";
import { noReviewer } from "../../support/reviews.ts";
import { noWebhooks } from "../../support/webhooks.ts";

/** Services over fakes, which it returns too. */
function openServices(bus = new FakeBus(new FakeClock())) {
  const limits = { maxConnections: 3, connectionsPerAddress: 2, handshakesPerSecond: 0 };
  const quota = new AdmissionControl(limits);
  const charged: string[] = [];
  const services = new MainServices({
    bus,
    quota: {
      acquire: (key) => quota.acquire(key, 0),
      charge: (key, what) => charged.push(`${key} for ${what}`),
    },
    secret: Promise.resolve("a secret"),
    keys: { read: () => Promise.resolve(undefined) },
    tickets: new MemoryTicketStore(systemClock),
    usedTokens: new MemoryUsedTokens(systemClock),
    revocations: revocationFeed(),
    words: new WordListFeed(),
    directory: memberDirectory(new FakeClock()),
    roomIndex: emptyIndex(),
    apiKeys: noApiKeys(),
    webhooks: noWebhooks,
    reviewer: noReviewer,
    connectionCounts: () => Promise.reject(new Error("not asked for")),
    readiness: () => Promise.resolve({ ready: true }),
    metrics: () => Promise.resolve("# metrics"),
  });
  return { bus, quota, charged, services, answers: services.handlers };
}

Deno.test("MainServices releases every followed room, as often as it is followed", async () => {
  const { bus, services, answers } = openServices();
  for (const room of [lobby, lobby, attic]) await answers.subscribe(room);
  answers.unsubscribe(lobby);
  assert.deepEqual(bus.unsubscribed, [lobby]);
  services[Symbol.dispose]();
  assert.deepEqual(bus.unsubscribed, [lobby, lobby, attic]);
  assert.deepEqual([bus.isSubscribed(lobby), bus.isSubscribed(attic)], [false, false]);
});

Deno.test("MainServices withdraws the worker from every room that it was in, however it ended", async () => {
  const { bus, services, answers } = openServices();
  for (const room of [lobby, attic]) await answers.subscribe(room);
  await answers.claim(lobby, { ...ann, node: "n1", rename: false });
  services[Symbol.dispose]();
  await bus.claim(lobby, { ...ann, node: "n2", rename: false });
  await bus.release(lobby, ann.user, "n2");
  assert.deepEqual(await bus.people(lobby), []);
});

Deno.test("MainServices never releases a room of another worker", async () => {
  const { bus, answers } = openServices();
  await bus.subscribe(lobby);
  answers.unsubscribe(lobby);
  assert.deepEqual(bus.unsubscribed, []);
});

Deno.test("MainServices releases a room even when the bus does not follow it yet", async () => {
  const bus = new FakeBus(new FakeClock(), "when let");
  const { services, answers } = openServices(bus);
  const following = answers.subscribe(lobby);
  services[Symbol.dispose]();
  assert.deepEqual(bus.unsubscribed, [lobby]);
  bus.letSubscribe();
  await following;
});

Deno.test("MainServices reports the limit that refused a connection, and frees every slot", async () => {
  const { quota, services, answers } = openServices();
  assert.deepEqual(
    [
      await answers.acquireSlot("a"),
      await answers.acquireSlot("a"),
      await answers.acquireSlot("a"),
    ],
    [null, null, "all of this key taken"],
  );
  assert.deepEqual([await answers.acquireSlot("b"), await answers.acquireSlot("c")], [
    null,
    "all taken",
  ]);
  answers.releaseSlot("a");
  answers.releaseSlot("nobody");
  assert.equal(quota.used, 2);
  services[Symbol.dispose]();
  assert.equal(quota.used, 0);
  answers.releaseSlot("a");
  assert.equal(quota.used, 0);
});

Deno.test("MainServices gives nothing to a worker that is gone, however late its requests arrive", async () => {
  const { bus, quota, services, answers } = openServices();
  const entering = answers.acquireSlot("a");
  services[Symbol.dispose]();
  await entering;
  await answers.acquireSlot("b");
  await answers.subscribe(lobby);
  assert.equal(quota.used, 0);
  assert.equal(bus.isSubscribed(lobby), false);
});

Deno.test("MainServices charges an address for a dead connection", () => {
  const { charged, answers } = openServices();
  answers.charge("a", "dead");
  assert.deepEqual(charged, ["a for dead"]);
});

Deno.test("MainServices returns the secret and the readiness of the process", async () => {
  const { answers } = openServices();
  assert.equal(await answers.secret(), "a secret");
  assert.deepEqual(await answers.readiness(), { ready: true });
});
