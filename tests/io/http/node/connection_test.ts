/**
 * A connection of the second engine, on a socket of the package whose events the test emits, and a stream that the test
 * drains.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { EventEmitter } from "node:events";
import type { ConnectionHandler } from "../../../../lib/chat/ports/connection_handler.ts";
import { Heartbeat } from "../../../../lib/chat/heartbeat.ts";
import { workerMetrics } from "../../../../lib/chat/metrics.ts";
import { SERVICE_RESTART } from "../../../../lib/core/protocol/close_codes.ts";
import { Metrics } from "../../../../lib/core/metrics/metrics.ts";
import { healthPolicy } from "../../../../lib/core/health/connection_health.ts";
import { NodeConnection } from "../../../../lib/io/http/node/connection.ts";
import type { WebSocket } from "../../../../lib/io/http/node/ws.d.ts";
import { FakeClock } from "../../../support/fakes.ts";

const MAX_BUFFERED = 10_000;

class FakeWebSocket extends EventEmitter {
  readonly closed: [number, string][] = [];
  readyState = 1;
  pings = 0;

  ping(): void {
    this.pings += 1;
  }

  close(code: number, reason: string): void {
    this.closed.push([code, reason]);
  }

  isTerminated = false;

  terminate(): void {
    this.isTerminated = true;
  }
}

class FakeStream {
  writableLength = 0;
  writes = 0;

  write(bytes: Uint8Array): boolean {
    this.writableLength += bytes.length;
    this.writes += 1;
    return true;
  }
}

/** An open connection. */
function open(handler: Partial<ConnectionHandler> = {}) {
  const clock = new FakeClock();
  const socket = new FakeWebSocket();
  const stream = new FakeStream();
  const counts = { left: 0, released: 0 };
  const policy = healthPolicy({ pingMs: 25_000, maxBufferedBytes: MAX_BUFFERED });
  const metrics = workerMetrics(new Metrics());
  const heartbeat = new Heartbeat(clock, policy);
  const connection = new NodeConnection(
    // The rest of the package's type is not used.
    socket as unknown as WebSocket,
    stream,
    {
      openHandler: () => ({ onMessage() {}, onClose: () => void counts.left++, ...handler }),
      maxMessageBytes: 100,
    },
    { clock, maxBufferedBytes: MAX_BUFFERED, metrics, heartbeat },
    { charge() {}, [Symbol.dispose]: () => void counts.released++ },
  );
  return { clock, socket, stream, connection, counts, metrics, heartbeat };
}

Deno.test("NodeConnection hands over text as text and data as bytes", () => {
  const received: unknown[] = [];
  const { socket } = open({ onMessage: (message) => received.push(message) });
  socket.emit("message", Buffer.from("你好"), false);
  socket.emit("message", Buffer.from([1, 2]), true);
  assert.deepEqual(received, ["你好", new Uint8Array([1, 2])]);
});

Deno.test("NodeConnection sends several messages in one write", () => {
  const { stream, connection, metrics } = open();
  connection.sendAll(["one", "two", "three"]);
  assert.deepEqual([stream.writes, metrics.messagesOut.value], [1, 3]);
  // Each has a header of two bytes.
  assert.equal(stream.writableLength, "onetwothree".length + 3 * 2);
});

Deno.test("NodeConnection writes nothing for no messages", () => {
  const { stream, connection } = open();
  connection.sendAll([]);
  assert.equal(stream.writes, 0);
});

Deno.test("NodeConnection drops a peer whose backlog exceeds the limit by at most one message", () => {
  const { socket, stream, connection, counts } = open();
  const message = "x".repeat(996);
  for (let i = 0; i < 100; i++) connection.sendAll([message, message, message]);
  assert.equal(stream.writableLength, 11_000);
  assert.deepEqual(socket.closed, [[4008, "too slow"]]);
  assert.equal(counts.left, 1);
});

