import assert from "node:assert/strict";
import { isClosed } from "../../../lib/core/rooms/closed_room.ts";
import {
  ANN,
  BOB,
  CAT,
  type Client,
  type Frame,
  RoomsScene,
} from "../../support/chat/rooms_scene.ts";

/** Ann, and Bob, whom she writes to. */
async function pair(scene: RoomsScene): Promise<{ ann: Client; bob: Client; room: string }> {
  const [ann, bob] = [await scene.enter("ann"), await scene.enter("bob")];
  const { room } = await scene.ask(ann, { type: "open", user: BOB, name: "Bob" });
  return { ann, bob, room: String(room) };
}

/** The texts of a page of history. */
function textsOf({ messages }: Frame): readonly unknown[] {
  return Array.isArray(messages) ? messages.map((it: unknown) => Object(it).text) : [];
}

Deno.test("Two users find the same direct room, whoever opens it, and each is told of it", async () => {
  using scene = new RoomsScene();
  const { ann, bob, room } = await pair(scene);
  assert.match(room, /^_direct\.[a-z2-7]{26}$/);
  for (const client of [ann, bob]) {
    const notice = { type: "member", room, on: true, with: { user: ANN, name: "Ann" } };
    assert.deepEqual(client.fresh(), client === ann ? [] : [notice]);
  }
  const opened = await scene.ask(bob, { type: "open", user: ANN });
  assert.deepEqual([opened.room, opened.kind, opened.with], [room, "direct", {
    user: ANN,
    name: "Ann",
  }]);
  for (const client of [ann, bob]) {
    assert.equal(await scene.outcome(client, { type: "join", room }), "joined");
    assert.equal(await scene.outcome(client, { type: "say", room, text: "hi" }), "ack");
  }
  const [listed] = await scene.list(ann);
  assert.deepEqual([listed?.room, listed?.with], [room, { user: BOB, name: "Bob" }]);
});

Deno.test("Two users who open their direct room at the same time get one", async () => {
  using scene = new RoomsScene();
  const [ann, bob] = [await scene.enter("ann"), await scene.enter("bob")];
  const answers = await Promise.all([
    scene.ask(ann, { type: "open", user: BOB }),
    scene.ask(bob, { type: "open", user: ANN }),
  ]);
  assert.deepEqual(answers.map(({ type }) => type), ["room", "room"]);
  assert.equal(answers[0]?.room, answers[1]?.room);
});

Deno.test("A third person gets into no direct room, and cannot be added to one", async () => {
  using scene = new RoomsScene();
  const { ann, room } = await pair(scene);
  await scene.ask(ann, { type: "join", room });
  for (const token of ["cat", "mia", "all"]) {
    const third = await scene.enter(token);
    for (const request of [{ type: "join" }, { type: "members" }, { type: "member" }]) {
      assert.equal(await scene.outcome(third, { ...request, room }), "not_allowed", token);
    }
  }
  const add = { type: "member", room, user: CAT, name: "Cat" };
  assert.equal(await scene.outcome(ann, add), "not_allowed");
  const remove = { type: "member", room, user: BOB, on: false };
  assert.equal(await scene.outcome(ann, remove), "not_allowed");
});

Deno.test("Guests open no direct rooms, but answer in those that others open with them", async () => {
  using scene = new RoomsScene();
  const ann = await scene.enter("ann");
  const { client: guest, user } = await scene.enterGuest();
  assert.equal(await scene.outcome(guest, { type: "open", user: ANN }), "not_allowed");
  const { room } = await scene.ask(ann, { type: "open", user, name: "Guy" });
  assert.equal(await scene.outcome(guest, { type: "join", room }), "joined");
  assert.equal(await scene.outcome(guest, { type: "say", room, text: "hi" }), "ack");
});

