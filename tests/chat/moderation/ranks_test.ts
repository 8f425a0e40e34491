/** What somebody of a higher rank has imposed: nobody of a lower rank can end, shorten or replace it. */
import assert from "node:assert/strict";
import { outcome } from "../../support/chat/den.ts";
import { type Frame, type JsonClient, MemberChat } from "../../support/chat/member_chat.ts";

/** An owner, two moderators and a member, who are in the room `den`. */
class Scene implements Disposable {
  readonly chat = new MemberChat();
  #requests = 0;

  async enter(): Promise<Record<"owner" | "moderator" | "other" | "member", JsonClient>> {
    return {
      owner: await this.chat.become("Olga", { role: "owner" }, "den"),
      moderator: await this.chat.become("Max", { role: "moderator" }, "den"),
      other: await this.chat.become("Mia", { role: "moderator" }, "den"),
      member: await this.chat.become("Bob", {}, "den"),
    };
  }

  async act(by: JsonClient, action: string, whom: JsonClient, more: Frame = {}): Promise<string> {
    const { user } = whom.you;
    return await this.ask(by, { type: "moderate", action, user, ...more });
  }

  async ask(by: JsonClient, request: Frame): Promise<string> {
    const id = `r${++this.#requests}`;
    return outcome(await by.ask({ ...request, id }), id);
  }

  async say(by: JsonClient): Promise<string> {
    return await this.ask(by, { type: "say", room: "den", text: "hello" });
  }

  [Symbol.dispose](): void {
    this.chat[Symbol.dispose]();
  }
}

for (const where of [{ room: "den" }, {}]) {
  const place = where.room ?? "the service";

  Deno.test(`A moderator whom an owner has muted in ${place} cannot end or replace the mute`, async () => {
    using scene = new Scene();
    const { owner, moderator, other } = await scene.enter();
    assert.equal(await scene.act(owner, "mute", moderator, where), "done");
    for (const by of [moderator, other]) {
      assert.equal(await scene.act(by, "unmute", moderator, where), "not_allowed");
      assert.equal(await scene.act(by, "mute", moderator, { ...where, seconds: 1 }), "not_allowed");
      assert.equal(await scene.say(moderator), "muted");
    }
    assert.equal(await scene.act(owner, "unmute", moderator, where), "done");
    assert.equal(await scene.say(moderator), "done");
  });

  Deno.test(`A moderator does not end the ban from ${place} that an owner has imposed`, async () => {
    using scene = new Scene();
    const { owner, moderator, member } = await scene.enter();
    assert.equal(await scene.act(owner, "ban", member, where), "done");
    assert.equal(await scene.act(moderator, "unban", member, where), "not_allowed");
    const again = { ...where, seconds: 1 };
    assert.equal(await scene.act(moderator, "ban", member, again), "not_allowed");
    assert.equal(await scene.act(owner, "unban", member, where), "done");
  });

  Deno.test(`A moderator ends what another moderator has imposed in ${place}`, async () => {
    using scene = new Scene();
    const { moderator, other, member } = await scene.enter();
    for (const [one, end] of [["mute", "unmute"], ["ban", "unban"]] as const) {
      assert.equal(await scene.act(moderator, one, member, where), "done");
      assert.equal(await scene.act(other, end, member, where), "done");
    }
  });
}

Deno.test("A moderator whom an owner has banned from a room moderates it no longer", async () => {
  using scene = new Scene();
  const { owner, moderator, member } = await scene.enter();
  assert.equal(await scene.act(owner, "ban", moderator, { room: "den" }), "done");
  const act = (action: string) => scene.act(moderator, action, member, { room: "den" });
  for (const action of ["clear", "mute", "ban", "kick"]) {
    assert.equal(await act(action), "not_allowed", action);
  }
  assert.equal(
    await scene.ask(moderator, { type: "room", room: "den", topic: "x" }),
    "not_allowed",
  );
  assert.equal(await scene.act(moderator, "unban", moderator, { room: "den" }), "not_allowed");
  assert.equal(await scene.act(moderator, "mute", member, { room: "lobby" }), "done");
});

Deno.test("A moderator cannot ban another one in advance, for the time after a change of the role", async () => {
  using scene = new Scene();
  const { owner, moderator, other } = await scene.enter();
  for (const where of [{ room: "den" }, {}]) {
    for (const action of ["mute", "ban"]) {
      assert.equal(await scene.act(moderator, action, other, where), "not_allowed");
      assert.equal(await scene.act(moderator, action, owner, where), "not_allowed");
      assert.equal(await scene.act(moderator, action, moderator, where), "not_allowed");
    }
  }
  const { user } = other.you;
  assert.equal(await scene.ask(owner, { type: "role", user, role: "member" }), "done");
  await scene.chat.beat();
  assert.equal(await scene.say(other), "done");
  assert.equal(other.closeCode, undefined);
  assert.equal(await scene.act(moderator, "mute", other, { room: "den" }), "done");
});
