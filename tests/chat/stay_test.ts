import assert from "node:assert/strict";
import type { JoinWish, Member } from "../../lib/chat/member.ts";
import type { Standing } from "../../lib/chat/bus.ts";
import { textDialect } from "../../lib/core/text_mode.ts";
import { FakeChat, FakeIdentities, name, room, settle } from "../fakes.ts";

const lobby = room("lobby");
const identities = new FakeIdentities();

/** Joins the lobby, and remembers what it was told of its standing. */
async function join(chat: FakeChat, text: string, wish: Partial<JoinWish> = {}) {
  const standings: (Standing | undefined)[] = [];
  const member: Member = {
    dialect: textDialect,
    arrive: ({ standing }) => void standings.push(standing),
    turnAway: () => assert.fail("turned away"),
    replay() {},
    isBehind: () => false,
    deliver() {},
  };
  const author = { user: identities.draw(), name: name(text) };
  const stay = chat.hub.join(lobby, member, {
    ...author,
    draw: undefined,
    since: undefined,
    limit: 0,
    ...wish,
  });
  await settle();
  return { stay, standings };
}

Deno.test("Stay does not find out what is unread where that is not wanted", async () => {
  using chat = new FakeChat();
  const asked: string[] = [];
  const standing = chat.bus.standing.bind(chat.bus);
  chat.bus.standing = (id, user) => {
    asked.push(user);
    return standing(id, user);
  };
  assert.deepEqual((await join(chat, "Ann", { wantsStanding: false })).standings, [undefined]);
  assert.deepEqual(asked, []);
  const { standings } = await join(chat, "Bob");
  assert.deepEqual(standings, [{ read: undefined, unread: 0 }]);
});

Deno.test("Stay that ends before the room can be reached leaves nobody behind, and nobody waits", async () => {
  using chat = new FakeChat("when let");
  const { stay, standings } = await join(chat, "Ann");
  await stay.leave(false);
  chat.bus.letJoin();
  await settle();
  assert.deepEqual(standings, []);
  assert.deepEqual(await chat.bus.people(lobby), []);
  // The hub's own beat.
  assert.equal(chat.clock.sleeping, 1);
});

Deno.test("Stay gives up its joining when the room is closed", async () => {
  using chat = new FakeChat("when let");
  const { stay } = await join(chat, "Ann");
  chat.hub[Symbol.dispose]();
  // It resolves though the bus never follows.
  await stay.leave(false);
  assert.deepEqual(await chat.bus.people(lobby), []);
});

Deno.test("Stay that is tried again while the bus is away joins by itself when it is back", async () => {
  using chat = new FakeChat();
  chat.bus.saysWhenBack = false;
  await join(chat, "Ann");
  chat.bus.mood = "away";
  const { standings } = await join(chat, "Bob");
  assert.deepEqual(standings, []);
  chat.bus.mood = "well";
  await chat.clock.advance(3_000);
  assert.equal(standings.length, 1);
});

Deno.test("Stays that have waited for long join within a blink of the bus being back, also where it was back before", async () => {
  using chat = new FakeChat();
  chat.bus.mood = "away";
  const stays = await Promise.all(["Ann", "Bob", "Cid"].map((name) => join(chat, name)));
  await chat.clock.advance(60_000);
  // It flaps: nobody has got through.
  chat.bus.mood = "well";
  chat.bus.mood = "away";
  await chat.clock.advance(5_000);
  assert.deepEqual(stays.map(({ standings }) => standings.length), [0, 0, 0]);
  chat.bus.mood = "well";
  await chat.clock.advance(250);
  assert.deepEqual(stays.map(({ standings }) => standings.length), [1, 1, 1]);
});
