/** What moderators do cannot be kept out of `_audit`. */
import assert from "node:assert/strict";
import { AUDIT_ROOM } from "../../../lib/core/rooms/service_rooms.ts";
import { auditId } from "../../../lib/chat/moderation/moderate.ts";
import { room } from "../../support/fakes.ts";
import { MemberChat } from "../../support/chat/member_chat.ts";

Deno.test("_audit has what a moderator does in several rooms with one id, and repetitions once", async () => {
  using chat = new MemberChat();
  const moderator = await chat.become("Mia", { role: "moderator" }, "den", "attic");
  const bob = await chat.become("Bob", {}, "den");
  const { user } = bob.you;
  for (const where of ["den", "attic", "attic", "lobby"]) {
    await moderator.ask({ type: "moderate", id: "same", action: "mute", room: where, user });
  }
  await moderator.ask({ type: "moderate", id: "same", action: "lockdown" });
  await moderator.ask({ type: "moderate", id: "same", action: "lockdown" });
  const { messages } = await chat.chat.bus.page(AUDIT_ROOM, undefined, 50);
  const events = messages.flatMap(({ event }) => event ?? []).filter((it) => it.kind !== "role");
  assert.deepEqual(events.map(({ kind, room }) => [kind, room]), [
    ["mute", "den"],
    ["mute", "attic"],
    ["mute", "lobby"],
    ["lockdown", undefined],
  ]);
});

Deno.test("No request can have the id that an event of a room will have in _audit", async () => {
  using chat = new MemberChat();
  const moderator = await chat.become("Mia", { role: "moderator" }, "den");
  const { user } = (await chat.become("Bob", {}, "den")).you;
  const { top } = await chat.chat.bus.state(room("den"));
  // Where the next event of the room will be.
  const id = auditId(room("den"), { ...top, seq: top.seq + 1 });
  await moderator.ask({ type: "moderate", id, action: "unlock" });
  await moderator.ask({ type: "moderate", id: "1", action: "mute", room: "den", user });
  const { messages } = await chat.chat.bus.page(AUDIT_ROOM, undefined, 50);
  const entered = messages.filter((it) => it.id === id);
  assert.deepEqual(entered.map(({ event }) => event?.kind), ["mute"]);
});

/** What `_audit` says, without how members got their roles. */
async function audited(chat: MemberChat): Promise<readonly string[]> {
  const { messages } = await chat.chat.bus.page(AUDIT_ROOM, undefined, 50);
  return messages.filter(({ event }) => event?.kind !== "role").map(({ name, text }) =>
    `${name} ${text}`
  );
}

Deno.test("_audit has which messages of others a moderator has deleted, once each, and no others", async () => {
  using chat = new MemberChat();
  const moderator = await chat.become("Mia", { role: "moderator" }, "den");
  const bob = await chat.become("Bob", {}, "den");
  const say = async (client: typeof bob, id: string) => {
    const frames = await client.ask({ type: "say", id, room: "den", text: id });
    return String(frames.find(({ type }) => type === "ack")?.position);
  };
  const [first, second] = [await say(bob, "1"), await say(bob, "2")];
  const own = await say(moderator, "3");
  const erase = (client: typeof bob, id: string, of: string, reason = "spam") =>
    client.ask({ type: "delete", id, room: "den", of, reason });
  await erase(moderator, "4", first);
  await erase(moderator, "4", first);
  await erase(moderator, "5", own);
  await erase(bob, "6", second);
  await erase(moderator, "7", second);
  assert.deepEqual(await audited(chat), ["Mia deleted a message of Bob: spam (#den)"]);
});

for (
  const [what, request] of [
    ["A ban", (user: unknown) => ({ type: "moderate", action: "ban", user })],
    ["A deletion", (_: unknown, of: string) => ({ type: "delete", of, reason: "spam" })],
  ] as const
) {
  Deno.test(`${what} that could not be recorded in _audit has an unknown outcome, and is when it is repeated`, async () => {
    using chat = new MemberChat();
    const moderator = await chat.become("Mia", { role: "moderator" }, "den");
    const bob = await chat.become("Bob", {}, "den");
    const frames = await bob.ask({ type: "say", id: "s", room: "den", text: "hi" });
    const of = String(frames.find(({ type }) => type === "ack")?.position);
    const { bus } = chat.chat;
    const publish = bus.publish.bind(bus);
    bus.publish = (draft) =>
      draft.room === AUDIT_ROOM
        ? Promise.resolve({ kind: "rejected", why: "room_full" })
        : publish(draft);
    const it = { id: "once", room: "den", ...request(bob.you.user, of) };
    const answer = async () =>
      (await moderator.ask(it)).find(({ type }) => type === "ack" || type === "fault");
    assert.equal((await answer())?.code, "unknown_outcome");
    assert.deepEqual(await audited(chat), []);
    bus.publish = publish;
    assert.equal((await answer())?.type, "ack");
    assert.equal((await audited(chat)).length, 1);
  });
}
