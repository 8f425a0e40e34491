/** A user who is muted has no other way to show others a text. */
import assert from "node:assert/strict";
import { outcome } from "../../support/chat/den.ts";
import { type Frame, type JsonClient, MemberChat } from "../../support/chat/member_chat.ts";

/** A moderator, and a guest who has created the room `den` and said something there. */
class Scene implements Disposable {
  readonly chat = new MemberChat({ roomCreation: "anyone" });
  of: unknown;
  #requests = 0;

  async enter(): Promise<{ readonly moderator: JsonClient; readonly guest: JsonClient }> {
    const guest = await this.chat.enter({ name: "Guy" });
    await guest.ask({ type: "create", kind: "open", room: "den" }, { type: "join", room: "den" });
    await guest.ask({ type: "say", id: "s", room: "den", text: "hello" });
    this.of = guest.frames.findLast(({ id, type }) => id === "s" && type === "ack")?.position;
    const moderator = await this.chat.become("Mia", { role: "moderator" }, "den");
    return { moderator, guest };
  }

  async ask(by: JsonClient, request: Frame): Promise<string> {
    const id = `r${++this.#requests}`;
    return outcome(await by.ask({ ...request, id }), id);
  }

  [Symbol.dispose](): void {
    this.chat[Symbol.dispose]();
  }
}

async function muteIn(where: Frame) {
  const scene = new Scene();
  const { moderator, guest } = await scene.enter();
  const { user } = guest.you;
  await scene.ask(moderator, { type: "moderate", action: "mute", user, ...where });
  return { scene, moderator, guest };
}

for (const where of [{ room: "den" }, {}]) {
  const place = where.room ?? "the service";

  Deno.test(`A user who is muted in ${place} cannot speak by a new name`, async () => {
    const { scene, guest, moderator } = await muteIn(where);
    using _ = scene;
    assert.equal(await scene.ask(guest, { type: "name", name: "BUY MY COINS" }), "muted");
    await moderator.ask();
    assert.equal(moderator.last("renamed"), undefined);
  });

  Deno.test(`Whoever is muted in ${place} cannot speak by the settings of an own room`, async () => {
    const { scene, guest } = await muteIn(where);
    using _ = scene;
    for (const setting of [{ title: "BUY" }, { topic: "BUY" }, { readOnly: true }]) {
      assert.equal(await scene.ask(guest, { type: "room", room: "den", ...setting }), "muted");
    }
  });

  Deno.test(`Whoever is muted in ${place} deletes own messages, and cannot say why`, async () => {
    const { scene, guest, moderator } = await muteIn(where);
    using _ = scene;
    const request = { type: "delete", room: "den", of: scene.of };
    assert.equal(await scene.ask(guest, { ...request, reason: "BUY MY COINS" }), "muted");
    assert.equal(await scene.ask(guest, request), "done");
    await moderator.ask();
    assert.ok(!JSON.stringify(moderator.frames).includes("BUY MY COINS"));
  });
}

Deno.test("While guests are locked out, they cannot speak by names, settings or reasons", async () => {
  using scene = new Scene();
  const { moderator, guest } = await scene.enter();
  await scene.ask(moderator, { type: "moderate", action: "lockdown" });
  for (
    const request of [
      { type: "name", name: "BUY MY COINS" },
      { type: "room", room: "den", topic: "BUY" },
      { type: "delete", room: "den", of: scene.of, reason: "BUY" },
    ]
  ) assert.equal(await scene.ask(guest, request), "locked_down", request.type);
  await scene.ask(moderator, { type: "moderate", action: "unlock" });
  assert.equal(await scene.ask(guest, { type: "name", name: "Gus" }), "done");
});

Deno.test("Whoever is muted in the service cannot come back under a new name, and nobody from the address can choose one", async () => {
  using chat = new MemberChat();
  const address = "192.0.2.1";
  const enter = async (hello: Frame) => {
    const client = chat.connect({ address });
    await client.ask({ type: "hello", ...hello });
    return client;
  };
  const moderator = await chat.become("Mia", { role: "moderator" });
  const guest = await enter({ name: "Guy" });
  const { user } = guest.you;
  await moderator.ask({ type: "moderate", action: "mute", user });
  await chat.beat();
  const names: unknown[] = [];
  for (const hello of [{ resume: guest.resume }, {}]) {
    names.push((await enter({ name: "BUY MY COINS", ...hello })).you.name);
  }
  assert.deepEqual([names[0], names.includes("BUY MY COINS")], ["Guy", false]);
  await moderator.ask({ type: "moderate", action: "unmute", user });
  await chat.beat();
  assert.equal((await enter({ name: "Gus" })).you.name, "Gus");
});
