import assert from "node:assert/strict";
import { ChangeSignal } from "../../../../lib/io/redis/stores/change_signal.ts";
import { FakeClock, flushMicrotasks } from "../../../support/fakes.ts";

const INTERVAL_MS = 30_000;

/** A signal on a channel that is never subscribed. */
function open() {
  const clock = new FakeClock();
  const subscriptions = { subscribeChannel: () => new Promise<void>(() => {}) };
  return { clock, signal: new ChangeSignal("test:changed", { subscriptions, clock }) };
}

Deno.test("ChangeSignal wakes all who wait, and does not let them wait again before the next read", async () => {
  const { signal } = open();
  const life = new AbortController();
  signal.beginRead();
  const waiting = [signal.whenChanged(life.signal), signal.whenChanged(life.signal)];
  signal.onChanged();
  await Promise.all(waiting);
  await signal.whenChanged(life.signal);
  signal.beginRead();
  let isOver = false;
  signal.whenChanged(life.signal).then(() => isOver = true);
  await flushMicrotasks();
  assert.equal(isOver, false);
  life.abort();
  await flushMicrotasks();
  assert.equal(isOver, true);
});

Deno.test("ChangeSignal lets one wait no longer than 30 s, in case a message was lost", async () => {
  const { signal, clock } = open();
  let isOver = false;
  signal.whenChanged(new AbortController().signal).then(() => isOver = true);
  await clock.advance(INTERVAL_MS - 1);
  assert.equal(isOver, false);
  await clock.advance(1);
  assert.equal(isOver, true);
});

Deno.test("ChangeSignal wakes who waits when its channel is subscribed, since messages may have been missed", async () => {
  const subscribed = Promise.withResolvers<void>();
  const subscriptions = { subscribeChannel: () => subscribed.promise };
  const signal = new ChangeSignal("test:changed", { subscriptions, clock: new FakeClock() });
  const waiting = signal.whenChanged(new AbortController().signal);
  subscribed.resolve();
  await waiting;
});
