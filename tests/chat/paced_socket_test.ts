/** Much is sent to a peer at the pace at which it reads. */
import assert from "node:assert/strict";
import { PacedSocket } from "../../lib/chat/paced_socket.ts";
import { BAD_ROOM } from "../../lib/core/farewells.ts";
import { FakeClock, settle } from "../fakes.ts";
import { SlowSocket } from "./slow_socket.ts";

const MAX_BYTES = 65_536;
const lines = Array.from({ length: 100 }, (_, i) => `${i} ${"x".repeat(4_000)}`);

class Pace {
  readonly clock = new FakeClock();
  readonly socket = new SlowSocket(MAX_BYTES);
  readonly paced = new PacedSocket(this.socket, this.clock);

  constructor() {
    this.socket.conversation = { receive() {}, leave: () => this.paced.end() };
  }

  /** Lets the peer read all that it is sent, until nothing more comes. */
  async readAll(): Promise<void> {
    while (this.socket.unread > 0) {
      this.socket.take();
      await this.clock.advance(1_000);
    }
  }
}

Deno.test("PacedSocket sends what is too much for one turn as it is read, all of it and in order", async () => {
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
  assert.ok(socket.mostBytes <= MAX_BYTES / 2 && !socket.isParked);
  assert.equal(clock.sleeping, 0);
});

Deno.test("PacedSocket sends what is little at once, and starts no timer", () => {
  const { clock, socket, paced } = new Pace();
  paced.sendPaced(lines.slice(0, 2));
  paced.send("live");
  assert.equal(socket.unread, 3);
  assert.equal(clock.sleeping, 0);
});

Deno.test("PacedSocket sends what comes meanwhile after what is held back", async () => {
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

Deno.test("PacedSocket leaves it to the socket to park a peer that does not read while much is said", async () => {
  const { clock, socket, paced } = new Pace();
  paced.sendPaced(lines);
  for (let i = 0; i < 100; i++) paced.send("live");
  assert.equal(socket.isParked, true);
  assert.equal(clock.sleeping, 0);
  await paced.drained();
});

Deno.test("PacedSocket.drained() resolves when most was read, or when it is over", async () => {
  for (const how of ["read", "over"] as const) {
    const pace = new Pace();
    const { clock, paced } = pace;
    await paced.drained();
    paced.sendPaced(lines);
    let isDrained = false;
    paced.drained().then(() => isDrained = true);
    await clock.advance(60_000);
    assert.equal(isDrained, false);
    if (how === "read") await pace.readAll();
    else paced.end();
    await settle();
    assert.deepEqual([isDrained, clock.sleeping], [true, 0], how);
  }
});

Deno.test("PacedSocket sends what is held back before it closes, and nothing after it is over", () => {
  const { socket, paced } = new Pace();
  paced.sendPaced(lines.slice(0, 5));
  assert.ok(socket.unread < 5);
  paced.close(BAD_ROOM);
  assert.deepEqual([socket.unread, socket.farewells], [5, [BAD_ROOM]]);
  paced.end();
  paced.sendPaced(["too late"]);
  assert.equal(socket.unread, 5);
});