Deno.test("NodeConnection reports when its backlog last shrank", async () => {
  const { clock, stream, connection } = open();
  const progressAt = () => connection.vitals(clock.now())?.progressAt;
  connection.send("x".repeat(500));
  assert.equal(progressAt(), 0);
  await clock.advance(1_000);
  assert.equal(progressAt(), 0);
  stream.writableLength -= 100;
  assert.equal(progressAt(), 1_000);
  await clock.advance(1_000);
  assert.equal(progressAt(), 1_000);
});

Deno.test("NodeConnection does not take pongs to a peer that reads nothing for progress", async () => {
  const { clock, stream, connection } = open();
  connection.send("x".repeat(500));
  connection.vitals(clock.now());
  for (let second = 1; second <= 5; second++) {
    await clock.advance(1_000);
    // A pong.
    stream.writableLength += 2;
    assert.equal(connection.vitals(clock.now())?.progressAt, 0);
  }
});

Deno.test("NodeConnection destroys a socket that has not ended five seconds after it began to close", async () => {
  const { clock, socket, connection } = open();
  connection.drop();
  await clock.advance(5_000);
  connection.checkEnding(clock.now());
  assert.equal(socket.isTerminated, false);
  await clock.advance(1);
  connection.checkEnding(clock.now());
  assert.equal(socket.isTerminated, true);
});

Deno.test("NodeConnection pings in every protocol, and a pong is a sign of life", async () => {
  const { clock, socket, connection } = open();
  await clock.advance(25_000);
  connection.ping();
  assert.equal(socket.pings, 1);
  const vitals = () => connection.vitals(clock.now());
  assert.deepEqual([vitals()?.canPing, vitals()?.pingedAt, vitals()?.receivedAt], [
    true,
    25_000,
    0,
  ]);
  await clock.advance(300);
  socket.emit("pong");
  assert.equal(vitals()?.receivedAt, 25_300);
});

Deno.test("NodeConnection ends once, and is no longer watched", () => {
  const { socket, connection, counts, heartbeat } = open();
  socket.emit("close", 1006);
  socket.emit("close", 1006);
  connection.send("too late");
  connection.close(SERVICE_RESTART);
  assert.deepEqual([counts, [...heartbeat.peers()], socket.closed], [
    { left: 1, released: 1 },
    [],
    [],
  ]);
});

Deno.test("NodeConnection sends and receives nothing once it is closing", () => {
  const received: unknown[] = [];
  const { socket, stream, connection } = open({ onMessage: (message) => received.push(message) });
  connection.close(SERVICE_RESTART);
  connection.send("too late");
  connection.sendAll(["too", "late"]);
  connection.ping();
  socket.emit("message", Buffer.from("too late"), false);
  assert.deepEqual([stream.writes, received, socket.pings], [0, [], 0]);
  assert.equal(connection.status(), "closing");
});

Deno.test("NodeConnection closes with 1011 when its handler throws, and the error does not escape", () => {
  const { socket } = open({
    onMessage: () => {
      throw new Error("a bug");
    },
  });
  socket.emit("message", Buffer.from("anything"), false);
  assert.equal(socket.closed[0]?.[0], 1011);
});

Deno.test("NodeConnection closes with 1008 when its peer pings too often", async () => {
  const { clock, socket } = open();
  for (let i = 0; i < 100; i++) socket.emit("ping");
  assert.deepEqual(socket.closed, []);
  await clock.advance(100);
  socket.emit("ping");
  assert.deepEqual(socket.closed, []);
  socket.emit("ping");
  assert.equal(socket.closed[0]?.[0], 1008);
});

Deno.test("NodeConnection sends nothing behind the close frame with which the package answers its peer's", () => {
  const { socket, stream, connection } = open();
  socket.readyState = 2;
  connection.send("too late");
  connection.sendAll(["too", "late"]);
  assert.equal(stream.writes, 0);
});

Deno.test("NodeConnection survives an error event", () => {
  const { socket, counts } = open();
  socket.emit("error", new Error("reset"));
  socket.emit("close", 1006);
  assert.equal(counts.released, 1);
});
