/** Large amounts are sent to a peer at the pace at which it reads. */
import assert from "node:assert/strict";
import { PacedSocket } from "../../lib/chat/paced_socket.ts";
import { BAD_ROOM } from "../../lib/core/protocol/close_codes.ts";
import { FakeClock, flushMicrotasks } from "../support/fakes.ts";
import { SlowSocket } from "../support/chat/slow_socket.ts";

const MAX_BYTES = 65_536;
const lines = Array.from({ length: 100 }, (_, i) => `${i} ${"x".repeat(4_000)}`);

class Pace {
  readonly clock = new FakeClock();
  readonly socket = new SlowSocket(MAX_BYTES);
  readonly paced = new PacedSocket(this.socket, this.clock);

  constructor() {
    this.socket.handler = { onMessage() {}, onClose: () => this.paced.end() };
  }

  /** Lets the peer read everything, until nothing more arrives. */
  async readAll(): Promise<void> {
    while (this.socket.unread > 0) {
      this.socket.take();
      await this.clock.advance(1_000);
    }
  }
}

Deno.test("PacedSocket sends what is too much for one turn as it is read, complete and in order", async () => {
  const { clock, socket, paced } = new Pace();
  paced.sendPaced(lines);
  assert.ok(socket.unread > 0 && socket.unread < 10, `${socket.unread} are sent at once`);
  await clock.advance(60_000);
  assert.ok(socket.unread < 10, `${socket.unread} are sent without being read`);
  while (socket.unread > 0) {
    socket.take(1);
    await clock.advance(100);
  }
  assert.deepEqual(socket.read, lines);
  assert.ok(socket.mostBytes <= MAX_BYTES / 2 && !socket.isDropped);
  assert.equal(clock.sleeping, 0);
});

Deno.test("PacedSocket sends a small amount immediately, and starts no timer", () => {
  const { clock, socket, paced } = new Pace();
  paced.sendPaced(lines.slice(0, 2));
  paced.send("live");
  assert.equal(socket.unread, 3);
  assert.equal(clock.sleeping, 0);
});

Deno.test("PacedSocket sends new messages after those that it holds back", async () => {
  const pace = new Pace();
  pace.paced.sendPaced(lines);
  pace.paced.send("live 1");
  await pace.clock.advance(100);
  pace.paced.send("live 2");
  await pace.readAll();
  pace.paced.send("live 3");
  pace.socket.take();
  assert.deepEqual(pace.socket.read, [...lines, "live 1", "live 2", "live 3"]);
});

Deno.test("PacedSocket leaves it to the socket to park a peer that does not read during many messages", async () => {
  const { clock, socket, paced } = new Pace();
  paced.sendPaced(lines);
  for (let i = 0; i < 100; i++) paced.send("live");
  assert.equal(socket.isDropped, true);
  assert.equal(clock.sleeping, 0);
  await paced.whenDrained();
});

Deno.test("PacedSocket.drained() resolves when most was read, or when the socket has closed", async () => {
  for (const how of ["read", "over"] as const) {
    const pace = new Pace();
    const { clock, paced } = pace;
    await paced.whenDrained();
    paced.sendPaced(lines);
    let isDrained = false;
    paced.whenDrained().then(() => isDrained = true);
    await clock.advance(60_000);
    assert.equal(isDrained, false);
    if (how === "read") await pace.readAll();
    else paced.end();
    await flushMicrotasks();
    assert.deepEqual([isDrained, clock.sleeping], [true, 0], how);
  }
});

Deno.test("PacedSocket sends what it holds back before it closes, and nothing after that", () => {
  const { socket, paced } = new Pace();
  paced.sendPaced(lines.slice(0, 5));
  assert.ok(socket.unread < 5);
  paced.close(BAD_ROOM);
  assert.deepEqual([socket.unread, socket.closeStatuses], [5, [BAD_ROOM]]);
  paced.end();
  paced.sendPaced(["too late"]);
  assert.equal(socket.unread, 5);
});
