/** Handshakes while the main thread cannot be asked whether there is a slot left. */
import assert from "node:assert/strict";
import { BusUnavailable } from "../../../lib/chat/ports/bus.ts";
import { Upgrader } from "../../../lib/io/http/upgrade.ts";
import { FakeClock } from "../../support/fakes.ts";

const SOURCE = { address: "203.0.113.9", viaTrustedProxy: false };

function upgraderWhoseQuota(fails: Error): Upgrader {
  return new Upgrader({
    acceptor: { begin: () => assert.fail() },
    clock: new FakeClock(),
    quota: { acquire: () => Promise.reject(fails), charge() {} },
    origins: "*",
  });
}

const busy = new BusUnavailable("too much is waiting, try again", { mayHaveApplied: false });

Deno.test("Upgrader refuses connections with 503 while too many calls are waiting, and pages can learn why", async () => {
  const upgrader = upgraderWhoseQuota(busy);
  const admitted = await upgrader.admit(SOURCE.address);
  assert.ok(admitted.kind === "refused");
  assert.deepEqual([admitted.status, admitted.headers["retry-after"]], [503, "2"]);
  const request = new Request("http://127.0.0.1/ws", { headers: { host: "127.0.0.1" } });
  const reason = await upgrader.explainRefusal(request, SOURCE);
  assert.deepEqual([reason?.code, reason?.refusal.status], ["unavailable", 503]);
});

Deno.test("Upgrader passes a bug of the quota on", async () => {
  await assert.rejects(upgraderWhoseQuota(new TypeError("a bug")).admit(SOURCE.address), /a bug/);
});
