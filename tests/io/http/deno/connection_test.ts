import assert from "node:assert/strict";
import type { ConnectionHandler } from "../../../../lib/chat/ports/connection_handler.ts";
import { Heartbeat } from "../../../../lib/chat/heartbeat.ts";
import { workerMetrics } from "../../../../lib/chat/metrics.ts";
import { SERVICE_RESTART } from "../../../../lib/core/protocol/close_codes.ts";
import { Metrics } from "../../../../lib/core/metrics/metrics.ts";
import { checkConnection, healthPolicy } from "../../../../lib/core/health/connection_health.ts";
import type { ConnectionContext } from "../../../../lib/io/http/connection.ts";
import { DenoConnection } from "../../../../lib/io/http/deno/connection.ts";
import { FakeClock } from "../../../support/fakes.ts";
import { until } from "../../../support/provision.ts";

const policy = healthPolicy({ pingMs: 25_000, maxBufferedBytes: 1_000_000 });

/** The part of the runtime's socket that a connection uses, with a backlog that the test drains. */
class FakeWebSocket extends EventTarget {
  binaryType = "blob";
  bufferedAmount = 0;
  readonly closed: (number | undefined)[] = [];

  send(message: string | Uint8Array): void {
    const bytes = typeof message === "string" ? new TextEncoder().encode(message) : message;
    this.bufferedAmount += bytes.length;
  }

  close(code?: number): void {
    this.closed.push(code);
  }

  /** The peer reads this much. */
  read(bytes: number): void {
    this.bufferedAmount = Math.max(0, this.bufferedAmount - bytes);
  }
}

function contextOf(clock: FakeClock, maxBufferedBytes: number): ConnectionContext {
  const meters = workerMetrics(new Metrics());
  return { clock, maxBufferedBytes, metrics: meters, heartbeat: new Heartbeat(clock, policy) };
}

/** An open connection on a fake socket. */
function open(conversation: Partial<ConnectionHandler> = {}) {
  const fake = new FakeWebSocket();
  const clock = new FakeClock();
  let left = 0;
  let ended = 0;
  let charged = 0;
  const held = { charge: () => void charged++, [Symbol.dispose]: () => void ended++ };
  const context = contextOf(clock, policy.maxBufferedBytes);
  // The rest of the runtime's type is not used.
  const socket = fake as unknown as WebSocket;
  const connection = new DenoConnection(
    socket,
    {
      openHandler: () => ({ onMessage() {}, onClose: () => void left++, ...conversation }),
      maxMessageBytes: 100,
    },
    context,
    held,
  );
  fake.dispatchEvent(new Event("open"));
  const action = () => {
    const vitals = connection.vitals(clock.now());
    return vitals && checkConnection(vitals, policy, clock.now()).kind;
  };
  const status = () => connection.status(clock.now());
  return {
    fake,
    clock,
    connection,
    action,
    status,
    left: () => left,
    ended: () => ended,
    charged: () => charged,
  };
}

for (const [what, letter] of [["ASCII", "x"], ["Chinese", "网"]] as const) {
  Deno.test(`Connection does not park a peer that reads ${what} slowly but steadily`, async () => {
    const { fake, clock, connection, action } = open();
    const message = letter.repeat(30_000 / new TextEncoder().encode(letter).length);
    for (let i = 0; i < 25; i++) connection.send(message);
    assert.equal(fake.bufferedAmount, 750_000);
    for (let i = 0; fake.bufferedAmount > 0; i++) {
      assert.equal(action(), "none");
      fake.read(10_000);
      await clock.advance(5_000);
    }
    assert.equal(action(), "none");
  });

  Deno.test(`Connection parks a peer that reads nothing for 25 s, in ${what}`, async () => {
    const { clock, connection, action } = open();
    connection.send(letter.repeat(1_000));
    assert.equal(action(), "none");
    await clock.advance(24_999);
    connection.send(letter);
    assert.equal(action(), "none");
    await clock.advance(1);
    assert.equal(action(), "drop");
  });

  Deno.test(`Connection counts 1 KB for each waiting message, in ${what}`, () => {
    const { connection, left } = open();
    const message = letter.repeat(100 / new TextEncoder().encode(letter).length);
    let sent = 0;
    for (; left() === 0 && sent < 10_000; sent++) connection.send(message);
    // 1,000,000 bytes are 890 messages of 99 or 100 bytes and 1,024 each; the message that exceeds the limit is not sent.
    assert.ok(sent > 885 && sent < 895, `parked after ${sent}`);
  });
}

Deno.test("Connection leaves once when it is parked, and ends once however often the runtime reports it", () => {
  const { fake, connection, left, ended } = open();
  connection.drop();
  connection.drop();
  assert.equal(left(), 1);
  fake.dispatchEvent(new CloseEvent("close", { code: 1001 }));
  fake.dispatchEvent(new CloseEvent("close", { code: 1005 }));
  assert.deepEqual([left(), ended()], [1, 1]);
});

Deno.test("Connection lets its handler sendRetryAfter before it closes, and leaves only then", async () => {
  const calls: string[] = [];
  const { fake, connection } = open({
    sendRetryAfter(afterMs) {
      calls.push(`sendRetryAfter ${afterMs}`);
      connection.send("in time");
    },
    onClose() {
      calls.push("onClose");
      connection.send("too late");
    },
  });
  connection.close({ ...SERVICE_RESTART, afterMs: 1_500 });
  connection.close({ ...SERVICE_RESTART, afterMs: 2_500 });
  assert.deepEqual(calls, ["sendRetryAfter 1500", "onClose"]);
  assert.equal(fake.bufferedAmount, "in time".length);
  await until("the socket to be closed", () => Promise.resolve(fake.closed.length > 0));
  assert.deepEqual(fake.closed, [1012]);
});

