/** Several users of an app, one after the other on one storage: nobody's messages are sent as another user's. */
import assert from "node:assert/strict";
import { flushMicrotasks } from "../../../support/fakes.ts";
import {
  codeOf,
  FakePlatform,
  FakeStorage,
  kindOf,
  said,
  startChat,
  type StartedChat,
} from "../fake_platform.ts";

/** Starts a page of an app; nothing has been answered yet. */
async function openPage(storage?: FakeStorage): Promise<StartedChat> {
  const begun = startChat({ token: () => "opaque", ...(storage && { storage }) });
  await flushMicrotasks();
  return begun;
}

/** The server says who the user is. */
async function greet(world: FakePlatform, user: string): Promise<void> {
  await world.socket.open();
  await world.socket.sendHello({ user, resume: undefined, service: "s1" });
}

/** The same, in the room. */
async function enter({ chat, world }: StartedChat, user: string): Promise<void> {
  chat.join("lobby");
  await greet(world, user);
  await world.socket.sendJoined("lobby");
}

/** The connection is cut; the next attempt is under way. */
async function cut(world: FakePlatform): Promise<void> {
  await world.socket.serverCloses();
  await world.advance(20_000);
}

async function acknowledge({ world }: StartedChat, position: string): Promise<void> {
  await world.socket.serverAnswers("say", { type: "ack", room: "lobby", position, at: 1 });
}

const textsSent = ({ world }: StartedChat) => world.socket.sentOf("say").map(({ text }) => text);
const textsKept = ({ chat }: StartedChat) =>
  chat.outbox.value.map(({ action }) => action.type === "say" ? action.text : action.type);

Deno.test("Outbox keeps a user's messages for that user while another uses the storage", async () => {
  const storage = new FakeStorage();
  const ann = await openPage(storage);
  await enter(ann, "a_ann");
  await cut(ann.world);
  ann.chat.join("lobby").say("from Ann");
  ann.chat.join("attic").react("e:1", "👍");
  ann.chat.close();

  const bob = await openPage(storage);
  await enter(bob, "a_bob");
  bob.chat.join("lobby").say("from Bob");
  assert.deepEqual([textsSent(bob), textsKept(bob)], [["from Bob"], ["from Bob"]]);
  bob.chat.close();
});

Deno.test("Outbox sends a user's messages when that user is back, in their order", async () => {
  const storage = new FakeStorage();
  for (const [user, text] of [["a_ann", "one"], ["a_bob", "two"], ["a_ann", "three"]] as const) {
    const page = await openPage(storage);
    await greet(page.world, user);
    page.chat.join("lobby").say(text);
    page.chat.close();
  }
  const ann = await openPage(storage);
  assert.deepEqual(textsKept(ann), [], "the user is not known yet");
  await enter(ann, "a_ann");
  assert.deepEqual(textsKept(ann), ["one", "three"]);
  await acknowledge(ann, "e:1");
  assert.deepEqual(textsSent(ann), ["one", "three"]);
  ann.chat.close();
});

for (const keeps of [true, false]) {
  Deno.test(`Outbox changes with the user of a chat, ${keeps ? "with" : "without"} a storage`, async () => {
    const page = await openPage(keeps ? new FakeStorage() : undefined);
    const { chat, world } = page;
    await enter(page, "a_ann");
    await cut(world);
    const first = chat.join("lobby").say("from Ann");
    let isSettled = false;
    const settled = chat.settled().then(() => isSettled = true);
    await greet(world, "a_bob");
    await world.socket.sendJoined("lobby");
    assert.deepEqual([textsSent(page), textsKept(page), kindOf(first.state)], [[], [], "waiting"]);
    assert.ok(!isSettled, "Ann's message is not in the log");
    first.discard();
    first.sendAgain();
    const second = chat.join("lobby").say("from Bob");
    assert.deepEqual(textsSent(page), ["from Bob"]);
    await cut(world);
    await greet(world, "a_ann");
    await world.socket.sendJoined("lobby");
    assert.deepEqual([textsSent(page), textsKept(page)], [["from Ann"], ["from Ann"]]);
    await acknowledge(page, "e:1");
    await Promise.all([first.sent, settled]);
    assert.equal(kindOf(second.state), "waiting");
    chat.close();
    assert.equal(await codeOf(second.sent), "closed");
  });
}

Deno.test("Outbox sends what was written before the hello as the first user, and not as the next", async () => {
  for (const [user, sent] of [["a_ann", ["early"]], ["a_bob", []]] as const) {
    const page = await openPage(new FakeStorage());
    const delivery = page.chat.join("lobby").say("early");
    await greet(page.world, "a_ann");
    await cut(page.world);
    await greet(page.world, user);
    await page.world.socket.sendJoined("lobby");
    assert.deepEqual(textsSent(page), sent);
    assert.equal(kindOf(delivery.state), sent.length > 0 ? "sending" : "waiting");
    page.chat.close();
  }
});

