import assert from "node:assert/strict";
import { type GuardedStream, TcpGuard } from "../../../../lib/io/http/node/tcp_guard.ts";
import { tcpLimits } from "../../../../lib/core/limits/connection_limits.ts";
import { parseCidr } from "../../../../lib/core/http/ip_address.ts";
import { FakeClock } from "../../../support/fakes.ts";

class FakeStream implements GuardedStream {
  bytesWritten = 0;
  isDestroyed = false;
  readonly remoteAddress: string;

  constructor(remoteAddress = "192.0.2.1") {
    this.remoteAddress = remoteAddress;
  }

  destroy(): void {
    this.isDestroyed = true;
  }
}

/** Limits of this many streams. */
function limitsOf(total: number, perAddress: number) {
  const proxies = parseCidr("198.51.100.0/24");
  assert.ok(proxies);
  const settings = { maxConnections: 100, connectionsPerAddress: 100, trustProxy: [proxies] };
  return { ...tcpLimits(settings), total, perAddress };
}

/** Watches streams while the function runs. */
async function guarding(fn: (guard: TcpGuard, clock: FakeClock) => Promise<void>) {
  const clock = new FakeClock();
  const guard = new TcpGuard(limitsOf(100, 100), clock);
  const life = new AbortController();
  const running = guard.run(life.signal);
  await fn(guard, clock);
  life.abort();
  await running;
}

Deno.test("TcpGuard limits the streams of one address, until one is released", () => {
  const guard = new TcpGuard(limitsOf(100, 2), new FakeClock());
  const [first, second, third] = [new FakeStream(), new FakeStream(), new FakeStream()];
  assert.deepEqual([guard.admit(first), guard.admit(second), guard.admit(third)], [
    true,
    true,
    false,
  ]);
  assert.deepEqual([second.isDestroyed, third.isDestroyed], [false, true]);
  assert.ok(guard.admit(new FakeStream("192.0.2.2")));
  guard.release(first);
  guard.release(first);
  assert.deepEqual([guard.admit(new FakeStream()), guard.admit(new FakeStream())], [true, false]);
});

Deno.test("TcpGuard limits the streams of all addresses together", () => {
  const guard = new TcpGuard(limitsOf(2, Infinity), new FakeClock());
  assert.deepEqual([1, 2, 3].map((it) => guard.admit(new FakeStream(`192.0.2.${it}`))), [
    true,
    true,
    false,
  ]);
  assert.equal(guard.size, 2);
});

for (const address of ["127.0.0.1", "::1", "", "198.51.100.7"]) {
  Deno.test(`TcpGuard does not limit the streams of "${address}"`, () => {
    const guard = new TcpGuard(limitsOf(100, 1), new FakeClock());
    assert.deepEqual([1, 2].map(() => guard.admit(new FakeStream(address))), [true, true]);
  });
}

Deno.test("TcpGuard counts the addresses of one IPv6 /64 together", () => {
  const guard = new TcpGuard(limitsOf(100, 1), new FakeClock());
  const admitted = ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"].map((it) =>
    guard.admit(new FakeStream(it))
  );
  assert.deepEqual(admitted, [true, false, true]);
});

Deno.test("TcpGuard ends a stream that completes no request within 10 s, however often it sends something", () =>
  guarding(async (guard, clock) => {
    const stream = new FakeStream();
    guard.admit(stream);
    await clock.advance(9_000);
    assert.equal(stream.isDestroyed, false);
    await clock.advance(1_000);
    assert.equal(stream.isDestroyed, true);
  }));

Deno.test("TcpGuard ends a stream on which no further request follows within 10 s", () =>
  guarding(async (guard, clock) => {
    const stream = new FakeStream();
    guard.admit(stream);
    await clock.advance(9_000);
    guard.onRequest(stream);
    await clock.advance(9_000);
    guard.onResponded(stream);
    await clock.advance(9_000);
    assert.equal(stream.isDestroyed, false);
    await clock.advance(1_000);
    assert.equal(stream.isDestroyed, true);
  }));

