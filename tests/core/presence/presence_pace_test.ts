import assert from "node:assert/strict";
import { PresencePace } from "../../../lib/core/presence/presence_pace.ts";

/** The frames that the members of a room receive while people join, so many a second. */
function framesFor(joins: number, perSecond: number): number {
  const pace = new PresencePace();
  let frames = 0, sent = 0;
  for (let now = 250; sent < joins; now += 250) {
    const people = Math.min(joins, Math.floor(now * perSecond / 1_000));
    if (people === sent || !pace.isDue(now)) continue;
    pace.onSent(now, people);
    frames += people;
    sent = people;
  }
  return frames;
}

Deno.test("PresencePace sends the change of a quiet room at once, whatever its size", () => {
  const pace = new PresencePace();
  pace.onSent(0, 50_000);
  assert.equal(pace.isDue(7_999), false);
  assert.ok(pace.isDue(8_000));
});

Deno.test("PresencePace sends the changes of a small room in each cycle of 250 ms", () => {
  const pace = new PresencePace();
  pace.onSent(0, 3);
  assert.ok(pace.isDue(250));
});

for (const [joins, perSecond, most] of [[198, 15, 2], [198, 100, 2], [5_000, 900, 2.5]] as const) {
  Deno.test(`PresencePace sends at most ${most} frames for each of ${joins} joins, ${perSecond} a second`, () => {
    const frames = framesFor(joins, perSecond);
    assert.ok(frames / joins <= most, `${frames / joins}`);
  });
}
