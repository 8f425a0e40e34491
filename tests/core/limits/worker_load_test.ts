/** The load follows what is measured within a second or two, and a machine that slept is soon forgotten. */
import assert from "node:assert/strict";
import { WorkerLoad } from "../../../lib/core/limits/worker_load.ts";

function loadAfter(...latenesses: readonly number[]): WorkerLoad {
  const load = new WorkerLoad();
  for (const ms of latenesses) load.recordLateness(ms);
  return load;
}

const secondsOf = (ms: number, seconds: number) => Array.from({ length: seconds * 4 }, () => ms);

Deno.test("WorkerLoad.loopDelayMs follows the measured delay within two seconds", () => {
  assert.equal(loadAfter().loopDelayMs, 0);
  assert.ok(loadAfter(...secondsOf(100, 2)).loopDelayMs > 85);
  assert.ok(loadAfter(...secondsOf(100, 10), ...secondsOf(0, 2)).loopDelayMs < 15);
});

Deno.test("WorkerLoad.loopDelayMs is never negative, and counts a sleep of hours as a second", () => {
  assert.equal(loadAfter(-250).loopDelayMs, 0);
  assert.ok(loadAfter(3_600_000).loopDelayMs <= 1_000);
});

Deno.test("WorkerLoad.queuedSize is what was queued and not delivered", () => {
  const load = new WorkerLoad();
  load.addQueued(5);
  load.addQueued(7);
  load.removeQueued(5);
  assert.equal(load.queuedSize, 7);
});