Deno.test("Connection does not sendRetryAfter when the close status has no wait, nor when it is parked", async () => {
  const sendRetryAfter = () => assert.fail("nothing is said");
  const hasty = open({ sendRetryAfter });
  hasty.connection.close(SERVICE_RESTART);
  const parked = open({ sendRetryAfter });
  parked.connection.drop();
  parked.connection.close({ ...SERVICE_RESTART, afterMs: 1_500 });
  const areClosed = () => [hasty, parked].every(({ fake }) => fake.closed.length > 0);
  await until("both sockets to be closed", () => Promise.resolve(areClosed()));
  assert.deepEqual([hasty.fake.closed, parked.fake.closed], [[1012], [1012]]);
});

Deno.test("Connection that the advice itself parks is still closed", async () => {
  const { fake, connection, left } = open({
    sendRetryAfter: () => connection.send("one too many"),
  });
  connection.send("x".repeat(1_000_001));
  connection.close({ ...SERVICE_RESTART, afterMs: 1_500 });
  assert.equal(left(), 1);
  await until("the socket to be closed", () => Promise.resolve(fake.closed.length > 0));
  assert.deepEqual(fake.closed, [1012]);
});

Deno.test("Connection closes with 1011 when the advice throws", async () => {
  const { fake, connection } = open({
    sendRetryAfter: () => {
      throw new Error("a bug");
    },
  });
  connection.close({ ...SERVICE_RESTART, afterMs: 1_500 });
  await until("the socket to be closed", () => Promise.resolve(fake.closed.length > 0));
  assert.deepEqual(fake.closed, [1011]);
});

Deno.test("Connection sends nothing and receives nothing once it is parked", () => {
  const received: unknown[] = [];
  const { fake, connection } = open({ onMessage: (message) => received.push(message) });
  connection.drop();
  connection.send("too late");
  fake.dispatchEvent(new MessageEvent("message", { data: "too late" }));
  assert.deepEqual([fake.bufferedAmount, received], [0, []]);
});

Deno.test("Connection closes with 1011 when its handler throws, and the error does not escape", async () => {
  const { fake, left } = open({
    onMessage: () => {
      throw new Error("a bug");
    },
  });
  fake.dispatchEvent(new MessageEvent("message", { data: "anything" }));
  assert.equal(left(), 1);
  // It is deferred to a later turn.
  await until("the socket to be closed", () => Promise.resolve(fake.closed.length > 0));
  assert.deepEqual(fake.closed, [1011]);
});

Deno.test("Connection that ends during its handshake releases everything", () => {
  let ended = 0;
  const held = { charge: () => {}, [Symbol.dispose]: () => void ended++ };
  const fake = new FakeWebSocket();
  const context = contextOf(new FakeClock(), 1);
  const begin = () => assert.fail("nothing begins");
  new DenoConnection(
    fake as unknown as WebSocket,
    { openHandler: begin, maxMessageBytes: 1 },
    context,
    held,
  );
  fake.dispatchEvent(new CloseEvent("close", { code: 0 }));
  assert.equal(ended, 1);
});

Deno.test("Connection whose peer never answers the close is charged to its address once", async () => {
  const { fake, clock, connection, status, charged } = open();
  connection.close({ code: 1008, reason: "a test" });
  await until("the close to be sent", () => Promise.resolve(fake.closed.length > 0));
  await clock.advance(60_000);
  connection.checkEnding(clock.now());
  assert.deepEqual([charged(), status()], [0, "closing"]);
  await clock.advance(1);
  connection.checkEnding(clock.now());
  connection.checkEnding(clock.now());
  assert.deepEqual([charged(), status()], [1, "dead"]);
});

Deno.test("Connection that is parked closes with 4008 when its backlog has drained, even after it counted as dead", async () => {
  const { fake, clock, connection, status, charged } = open();
  connection.send("x".repeat(1_000));
  connection.drop();
  connection.checkEnding(clock.now());
  assert.deepEqual([status(), connection.bufferedBytes() > 1_000], ["parked", true]);
  await clock.advance(60_001);
  connection.checkEnding(clock.now());
  assert.deepEqual([charged(), status()], [1, "dead"]);
  fake.read(1_000);
  connection.checkEnding(clock.now());
  assert.deepEqual([status(), connection.bufferedBytes()], ["closing", 0]);
  await until("the socket to be closed", () => Promise.resolve(fake.closed.length > 0));
  assert.deepEqual(fake.closed, [4008]);
});

Deno.test("Connection whose handshake takes more than 5 s is stuck, and charged", async () => {
  let charged = 0;
  const clock = new FakeClock();
  const connection = new DenoConnection(
    new FakeWebSocket() as unknown as WebSocket,
    { openHandler: () => assert.fail("it does not open"), maxMessageBytes: 1 },
    contextOf(clock, 1),
    { charge: () => void charged++, [Symbol.dispose]() {} },
  );
  await clock.advance(5_000);
  connection.checkEnding(clock.now());
  assert.deepEqual([charged, connection.status(clock.now())], [0, "connecting"]);
  await clock.advance(1);
  connection.checkEnding(clock.now());
  assert.deepEqual([charged, connection.status(clock.now())], [1, "stuck"]);
});

Deno.test("Connection reports its handler's pending step, and since when", async () => {
  let owes: "hello" | "room" | undefined = "hello";
  const { clock, connection } = open({ pendingStep: () => owes });
  await clock.advance(1_000);
  const owed = () => connection.vitals(clock.now())?.pendingStep;
  assert.deepEqual(owed(), { step: "hello", since: 0 });
  owes = undefined;
  assert.equal(owed(), undefined);
});
