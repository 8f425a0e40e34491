import assert from "node:assert/strict";
import {
  AcceptWatch,
  type ProbeResult,
  tcpProbe,
} from "../../../../lib/io/http/node/accept_watch.ts";
import { FakeClock } from "../../../support/fakes.ts";

/** Watches a port whose probes have these results; records whether it was found lost. */
function watching(results: readonly ProbeResult[]) {
  const clock = new FakeClock();
  const life = new AbortController();
  let probes = 0;
  const watch = new AcceptWatch(() => Promise.resolve(results[probes++] ?? "answered"), clock);
  const lost = { at: undefined as number | undefined };
  const running = watch.whenLost(life.signal).then((isLost) => {
    if (isLost) lost.at = clock.now();
  });
  const end = async () => {
    life.abort();
    await running;
  };
  return { clock, watch, lost, probes: () => probes, end };
}

Deno.test("AcceptWatch probes a port that has accepted nothing for 2 s, and finds it lost when nothing answers twice", async () => {
  const { clock, lost, probes, end } = watching(["unknown", "silent", "answered", "silent"]);
  await clock.advance(1_999);
  assert.equal(probes(), 0);
  await clock.advance(6_000);
  assert.deepEqual([probes(), lost.at], [3, undefined]);
  await clock.advance(1);
  assert.deepEqual([probes(), lost.at], [4, 8_000]);
  await end();
});

Deno.test("AcceptWatch does not probe a port that accepts connections", async () => {
  const { clock, watch, probes, end } = watching(["silent"]);
  for (let second = 0; second < 10; second++) {
    watch.onAccepted();
    await clock.advance(1_000);
  }
  assert.equal(probes(), 0);
  await end();
});

Deno.test("AcceptWatch does not give up a port that has accepted a connection while a probe was not answered", async () => {
  const clock = new FakeClock();
  const life = new AbortController();
  const probe = Promise.withResolvers<ProbeResult>();
  const watch = new AcceptWatch(() => probe.promise, clock);
  let isLost: boolean | undefined;
  const running = watch.whenLost(life.signal).then((it) => isLost = it);
  await clock.advance(2_000);
  watch.onAccepted();
  probe.resolve("silent");
  await clock.advance(1_000);
  assert.equal(isLost, undefined);
  life.abort();
  await running;
  assert.equal(isLost, false);
});

Deno.test("tcpProbe() is answered by a port that responds or hangs up, and learns nothing without a port", async () => {
  for (const response of ["HTTP/1.0 503 Service Unavailable\r\n\r\n", ""]) {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr as Deno.NetAddr;
    const serving = listener.accept().then(async (peer) => {
      await peer.write(new TextEncoder().encode(response));
      peer.close();
    });
    assert.equal(await tcpProbe("127.0.0.1", port)(), "answered");
    await serving;
  }
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = closed.addr as Deno.NetAddr;
  closed.close();
  assert.equal(await tcpProbe("127.0.0.1", port)(), "unknown");
});
