import assert from "node:assert/strict";
import { Heartbeat } from "../../../lib/chat/heartbeat.ts";
import { workerMetrics } from "../../../lib/chat/metrics.ts";
import { SERVICE_RESTART } from "../../../lib/core/protocol/close_codes.ts";
import { healthPolicy } from "../../../lib/core/health/connection_health.ts";
import { Metrics } from "../../../lib/core/metrics/metrics.ts";
import { EventConnection } from "../../../lib/io/http/event_connection.ts";
import { FakeClock } from "../../support/fakes.ts";
import { LogRecorder } from "../../support/log_recorder.ts";

const MAX_BUFFERED = 200_000;

/** An open connection and a reader that has received its first event. */
async function open() {
  const clock = new FakeClock();
  const policy = healthPolicy({ pingMs: 25_000, maxBufferedBytes: MAX_BUFFERED });
  const counts = { left: 0, released: 0 };
  const connection = new EventConnection(
    {
      openHandler: () => ({ onMessage() {}, onClose: () => void counts.left++ }),
      maxMessageBytes: 100,
    },
    {
      clock,
      maxBufferedBytes: MAX_BUFFERED,
      metrics: workerMetrics(new Metrics()),
      heartbeat: new Heartbeat(clock, policy),
    },
    { charge() {}, [Symbol.dispose]: () => void counts.released++ },
  );
  const { body } = connection.respond({});
  assert.ok(body);
  const reader = body.getReader();
  const read = async () => {
    const { done, value } = await reader.read();
    return done ? "the end" : new TextDecoder().decode(value);
  };
  connection.send("first");
  assert.equal(await read(), "first");
  return { connection, counts, read, cancel: () => reader.cancel() };
}

Deno.test("A reader that waits is given each event as it is sent", async () => {
  const { connection, read } = await open();
  for (const event of ["one", "two"]) {
    const waiting = read();
    connection.send(event);
    // Not even for a moment is it a backlog.
    assert.equal(connection.bufferedBytes(), 0);
    assert.equal(await waiting, event);
  }
});

Deno.test("Events that are sent together reach a reader that waits together", async () => {
  const { connection, read } = await open();
  const waiting = read();
  connection.sendAll(["one", "two", "three"]);
  assert.equal(connection.bufferedBytes(), 0);
  assert.equal(await waiting, "onetwothree");
});

Deno.test("Events go to a sink as they are sent, after those that waited for it", async () => {
  const { connection, counts } = await open();
  const written: string[] = [];
  connection.send("one");
  connection.sendTo({
    writableLength: 3,
    write: (bytes) => void written.push(new TextDecoder().decode(bytes)),
    end: () => void written.push("the end"),
    destroy: () => void written.push("destroyed"),
  });
  assert.deepEqual(written, ["one"]);
  assert.equal(connection.bufferedBytes(), 3);
  connection.sendAll(["two", "three"]);
  connection.close({ code: 1000, reason: "" });
  connection.send("four");
  assert.deepEqual(written, ["one", "two", "three", "the end"]);
  assert.deepEqual(counts, { left: 1, released: 1 });
});

Deno.test("What was sent while nobody read is handed over together, at most 64 KiB at once", async () => {
  const { connection, read } = await open();
  const events = ["a".repeat(70_000), "b".repeat(40_000), "c".repeat(25_536), "d", "e"];
  for (const event of events) connection.send(event);
  assert.equal(connection.bufferedBytes(), events.join("").length);
  const [first, ...others] = events;
  // An event is not divided.
  assert.equal(await read(), first);
  assert.equal(connection.bufferedBytes(), others.join("").length);
  assert.equal(await read(), others.slice(0, 2).join(""));
  assert.equal(await read(), "de");
  assert.equal(connection.bufferedBytes(), 0);
});

for (const isWaiting of [true, false]) {
  const reader = isWaiting ? "A reader that waits" : "A reader that comes later";
  Deno.test(`${reader} is told why the stream ends, then it ends`, async () => {
    const { connection, counts, read } = await open();
    const waiting = isWaiting ? read() : undefined;
    connection.close(SERVICE_RESTART);
    assert.equal(counts.left, 1);
    const { code, reason } = SERVICE_RESTART;
    const closed = `event: closed\ndata: ${JSON.stringify({ code, reason })}\n\n`;
    assert.equal(await (waiting ?? read()), closed);
    // Until then, the peer may be counted on to read.
    assert.equal(counts.released, 0);
    assert.equal(await read(), "the end");
    assert.equal(counts.released, 1);
  });

  Deno.test(`${reader} finds the end of a stream that ends without a reason`, async () => {
    const { connection, counts, read } = await open();
    const waiting = isWaiting ? read() : undefined;
    connection.close({ code: 1000, reason: "" });
    assert.equal(await (waiting ?? read()), "the end");
    assert.deepEqual(counts, { left: 1, released: 1 });
  });

  Deno.test(`${reader} finds the end of a stream that is dropped`, async () => {
    const { connection, counts, read } = await open();
    const waiting = isWaiting ? read() : undefined;
    connection.drop();
    assert.equal(await (waiting ?? read()), "the end");
    assert.deepEqual(counts, { left: 1, released: 1 });
  });
}

Deno.test("A reader that falls behind is dropped: it finds the end, and none of what was kept for it", async () => {
  const { connection, counts, read } = await open();
  for (const letter of "abcd") connection.send(letter.repeat(100_000));
  assert.equal(connection.bufferedBytes(), 0);
  assert.deepEqual(counts, { left: 1, released: 0 });
  connection.send("e");
  assert.equal(await read(), "the end");
  assert.deepEqual(counts, { left: 1, released: 1 });
});

Deno.test("A reader that goes while it waits ends the connection, and nothing is sent to it any more", async () => {
  await using log = await LogRecorder.start();
  const { connection, counts, read, cancel } = await open();
  const waiting = read();
  await cancel();
  assert.deepEqual(counts, { left: 1, released: 1 });
  connection.send("one");
  connection.drop();
  assert.equal(await waiting, "the end");
  assert.equal(connection.bufferedBytes(), 0);
  assert.deepEqual(counts, { left: 1, released: 1 });
  assert.deepEqual(log.fields("connection.failed"), []);
});