Deno.test("Outbox asks about what was written before the hello of a page that is gone", async () => {
  const storage = new FakeStorage();
  const before = await openPage(storage);
  before.chat.join("lobby").say("whose?");
  before.chat.close();

  const guest = startChat({ storage });
  assert.deepEqual(textsKept(guest), []);
  guest.chat.close();

  for (const decides of [false, true]) {
    const ann = await openPage(storage);
    const [early] = ann.chat.outbox.value;
    assert.equal(early && kindOf(early.state), "waiting", "there is nobody to decide yet");
    await enter(ann, "a_ann");
    const [delivery] = ann.chat.outbox.value;
    assert.deepEqual(delivery?.state.value, { kind: "unsure", reason: "unknown_author" });
    assert.deepEqual(textsSent(ann), []);
    if (decides) {
      delivery.sendAgain();
      assert.deepEqual(textsSent(ann), ["whose?"]);
    }
    ann.chat.close();
  }
  const bob = await openPage(storage);
  await enter(bob, "a_bob");
  assert.deepEqual(textsKept(bob), [], "Ann has made it hers");
  bob.chat.close();
});

Deno.test("Outbox does not send a guest's messages as an app's user, nor the other way around", async () => {
  const storage = new FakeStorage();
  const guest = startChat({ storage });
  guest.chat.join("lobby").say("from a guest");
  guest.chat.close();
  const ann = await openPage(storage);
  await enter(ann, "a_ann");
  await cut(ann.world);
  ann.chat.join("lobby").say("from Ann");
  ann.chat.close();
  const again = startChat({ storage });
  again.chat.join("lobby");
  await again.world.socket.open();
  // A guest without a session token is still the same person.
  await again.world.socket.sendHello({ user: "u9" });
  await again.world.socket.sendJoined("lobby");
  assert.deepEqual(textsSent(again), ["from a guest"]);
  again.chat.close();
});

Deno.test("Outbox looks for what it has sent before it sends it again to a user who is back", async () => {
  const page = await openPage();
  const { chat, world } = page;
  await enter(page, "a_ann");
  const delivery = chat.join("lobby").say("from Ann");
  await cut(world);
  await greet(world, "a_bob");
  await world.socket.sendJoined("lobby");
  await world.socket.serverSends(said(1, "from Ann", { user: "a_ann", id: delivery.id }));
  // Longer than the server recognizes it.
  for (let minute = 0; minute < 10; minute++) {
    await world.advance(20_000);
    await world.socket.serverSends({ type: "ping" });
    await world.advance(20_000);
    await world.socket.serverSends({ type: "ping" });
    await world.advance(20_000);
    await world.socket.serverSends({ type: "ping" });
  }
  await cut(world);
  await greet(world, "a_ann");
  await world.socket.sendJoined("lobby", { position: "e:1", recovered: true });
  assert.deepEqual(textsSent(page), []);
  await world.socket.serverAnswers("history", {
    ...{ type: "history", room: "lobby", more: false, position: "e:1" },
    messages: [{ ...said(1, "from Ann", { user: "a_ann", id: delivery.id }) }],
  });
  assert.equal(kindOf(delivery.state), "sent");
  chat.close();
});

Deno.test("Room does not send a read marker as another user than the one who has read", async () => {
  for (const [user, sent] of [["a_ann", ["e:1"]], ["a_bob", []]] as const) {
    const page = await openPage();
    await enter(page, "a_ann");
    const { world } = page;
    await world.socket.serverSends(said(1, "hello"));
    await cut(world);
    page.chat.join("lobby").markRead("e:1");
    await greet(world, user);
    await world.socket.sendJoined("lobby", { position: "e:1", recovered: true, unread: 1 });
    assert.deepEqual(world.socket.sentOf("read").map(({ position }) => position), sent);
    page.chat.close();
  }
});

Deno.test("Outbox also tells users apart whom a proxy has signed in, without a token", async () => {
  const storage = new FakeStorage();
  const visit = async (user: string, ...early: readonly string[]) => {
    const page = startChat({ storage });
    for (const text of early) page.chat.join("lobby").say(text);
    await enter(page, user);
    const texts = [textsSent(page), textsKept(page)];
    page.chat.close();
    return texts;
  };
  assert.deepEqual(await visit("a_ann", "first visit"), [["first visit"], ["first visit"]]);
  assert.deepEqual(await visit("a_jose"), [[], []]);
  assert.deepEqual(await visit("a_jose", "early"), [["early"], ["early"]]);
  assert.deepEqual(await visit("a_ann"), [["first visit"], ["first visit"]]);

  const gone = startChat({ storage });
  gone.chat.join("lobby").say("whose?");
  gone.chat.close();
  assert.deepEqual(await visit("a_jose"), [["early"], ["early", "whose?"]]);
});

Deno.test("Outbox keeps what it cannot read back from a storage when the user becomes known", async () => {
  const storage = new FakeStorage();
  Object.defineProperty(storage, "length", {
    get: () => {
      throw new DOMException("forbidden", "SecurityError");
    },
  });
  storage.isFull = true;
  const page = await openPage(storage);
  page.chat.join("lobby").say("early");
  await greet(page.world, "a_ann");
  await page.world.socket.sendJoined("lobby");
  assert.deepEqual(textsSent(page), ["early"]);
  page.chat.close();
});
