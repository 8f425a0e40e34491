/** Names that users get in a room without having asked for them. */
import assert from "node:assert/strict";
import { KnownNames } from "../../../lib/chat/members/known_names.ts";
import { AssignedNames } from "../../../lib/chat/room/assigned_names.ts";
import { jsonEncoder } from "../../../lib/core/protocol/json_protocol.ts";
import { ann, bob, lobby, user } from "../../contract/fixtures.ts";
import { FakeChat, fakeSubscriber, flushMicrotasks, name } from "../../support/fakes.ts";

Deno.test("AssignedNames gives no other name to a user who has one by now, or has left", async () => {
  using chat = new FakeChat();
  const { bus, clock } = chat;
  const subscriber = fakeSubscriber(ann.user, jsonEncoder);
  const request = { ...ann, pickName: undefined, since: undefined, limit: 0 };
  const { room } = chat.hub.join(lobby, subscriber, request);
  await flushMicrotasks();
  const names = new KnownNames();
  const context = { bus, clock, names, random: () => 0, guestName: "guest", newId: () => "id" };
  const assigned = new AssignedNames(context);
  await assigned.replaceTakenName(room, { user: ann.user, name: name("Anna") });
  await assigned.replaceTakenName(room, bob);
  await assigned.replaceTakenName(room, { user: user("u_gone0000"), name: ann.name });
  assert.deepEqual(await bus.people(lobby), [{ ...ann, nodes: ["node"] }]);
  assert.deepEqual(bus.published, []);
});