Deno.test("TcpGuard ends a stream within two seconds if its client keeps sending a body after the response", () =>
  guarding(async (guard, clock) => {
    const bodies = [{ complete: false }, { complete: true }, { complete: false }];
    const streams = bodies.map(() => new FakeStream());
    for (const [i, stream] of streams.entries()) {
      guard.admit(stream);
      guard.onRequest(stream);
      guard.onResponded(stream, bodies[i]);
    }
    // The client has sent the rest in time.
    bodies[2] = Object.assign(bodies[2] ?? {}, { complete: true });
    await clock.advance(2_000);
    assert.deepEqual(streams.map((it) => it.isDestroyed), [true, false, false]);
  }));

Deno.test("TcpGuard ends a stream within two seconds after what cannot be parsed", () =>
  guarding(async (guard, clock) => {
    const [first, later] = [new FakeStream(), new FakeStream()];
    for (const stream of [first, later]) guard.admit(stream);
    guard.onRequest(later);
    for (const stream of [first, later]) guard.onMalformed(stream);
    guard.onResponded(later, { complete: false });
    await clock.advance(2_000);
    assert.deepEqual([first.isDestroyed, later.isDestroyed], [true, true]);
  }));

Deno.test("TcpGuard ends a response that makes no progress for 30 s, and no other", () =>
  guarding(async (guard, clock) => {
    const [slow, stalled] = [new FakeStream(), new FakeStream()];
    for (const stream of [slow, stalled]) {
      guard.admit(stream);
      guard.onRequest(stream);
    }
    for (let second = 0; second < 60; second += 10) {
      slow.bytesWritten += 1;
      await clock.advance(10_000);
    }
    assert.deepEqual([slow.isDestroyed, stalled.isDestroyed], [false, true]);
  }));

Deno.test("TcpGuard ends a stream on which more than four requests wait for their responses", () => {
  const guard = new TcpGuard(limitsOf(100, 100), new FakeClock());
  const [patient, hasty] = [new FakeStream(), new FakeStream()];
  for (const stream of [patient, hasty]) guard.admit(stream);
  for (let i = 0; i < 100; i++) {
    assert.ok(guard.onRequest(patient));
    guard.onResponded(patient);
  }
  assert.deepEqual([1, 2, 3, 4, 5].map(() => guard.onRequest(hasty)), [
    true,
    true,
    true,
    true,
    false,
  ]);
  assert.deepEqual([patient.isDestroyed, hasty.isDestroyed], [false, true]);
});

Deno.test("TcpGuard does not time the head of the next request while a response is being sent", () =>
  guarding(async (guard, clock) => {
    const stream = new FakeStream();
    guard.admit(stream);
    guard.onRequest(stream);
    guard.onRequest(stream);
    guard.onResponded(stream);
    await clock.advance(20_000);
    assert.equal(stream.isDestroyed, false);
  }));

Deno.test("TcpGuard forgets a stream that has become a WebSocket", () =>
  guarding(async (guard, clock) => {
    const stream = new FakeStream();
    guard.admit(stream);
    guard.onRequest(stream);
    guard.release(stream);
    await clock.advance(60_000);
    assert.deepEqual([stream.isDestroyed, guard.size], [false, 0]);
  }));

Deno.test("tcpLimits() leaves room for requests beside as many WebSockets as are allowed", () => {
  const { total, perAddress } = tcpLimits({
    maxConnections: 1,
    connectionsPerAddress: 1,
    trustProxy: [],
  });
  assert.ok(total > 6 && perAddress > 6, `${total}, ${perAddress}`);
  const unlimited = { maxConnections: 1, connectionsPerAddress: 0, trustProxy: [] };
  assert.equal(tcpLimits(unlimited).perAddress, Infinity);
});
