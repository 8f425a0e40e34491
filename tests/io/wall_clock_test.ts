import assert from "node:assert/strict";
import { watchClock } from "../../lib/io/wall_clock.ts";
import { FakeClock } from "../fakes.ts";

Deno.test("watchClock() tells each time the calendar was set, and by how much", async () => {
  let ahead = 0;
  const clock = new FakeClock();
  const date = clock.date.bind(clock);
  clock.date = () => date() + ahead;
  const told: number[] = [];
  const life = new AbortController();
  const watching = watchClock(clock, life.signal, (byMs) => told.push(byMs));
  const HOUR = 3_600_000;
  for (ahead of [0, 20_000, 97 * HOUR, 97 * HOUR, 0, -50 * HOUR, 30_000, 60_000]) {
    await clock.advance(10_000);
  }
  life.abort();
  await watching;
  assert.deepEqual(told, [97 * HOUR - 20_000, -97 * HOUR, -50 * HOUR, 50 * HOUR + 30_000]);
});
