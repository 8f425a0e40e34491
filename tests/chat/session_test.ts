import assert from "node:assert/strict";
import { Hub } from "../../lib/chat/hub.ts";
import { Session, type SessionContext, type Wish } from "../../lib/chat/session.ts";
import { BAD_NAME, BAD_ROOM, FLOODING, NAME_TAKEN, UNSUPPORTED } from "../../lib/core/farewells.ts";
import { FakeBus, FakeClock, FakeSocket, room, settle } from "../fakes.ts";

/** A chat without a network: sessions on one hub, and a bus whose announcements the test carries over. */
function openChat(bus = new FakeBus(), settings: Partial<SessionContext> = {}) {
  const clock = new FakeClock();
  const hub = new Hub(bus);
  const context = { bus, hub, clock, random: () => 0, guestName: "网友", messagesPerSecond: 10 };
  return {
    bus,
    clock,
    enter(wish: Partial<Wish> = {}) {
      const socket = new FakeSocket();
      const session = new Session(socket, { ...context, ...settings }, {
        name: undefined,
        room: undefined,
        ...wish,
      });
      return { socket, session };
    },
    /** Brings everything published so far to the hub. */
    carry: () => hub.receive(bus.published.splice(0)),
  };
}

Deno.test("Session says nothing to one who joins at once", async () => {
  const { enter, clock } = openChat();
  const { socket } = enter();
  await clock.advance(60_000);
  assert.deepEqual(socket.sent, []);
  assert.equal(clock.sleeping, 0);
});

Deno.test("Session delivers a text to everybody in the room, the speaker included, by way of the bus", async () => {
  const { enter, carry } = openChat();
  const ann = enter({ name: "Ann" });
  const bob = enter({ name: "Bob" });
  await settle();
  ann.session.receive("hello");
  assert.deepEqual([ann.socket.sent, bob.socket.sent], [[], []]);
  carry();
  assert.deepEqual([ann.socket.sent, bob.socket.sent], [["Ann: hello"], ["Ann: hello"]]);
});

Deno.test("Session keeps rooms apart", async () => {
  const { enter, carry } = openChat();
  const ann = enter({ name: "Ann", room: "here" });
  const bob = enter({ name: "Bob", room: "there" });
  await settle();
  ann.session.receive("hello");
  carry();
  assert.deepEqual([ann.socket.sent, bob.socket.sent], [["Ann: hello"], []]);
});

Deno.test("Session draws a guest a name that nobody in the room has", async () => {
  const { enter, carry } = openChat();
  const guests = [enter(), enter(), enter({ room: "other" })];
  await settle();
  for (const { session } of guests) session.receive("I");
  carry();
  assert.deepEqual(guests[0]?.socket.sent, ["网友10: I", "网友11: I"]);
  assert.deepEqual(guests[2]?.socket.sent, ["网友10: I"]);
});

Deno.test("Session gives a name free when its bearer leaves", async () => {
  const { enter } = openChat();
  const first = enter({ name: "Ann" });
  await settle();
  first.session.leave();
  assert.deepEqual(enter({ name: "Ann" }).socket.farewells, []);
});

for (
  const [what, wish, line, farewell] of [
    ["a bad room", { room: "no spaces" }, /^! a room has/, BAD_ROOM],
    ["a bad name", { name: "* server" }, /^! a name has/, BAD_NAME],
    ["an empty name", { name: " " }, /^! a name has/, BAD_NAME],
    ["a name that is taken", { name: "Ann" }, /^! the name Ann is taken$/, NAME_TAKEN],
  ] as const
) {
  Deno.test(`Session tells ${what} in one line and closes with ${farewell.code}`, () => {
    const { enter, bus } = openChat();
    enter({ name: "Ann" });
    const { socket, session } = enter(wish);
    assert.equal(socket.sent.length, 1);
    assert.match(String(socket.sent[0]), line);
    assert.deepEqual(socket.farewells, [farewell]);
    session.receive("too late");
    assert.deepEqual(bus.published, []);
  });
}

Deno.test("Session does not publish an empty text", async () => {
  const { enter, bus } = openChat();
  const { session } = enter();
  await settle();
  session.receive("");
  assert.deepEqual(bus.published, []);
});

Deno.test("Session closes with 1003 on bytes", async () => {
  const { enter } = openChat();
  const { socket, session } = enter();
  await settle();
  session.receive(new Uint8Array([1]));
  assert.deepEqual(socket.farewells, [UNSUPPORTED]);
});

Deno.test("Session publishes texts in the order said, also those said while joining", async () => {
  const { enter, bus } = openChat(new FakeBus("when let"));
  const { session } = enter({ name: "Ann" });
  session.receive("1");
  session.receive("2");
  assert.deepEqual(bus.published, []);
  bus.letJoin();
  await settle();
  session.receive("3");
  assert.deepEqual(bus.published.map(({ text }) => text), ["1", "2", "3"]);
});

Deno.test("Session tells one who waits for the bus, and again when joined", async () => {
  const { enter, bus, clock } = openChat(new FakeBus("when let"));
  const { socket, session } = enter({ room: "attic" });
  session.receive("early");
  await clock.advance(1_000);
  session.receive("late");
  assert.deepEqual(socket.sent, [
    "! the room cannot be reached yet: waiting to join",
    "! not sent: not joined yet",
    "! not sent: not joined yet",
  ]);
  bus.letJoin();
  await settle();
  assert.deepEqual(socket.sent.slice(3), ["* joined attic"]);
  assert.deepEqual(bus.published, []);
});

for (
  const [mood, line] of [
    ["away", "! not sent: the store is away"],
    ["forgetful", "! perhaps not sent: the store is away"],
  ] as const
) {
  Deno.test(`Session tells a speaker "${line}" where the bus is ${mood}, and stays`, async () => {
    const { enter, bus } = openChat();
    const { socket, session } = enter();
    await settle();
    bus.mood = mood;
    session.receive("hello");
    await settle();
    assert.deepEqual(socket.sent, [line]);
    assert.deepEqual(socket.farewells, []);
  });
}

Deno.test("Session tells one who speaks too fast, and publishes again after a while", async () => {
  const { enter, bus, clock } = openChat();
  const { socket, session } = enter();
  await settle();
  for (let i = 0; i < 32; i++) session.receive(String(i));
  assert.equal(bus.published.length, 30);
  assert.deepEqual(socket.sent, ["! slow down", "! slow down"]);
  await clock.advance(1_000);
  session.receive("again");
  assert.equal(bus.published.length, 31);
});

Deno.test("Session closes with 1008 on one who goes on regardless", async () => {
  const { enter } = openChat();
  const { socket, session } = enter();
  await settle();
  for (let i = 0; i < 61; i++) session.receive(String(i));
  assert.deepEqual(socket.farewells, [FLOODING]);
});

Deno.test("Session.leave() leaves the room and lets the bus go", async () => {
  const { enter, bus, carry } = openChat();
  const ann = enter({ name: "Ann" });
  const bob = enter({ name: "Bob" });
  await settle();
  bob.session.leave();
  ann.session.receive("gone?");
  carry();
  assert.deepEqual(bob.socket.sent, []);
  assert.deepEqual(bus.unfollowed, [room("lobby")]);
});

Deno.test("Session.leave() publishes what was said while joining, for one who came only to say it", () => {
  const { enter, bus } = openChat(new FakeBus("when let"));
  const { session } = enter({ name: "Ann" });
  session.receive("1");
  session.receive("2");
  session.leave();
  assert.deepEqual(bus.published.map(({ text }) => text), ["1", "2"]);
});
