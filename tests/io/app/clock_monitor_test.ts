import assert from "node:assert/strict";
import { monitorClock } from "../../../lib/io/app/clock_monitor.ts";
import { FakeClock } from "../../support/fakes.ts";

Deno.test("watchClock() reports each change of the calendar, and its size", async () => {
  let ahead = 0;
  const clock = new FakeClock();
  const date = clock.date.bind(clock);
  clock.date = () => date() + ahead;
  const changes: number[] = [];
  const life = new AbortController();
  const watching = monitorClock(clock, life.signal, (byMs) => changes.push(byMs));
  const HOUR = 3_600_000;
  for (ahead of [0, 20_000, 97 * HOUR, 97 * HOUR, 0, -50 * HOUR, 30_000, 60_000]) {
    await clock.advance(10_000);
  }
  life.abort();
  await watching;
  assert.deepEqual(changes, [97 * HOUR - 20_000, -97 * HOUR, -50 * HOUR, 50 * HOUR + 30_000]);
});
