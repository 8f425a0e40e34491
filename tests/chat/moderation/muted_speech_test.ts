/** A user who is muted has no other way to show others a text. */
import assert from "node:assert/strict";
import { TextHandler } from "../../../lib/chat/handlers/text_handler.ts";
import { FakeSocket } from "../../support/fakes.ts";
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

const ADDRESS = "192.0.2.1";

/** A guest called Guy and a moderator in the lobby, where the guest is muted, and has left. */
async function muteInLobby() {
  const chat = new MemberChat();
  const moderator = await chat.become("Mia", { role: "moderator" }, "lobby");
  const guest = chat.connect({ address: ADDRESS });
  await guest.ask({ type: "hello", name: "Guy" }, { type: "join", room: "lobby" });
  const { user } = guest.you;
  await moderator.ask({ type: "moderate", action: "mute", room: "lobby", user });
  await chat.beat();
  await guest.ask({ type: "leave", room: "lobby" });
  return { chat, moderator, guest, user };
}

/** Whether anything that a client was sent contains the text. */
function hasSeen(client: JsonClient, text: string): boolean {
  return JSON.stringify(client.frames).includes(text);
}

Deno.test("Whoever is muted in a room comes back under the name of the mute, whatever the hello asks for", async () => {
  const { chat, moderator, guest, user } = await muteInLobby();
  using _ = chat;
  const again = chat.connect({ address: ADDRESS });
  await again.ask({ type: "hello", resume: guest.resume, name: "BUY MY COINS" });
  assert.equal(again.you.user, user);
  const joins = [{}, { temporaryName: true }];
  for (const options of joins) {
    const [joined] = await again.ask({ type: "join", room: "lobby", ...options });
    assert.equal(joined?.name, "Guy");
    await chat.beat(15_000);
    await again.ask({ type: "leave", room: "lobby" });
    await chat.beat();
  }
  assert.equal(hasSeen(moderator, "BUY"), false);
  await again.ask({ type: "join", room: "attic" });
  assert.equal(again.last("joined")?.name, "BUY MY COINS");
  await moderator.ask({ type: "moderate", action: "unmute", room: "lobby", user });
  await again.ask({ type: "join", room: "lobby" });
  assert.equal(again.last("joined")?.name, "BUY MY COINS");
});

Deno.test("A member who was muted while away keeps the own name, in the room and after the mute", async () => {
  using chat = new MemberChat();
  const moderator = await chat.become("Mia", { role: "moderator" }, "lobby");
  const ann = await chat.become("Ann", {}, "lobby");
  const { user } = ann.you;
  await ann.ask({ type: "leave", room: "lobby" });
  await chat.beat(60_000);
  await moderator.ask({ type: "moderate", action: "mute", room: "lobby", user, seconds: 60 });
  await chat.beat();
  await ann.ask({ type: "join", room: "lobby", temporaryName: true });
  const joined = ann.last("joined");
  assert.equal(joined?.["name"], "Ann");
  assert.ok(joined["muted"]);
  await chat.beat(120_000);
  await ann.ask({ type: "say", room: "lobby", text: "free" });
  await moderator.ask();
  assert.equal(moderator.last("said")?.["name"], "Ann");
});

Deno.test("Whoever is muted in a room enters it under a guest name if the name of the mute is somebody else's now", async () => {
  const { chat, moderator, guest } = await muteInLobby();
  using _ = chat;
  await chat.enter({ name: "Guy" }, "lobby");
  const again = chat.connect({ address: ADDRESS });
  await again.ask({ type: "hello", resume: guest.resume, name: "BUY MY COINS" });
  const [joined] = await again.ask({ type: "join", room: "lobby" });
  assert.match(String(joined?.name), /^guest\d/);
  await chat.beat();
  assert.equal(hasSeen(moderator, "BUY"), false);
});

Deno.test("Whoever is muted in a room cannot choose another name while joining it", async () => {
  const { chat, moderator, guest } = await muteInLobby();
  using _ = chat;
  await moderator.ask({ type: "leave", room: "lobby" });
  // The room is closed now, so who is muted is not known when the request arrives.
  await chat.beat(120_000);
  const again = chat.connect({ address: ADDRESS });
  await again.ask({ type: "hello", resume: guest.resume, name: "Guy" });
  const frames = await again.ask(
    { type: "join", id: "j", room: "lobby" },
    { type: "name", id: "n", name: "BUY MY COINS" },
  );
  assert.equal(frames.find(({ type }) => type === "joined")?.name, "Guy");
  await chat.beat(15_000);
  await moderator.ask({ type: "join", room: "lobby", limit: 50 });
  assert.equal(hasSeen(moderator, "BUY"), false);
});

Deno.test("In plain text, guests from the address of one who is muted in a room enter it under guest names", async () => {
  const { chat, moderator } = await muteInLobby();
  using _ = chat;
  const [watcher, socket] = [new FakeSocket(), new FakeSocket()];
  const options = { room: "lobby", since: undefined, history: undefined };
  new TextHandler(watcher, chat.chat.context, { ...options, name: "Pat", notices: "1" });
  await chat.beat();
  const named = { ...options, name: "BUY MY COINS", notices: undefined };
  const handler = new TextHandler(socket, chat.chat.context, named, { address: ADDRESS });
  await chat.beat();
  handler.onMessage("/whoami");
  handler.onMessage("hello");
  await chat.beat();
  assert.match(String(socket.sent[0]), /^\* guest\d+ in lobby$/);
  assert.match(String(socket.sent[1]), /^! you are muted/);
  assert.match(watcher.sent.join("\n"), /\* guest\d+ joined/);
  assert.doesNotMatch(watcher.sent.join("\n"), /BUY/);
  assert.equal(hasSeen(moderator, "BUY"), false);
});