Deno.test("Who leaves a direct room is written to by nobody there, until coming back", async () => {
  using scene = new RoomsScene();
  const { ann, bob, room } = await pair(scene);
  for (const client of [ann, bob]) await scene.ask(client, { type: "join", room });
  assert.equal(await scene.outcome(bob, { type: "member", room, on: false }), "ack");
  assert.equal(await scene.outcome(ann, { type: "say", room, text: "hello?" }), "not_allowed");
  assert.equal(await scene.outcome(ann, { type: "typing", room }), "not_allowed");
  assert.equal(await scene.outcome(ann, { type: "open", user: BOB }), "not_allowed");
  assert.deepEqual(await scene.list(bob), []);
  const history = await scene.ask(ann, { type: "history", room });
  assert.deepEqual(textsOf(history), ["created the direct room", "left for good"]);
  assert.equal(await scene.outcome(bob, { type: "open", user: ANN }), "room");
  const later = await scene.ask(ann, { type: "history", room });
  assert.deepEqual(textsOf(later).slice(2), ["came back"]);
  assert.equal(await scene.outcome(ann, { type: "say", room, text: "hello!" }), "ack");
});

Deno.test("Who leaves a direct room is added to no private room by the other one, until coming back", async () => {
  using scene = new RoomsScene();
  const { ann, bob, room } = await pair(scene);
  const cat = await scene.enter("cat");
  const { room: shared } = await scene.ask(ann, { type: "create", kind: "private" });
  const add = { type: "member", room: shared, user: BOB, name: "Bob" };
  assert.equal(await scene.outcome(bob, { type: "member", room, on: false }), "ack");
  const refused = await scene.ask(ann, add);
  assert.equal(refused.code, "not_allowed");
  assert.match(String(refused.message), /has left the direct room with you/);
  assert.deepEqual(await scene.list(bob), []);
  // Others can still add him.
  const ofCat = { type: "member", room: shared, user: CAT, name: "Cat" };
  assert.equal(await scene.outcome(ann, ofCat), "ack");
  assert.equal(await scene.outcome(cat, add), "ack");
  assert.equal(await scene.outcome(bob, { type: "member", room: shared, on: false }), "ack");
  assert.equal(await scene.outcome(bob, { type: "open", user: ANN }), "room");
  assert.equal(await scene.outcome(ann, add), "ack");
});

Deno.test("Two users who have both left are in their direct room again when both have come back", async () => {
  using scene = new RoomsScene();
  const { ann, bob, room } = await pair(scene);
  for (const client of [ann, bob]) await scene.ask(client, { type: "member", room, on: false });
  assert.equal(await scene.outcome(ann, { type: "open", user: BOB }), "not_allowed");
  assert.equal(await scene.outcome(bob, { type: "open", user: ANN }), "room");
  assert.equal(await scene.outcome(ann, { type: "open", user: BOB }), "room");
});

Deno.test("A direct room has no moderators and no settings", async () => {
  using scene = new RoomsScene();
  const [mia, bob] = [await scene.enter("mia"), await scene.enter("bob")];
  const { room } = await scene.ask(mia, { type: "open", user: BOB, name: "Bob" });
  const joined = await scene.ask(mia, { type: "join", room });
  assert.deepEqual(joined.may, ["send", "react"]);
  await scene.ask(bob, { type: "join", room });
  const { position: of } = await scene.ask(bob, { type: "say", room, text: "hi" });
  for (
    const request of [
      { type: "room", title: "ours" },
      { type: "room", listed: true },
      { type: "moderate", action: "mute", user: BOB },
      { type: "moderate", action: "clear" },
    ]
  ) {
    assert.equal(await scene.outcome(mia, { ...request, room }), "not_allowed", request.type);
  }
  assert.equal(await scene.outcome(mia, { type: "delete", room, of }), "not_yours");
});

for (
  const [what, user] of [
    ["oneself", ANN],
    ["an address", "ip_c0000201"],
    ["what is no user", "Bob"],
  ] as const
) {
  Deno.test(`Nobody opens a direct room with ${what}`, async () => {
    using scene = new RoomsScene();
    const ann = await scene.enter("ann");
    assert.equal(await scene.outcome(ann, { type: "open", user }), "bad_frame");
    assert.ok(scene.chat.bus.published.every(({ room }) => !isClosed(room)));
  });
}

Deno.test("A name for the other user that matches the word list is not used", async () => {
  using scene = new RoomsScene();
  const { words } = scene.chat.context;
  words.allowsName = (name: string) => !name.includes("bad");
  const ann = await scene.enter("ann");
  const opened: Frame = await scene.ask(ann, { type: "open", user: BOB, name: "bad Bob" });
  assert.deepEqual(opened.with, { user: BOB, name: BOB });
});
