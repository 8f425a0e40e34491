/** Several processes on one store: one of them delivers, and another one when it is gone. */
import assert from "node:assert/strict";
import { BusUnavailable } from "../../../lib/chat/ports/bus.ts";
import { HOLD_MS, WEBHOOK_LEASE_MS } from "../../../lib/core/webhooks/lease_watch.ts";
import { lobby, numbers } from "../../contract/fixtures.ts";
import { done, ERROR, OK, WebhookWorld } from "./webhook_world.ts";

const HOOK = "https://example.com/hook";

Deno.test("Of several processes only one delivers to a webhook", async () => {
  await using world = new WebhookWorld(true);
  await using one = world.start();
  await using other = world.start();
  await world.add(HOOK);
  await world.clock.advance(5_000);
  assert.equal(one.dispatcher.ownedCount + other.dispatcher.ownedCount, 1);
  await world.say(["1", "2"]);
  await world.clock.advance(60_000);
  await world.say(["3"]);
  assert.deepEqual(world.words(), ["1", "2", "3"]);
});

Deno.test("When a process stops, another one goes on within seconds, and repeats nothing", async () => {
  await using world = new WebhookWorld(true);
  {
    await using _one = world.start();
    await world.add(HOOK);
    await world.clock.advance(3_000);
    await world.say(["1"]);
  }
  await using _other = world.start();
  await world.say(["2"]);
  await world.clock.advance(3_000);
  assert.deepEqual(world.words(), ["1", "2"]);
});

Deno.test("When a process crashes, another one goes on after the lease, in order and without a loss", async () => {
  await using world = new WebhookWorld(true);
  await using one = world.start();
  await world.add(HOOK);
  await world.clock.advance(3_000);
  await using _other = world.start();
  await world.say(["1", "2"]);
  one.crash();
  await world.say(["3", "4"]);
  await world.clock.advance(WEBHOOK_LEASE_MS - 1_000);
  assert.deepEqual(world.words(), ["1", "2"]);
  await world.clock.advance(5_000);
  await world.settle();
  assert.deepEqual(world.words(), ["1", "2", "1", "2", "3", "4"]);
});

Deno.test("A process that cannot renew starts nothing more before another one can take over", async () => {
  await using world = new WebhookWorld(true);
  await using _one = world.start();
  await world.add(HOOK);
  await world.clock.advance(3_000);
  const { store } = world;
  const [commit, list] = [store.commit, store.list];
  const away = () => Promise.reject(new BusUnavailable("away", { mayHaveApplied: false }));
  [store.commit, store.list] = [away, away];
  await world.clock.advance(HOLD_MS);
  await world.say(["1"]);
  await world.clock.advance(WEBHOOK_LEASE_MS);
  assert.deepEqual(world.words(), []);
  [store.commit, store.list] = [commit, list];
  await using _other = world.start();
  await world.clock.advance(WEBHOOK_LEASE_MS + 5_000);
  assert.deepEqual(world.words(), ["1"]);
});

Deno.test("A change through another process counts, also while the owner stores its cursors", async () => {
  await using world = new WebhookWorld(true);
  await using _one = world.start();
  const { id } = await world.add(HOOK);
  await world.clock.advance(3_000);
  await world.say(["1", "2", "3"]);
  const { position } = (await world.bus.page(lobby, undefined, 3)).messages[0] ??
    assert.fail();
  // The cursors of these have not been stored.
  done(await world.manage({ kind: "redeliver", id, start: { room: lobby, from: position } }));
  await world.clock.advance(5_000);
  await world.settle();
  assert.deepEqual(world.words(), ["1", "2", "3", "1", "2", "3"]);
  done(await world.manage({ kind: "remove", id }));
  await world.clock.advance(3_000);
  await world.say(["4"]);
  assert.equal(world.words().length, 6);
});

Deno.test("Whatever fails and whoever crashes, every message arrives, and the first arrivals are in order", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = randomFrom(seed);
    await using world = new WebhookWorld(true);
    await world.add(HOOK);
    const delivered: string[] = [];
    world.answer = ({ message }) => {
      if (random() < 0.3) return ERROR;
      if (message.data.type === "said" && !delivered.includes(message.data.text)) {
        delivered.push(message.data.text);
      }
      // The answer is lost: it was delivered, and the process does not know.
      return random() < 0.2 ? { kind: "failed", why: "timeout" } : OK;
    };
    let process = world.start();
    const texts = numbers(1, 30).map(String);
    for (const text of texts) {
      await world.say([text]);
      await world.clock.advance(random() * 4_000);
      if (random() > 0.2) continue;
      if (random() < 0.5) process.crash();
      await process[Symbol.asyncDispose]();
      process = world.start();
    }
    world.answer = ({ message }) => {
      if (message.data.type === "said" && !delivered.includes(message.data.text)) {
        delivered.push(message.data.text);
      }
      return OK;
    };
    await world.clock.advance(600_000);
    await process[Symbol.asyncDispose]();
    assert.deepEqual(delivered, texts, `seed ${seed}`);
  }
});

/** Mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = state + 0x6d2b79f5 | 0;
    let t = Math.imul(state ^ state >>> 15, 1 | state);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 4_294_967_296;
  };
}
