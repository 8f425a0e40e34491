/** The responses of either engine to requests whose handler has failed. */
import assert from "node:assert/strict";
import { BusUnavailable } from "../../../lib/chat/ports/bus.ts";
import { systemClock } from "../../../lib/chat/ports/clock.ts";
import { loadEngine } from "../../../lib/io/serving/load_engine.ts";
import { ENGINE } from "../../support/engine.ts";
import { LogRecorder } from "../../support/log_recorder.ts";

const TCP_LIMITS = { perAddress: Infinity, total: Infinity, keyOf: () => undefined };

for (
  const [what, error, status, body, isLogged] of [
    [
      "503 while too much is waiting",
      new BusUnavailable("too much is waiting, try again", { mayHaveApplied: false }),
      503,
      "The service cannot do this now: too much is waiting, try again\n",
      false,
    ],
    ["500 for a bug, which is logged", new TypeError("a bug"), 500, "Internal error\n", true],
  ] as const
) {
  Deno.test(`A request that fails is answered with ${what}`, async () => {
    await using log = await LogRecorder.start();
    const engine = await loadEngine(ENGINE);
    const handler = () => Promise.reject(error);
    const port = await engine.open(
      { handler, clock: systemClock, tcpLimits: TCP_LIMITS },
      { host: "127.0.0.1", port: 0, isShared: false, keyPair: undefined },
    );
    const response = await fetch(`http://127.0.0.1:${port.port}/`);
    assert.deepEqual([response.status, await response.text()], [status, body]);
    assert.equal(response.headers.has("retry-after"), status === 503);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
    assert.equal(log.fields("request.failed").length > 0, isLogged);
    const api = await fetch(`http://127.0.0.1:${port.port}/api/v1/me`);
    assert.equal(api.headers.get("content-type"), "application/problem+json");
    assert.equal((await api.json()).status, status);
    await port.shutdown();
    await port.finished;
  });
}
