import assert from "node:assert/strict";
import { HandshakeDelay } from "../../../../lib/io/http/deno/handshake_delay.ts";

Deno.test("HandshakeDelay admits clients that stay, and rejects those that leave meanwhile", async () => {
  const delay = new HandshakeDelay();
  const gone = new AbortController();
  const passing = [
    delay.wait(new AbortController().signal),
    delay.wait(gone.signal),
    delay.wait(AbortSignal.abort()),
  ];
  gone.abort();
  assert.deepEqual(await Promise.all(passing), [true, false, false]);
});

Deno.test("HandshakeDelay admits no client before the event loop has turned four times", async () => {
  const delay = new HandshakeDelay();
  let turns = 0;
  const turn = () => void turns++;
  const turning = setInterval(turn, 1);
  await delay.wait(new AbortController().signal);
  clearInterval(turning);
  assert.ok(turns >= 3, `${turns} turns`);
});

Deno.test("HandshakeDelay admits a client that arrives after all others were admitted", async () => {
  const delay = new HandshakeDelay();
  for (let round = 0; round < 3; round++) {
    assert.equal(await delay.wait(new AbortController().signal), true);
  }
});
