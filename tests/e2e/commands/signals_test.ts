/** One signal, the same signal twice, and a second one from a user who has waited long enough. */
import assert from "node:assert/strict";
import { TestClient } from "../../support/clients/test_client.ts";
import { type Parley, startParley } from "../../support/parley.ts";
import { until } from "../../support/provision.ts";
import { RawSocket } from "../../support/clients/raw_socket.ts";

const CLIENTS = 50;

for (const [one, other] of [["SIGTERM", "SIGTERM"], ["SIGINT", "SIGTERM"]] as const) {
  Deno.test(`${one} and ${other} within milliseconds count as one: all clients are closed with 1012`, async () => {
    await using parley = await startParley();
    const open = () => TestClient.open(`${parley.url}/ws`);
    const clients = await Promise.all(Array.from({ length: CLIENTS }, open));
    parley.kill(one);
    parley.kill(other);
    const codes = (await Promise.all(clients.map(({ closed }) => closed))).map(({ code }) => code);
    assert.deepEqual(codes, clients.map(() => 1012));
    assert.equal((await parley.ended).code, 0);
    assert.doesNotMatch(parley.output, /stopped_at_once/);
  });
}

Deno.test("A second signal ends the process at once if the first was more than a second ago", async () => {
  await using parley = await startParley();
  // It never answers a close frame, so that stopping takes longer than that.
  using _mute = await RawSocket.open(parley.port, "/ws");
  parley.kill("SIGTERM");
  const from = performance.now();
  await until("a second signal to count", () => Promise.resolve(!isSignalled(parley)));
  assert.ok(performance.now() - from > 1_000);
  assert.equal((await parley.ended).code, 1);
});

/** Sends a signal; false if the process has ended. */
function isSignalled(parley: Parley): boolean {
  try {
    parley.kill("SIGTERM");
    return true;
  } catch {
    return false;
  }
}
