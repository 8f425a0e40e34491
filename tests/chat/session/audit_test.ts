/** What moderators do cannot be kept out of `_audit`. */
import assert from "node:assert/strict";
import { AUDIT_ROOM } from "../../../lib/core/rooms/service_rooms.ts";
import { MemberChat } from "./member_chat.ts";

Deno.test("_audit has what a moderator does in several rooms with one id, and repetitions once", async () => {
  using chat = new MemberChat();
  const moderator = await chat.become("Mia", { role: "moderator" }, "den", "attic");
  const bob = await chat.become("Bob", {}, "den");
  const { user } = bob.you;
  for (const room of ["den", "attic", "attic", "lobby"]) {
    await moderator.ask({ type: "moderate", id: "same", action: "mute", room, user });
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
