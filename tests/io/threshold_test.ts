import assert from "node:assert/strict";
import { Threshold } from "../../lib/io/threshold.ts";

Deno.test("Threshold lets in who stays, and turns away who goes meanwhile", async () => {
  const threshold = new Threshold();
  const gone = new AbortController();
  const passing = [
    threshold.pass(new AbortController().signal),
    threshold.pass(gone.signal),
    threshold.pass(AbortSignal.abort()),
  ];
  gone.abort();
  assert.deepEqual(await Promise.all(passing), [true, false, false]);
});

Deno.test("Threshold lets nobody in before the event loop has turned four times", async () => {
  const threshold = new Threshold();
  let turns = 0;
  const turn = () => void turns++;
  const turning = setInterval(turn, 1);
  await threshold.pass(new AbortController().signal);
  clearInterval(turning);
  assert.ok(turns >= 3, `${turns} turns`);
});

Deno.test("Threshold serves who comes after all others have gone in", async () => {
  const threshold = new Threshold();
  for (let round = 0; round < 3; round++) {
    assert.equal(await threshold.pass(new AbortController().signal), true);
  }
});
