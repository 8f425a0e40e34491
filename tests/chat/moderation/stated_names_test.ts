/** Whose name an event says, if the moderator states one. */
import assert from "node:assert/strict";
import { AUDIT_ROOM } from "../../../lib/core/rooms/service_rooms.ts";
import { MemberChat } from "../../support/chat/member_chat.ts";

async function audit(chat: MemberChat) {
  return (await chat.chat.bus.page(AUDIT_ROOM, undefined, 50)).messages;
}

/** A moderator mutes a user under a stated name. Resolves with the name that `_audit` has. */
async function audited(
  chat: MemberChat,
  user: string,
  stated: string,
  where: { readonly room?: string },
): Promise<string | undefined> {
  const { length } = await audit(chat);
  const moderator = await chat.become(`Mod ${length}`, { role: "moderator" }, "den");
  await moderator.ask({ type: "moderate", action: "mute", user, name: stated, ...where });
  const { event } = (await audit(chat)).at(-1) ?? {};
  return event?.kind === "mute" ? event.name : undefined;
}

for (const [what, where] of [["a room", { room: "den" }], ["the service", {}]] as const) {
  Deno.test(`A member who is muted in ${what} while away keeps the own name, whatever the moderator states`, async () => {
    using chat = new MemberChat();
    await chat.become("Bob", {}, "den");
    const eve = await chat.become("Eve", {});
    for (
      const [stated, expected] of [["Eve", "Eve"], ["Bob", eve.you.user], ["Gone", eve.you.user]]
    ) {
      assert.equal(await audited(chat, String(eve.you.user), String(stated), where), expected);
    }
    const frames = await eve.ask({ type: "join", id: "j", room: "den" });
    assert.equal(frames.find(({ type }) => type === "joined")?.name, "Eve");
  });
}

Deno.test("A guest who is away is not called like a member", async () => {
  using chat = new MemberChat();
  await chat.become("Bob", {}, "den");
  const guest = "u_guest000";
  assert.equal(await audited(chat, guest, "Bob", {}), guest);
  assert.equal(await audited(chat, guest, "Bob (2)", {}), guest);
  assert.equal(await audited(chat, guest, "Guy", {}), "Guy");
});
