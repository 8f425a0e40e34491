import assert from "node:assert/strict";
import type { JoinRequest } from "../../../lib/chat/room/subscriber.ts";
import type { ReadState } from "../../../lib/chat/ports/bus.ts";
import { textEncoder } from "../../../lib/core/protocol/text_protocol.ts";
import {
  FakeChat,
  FakeSessionTokens,
  fakeSubscriber,
  flushMicrotasks,
  name,
  room,
} from "../../support/fakes.ts";

const lobby = room("lobby");
const sessionTokens = new FakeSessionTokens();

/** Joins the lobby, and records the states that the subscription reports. */
async function join(chat: FakeChat, text: string, request: Partial<JoinRequest> = {}) {
  const readStates: (ReadState | undefined)[] = [];
  const author = { user: sessionTokens.newUserId(), name: name(text) };
  const member = fakeSubscriber(author.user, textEncoder, {
    onJoined: ({ readState }) => void readStates.push(readState),
    onRefused: () => assert.fail("turned away"),
  });
  const handle = chat.hub.join(lobby, member, {
    ...author,
    pickName: undefined,
    since: undefined,
    limit: 0,
    ...request,
  });
  await flushMicrotasks();
  return { handle, readStates };
}

Deno.test("Subscription does not count unread messages unless requested", async () => {
  using chat = new FakeChat();
  const asked: string[] = [];
  const standing = chat.bus.readState.bind(chat.bus);
  chat.bus.readState = (id, user, after) => {
    asked.push(user);
    return standing(id, user, after);
  };
  assert.deepEqual((await join(chat, "Ann", { wantsDetails: false })).readStates, [undefined]);
  assert.deepEqual(asked, []);
  const { readStates } = await join(chat, "Bob");
  assert.deepEqual(readStates, [{ read: undefined, unread: 0 }]);
});

Deno.test("Subscription that ends before the room can be reached leaves no member and no waiting caller", async () => {
  using chat = new FakeChat("when let");
  const { handle, readStates } = await join(chat, "Ann");
  await handle.leave(false);
  chat.bus.letSubscribe();
  await flushMicrotasks();
  assert.deepEqual(readStates, []);
  assert.deepEqual(await chat.bus.people(lobby), []);
  // The hub's own beat.
  assert.equal(chat.clock.sleeping, 1);
});

Deno.test("Subscription gives up its join when the room is closed", async () => {
  using chat = new FakeChat("when let");
  // The state of a room that was never open admits nobody, which says nothing about the user.
  const { handle } = await join(chat, "Ann", { isAdmitted: () => false });
  chat.hub[Symbol.dispose]();
  // It resolves although the bus never follows.
  await handle.leave(false);
  assert.deepEqual(await chat.bus.people(lobby), []);
});

Deno.test("Subscription that retries while the bus is away joins by itself when it is back", async () => {
  using chat = new FakeChat();
  chat.bus.saysWhenBack = false;
  await join(chat, "Ann");
  chat.bus.availability = "away";
  const { readStates } = await join(chat, "Bob");
  assert.deepEqual(readStates, []);
  chat.bus.availability = "well";
  await chat.clock.advance(3_000);
  assert.equal(readStates.length, 1);
});

Deno.test("Subscriptions that have waited for long join immediately after the bus is back, even if it was back before", async () => {
  using chat = new FakeChat();
  chat.bus.availability = "away";
  const stays = await Promise.all(["Ann", "Bob", "Cid"].map((name) => join(chat, name)));
  await chat.clock.advance(60_000);
  // It flaps: no attempt has succeeded.
  chat.bus.availability = "well";
  chat.bus.availability = "away";
  await chat.clock.advance(5_000);
  assert.deepEqual(stays.map(({ readStates }) => readStates.length), [0, 0, 0]);
  chat.bus.availability = "well";
  await chat.clock.advance(250);
  assert.deepEqual(stays.map(({ readStates }) => readStates.length), [1, 1, 1]);
});

Deno.test("Subscription of a member is made, whenever the last one in the room leaves meanwhile", async () => {
  for (let turns = 0; turns < 40; turns++) {
    using chat = new FakeChat();
    const ann = await join(chat, "Ann");
    const { top } = await chat.bus.page(lobby, undefined, 0);
    const left = ann.handle.leave(false);
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    const { readStates } = await join(chat, "Bob", { memberAt: top });
    await left;
    assert.equal(readStates.length, 1, `after ${turns} turns`);
  }
});
