/** The client library and the real service: what two people do with each other, on one device or two, over lines that are cut. */
import assert from "node:assert/strict";
import { type Chat, connect, type Room, Timeline } from "../../static/client.js";
import type { ChatOptions } from "../../static/client/chat.js";
import { startService } from "../service.ts";
import { codeOf, FakeStorage, heard, kindOf } from "./client_fakes.ts";
import { ByteLink, QuickWorld, soon, when } from "./client_wires.ts";

/** Somebody who is there. */
interface Present extends AsyncDisposable {
  readonly chat: Chat;
  readonly room: Room;
  readonly world: QuickWorld;
}

/** Comes to a room and waits until there. */
async function come(
  url: string,
  name: string,
  options: ChatOptions = {},
  room = "lobby",
): Promise<Present> {
  const world = new QuickWorld(1);
  const chat = connect(url, { name, surroundings: world, ...options });
  const present = {
    ...{ chat, world, room: chat.join(room) },
    async [Symbol.asyncDispose]() {
      chat.close();
      await world[Symbol.asyncDispose]();
    },
  };
  await soon(`${name} to join`, isThere(present.room));
  return present;
}

/** Where all that is told is noted. */
class OverheardWorld extends QuickWorld {
  readonly told: string[] = [];

  override open(url: string, protocol: string): WebSocket {
    const socket = super.open(url, protocol);
    socket.addEventListener("message", ({ data }) => this.told.push(String(data)));
    return socket;
  }
}

async function isThere(room: Room): Promise<void> {
  await when(room.state, ({ kind }) => kind === "joined");
}

/** Resolves with the next event of a type. */
function next<T extends string>(room: Room, type: T): Promise<{ readonly type: T }> {
  return soon(
    type,
    new Promise((resolve) => {
      const stop = room.events.subscribe((event) => {
        if (event.type !== type) return;
        stop();
        resolve({ ...event, type });
      });
    }),
  );
}

Deno.test("Two chats talk, edit, react, reply, delete, and tell it each other in one order", async () => {
  await using service = await startService();
  await using ann = await come(`${service.url}/ws`, "Ann");
  await using bob = await come(`${service.url}/ws`, "Bob");
  const [annHeard, bobHeard] = [heard(ann.room.events), heard(bob.room.events)];
  const hello = await ann.room.say("hello").sent;
  const reply = await bob.room.say("hello, Ann", { reply: hello.position }).sent;
  await ann.room.edit(hello.position, "hello, all").sent;
  await bob.room.react(hello.position, "👋").sent;
  await bob.room.react(hello.position, "🎉").sent;
  await bob.room.react(hello.position, "🎉", false).sent;
  await bob.room.delete(reply.position).sent;
  await ann.room.say("世界 👋\nand more").sent;
  await soon(
    "the outboxes",
    Promise.all([ann, bob].map(({ chat }) => when(chat.outbox, (it) => it.length === 0))),
  );
  await soon("Bob", when(bob.room.last, (it) => it?.text === "世界 👋\nand more"));
  const types = ["said", "said", "edited", "reacted", "reacted", "reacted", "deleted", "said"];
  assert.deepEqual(annHeard.map(({ type }) => type), types);
  assert.deepEqual(annHeard, bobHeard);

  const { messages, more } = await bob.room.history();
  assert.equal(more, false);
  const users = [bob.chat.me.value?.user];
  assert.deepEqual(
    messages.map(({ text, reply, deleted, reactions }) => [text, reply, deleted, reactions]),
    [
      ["hello, all", undefined, undefined, { "👋": users }],
      ["", hello.position, true, undefined],
      ["世界 👋\nand more", undefined, undefined, undefined],
    ],
  );
  const page = await ann.room.history({ before: messages[2]?.position, limit: 1 });
  assert.deepEqual([page.messages.map(({ id }) => id), page.more], [[messages[1]?.id], true]);
});

Deno.test("Two chats are refused what is not theirs, with the server's code", async () => {
  await using service = await startService();
  await using ann = await come(`${service.url}/ws`, "Ann");
  await using bob = await come(`${service.url}/ws`, "Bob");
  const { position } = await ann.room.say("mine").sent;
  assert.equal(await codeOf(bob.room.edit(position, "his").sent), "not_yours");
  assert.equal(await codeOf(bob.room.react("x:99", "👋").sent), "gone");
  assert.equal(await codeOf(bob.room.say("").sent), "empty");
  assert.equal(await codeOf(bob.room.say("x".repeat(70_000)).sent), "too_long");
  assert.equal(await codeOf(bob.room.say("x".repeat(700_000)).sent), "too_long");
  assert.equal(await codeOf(bob.room.delete(position).sent), "not_yours");
  assert.equal(kindOf(bob.chat.state), "online");
  await ann.room.delete(position).sent;
  await ann.room.delete(position).sent;
});

Deno.test("Two chats see each other come, write, take another name, and go", async () => {
  await using service = await startService();
  await using ann = await come(`${service.url}/ws`, "Ann");
  const names = () => ann.room.members.value.members.map(({ name }) => name).sort().join();
  {
    await using bob = await come(`${service.url}/ws`, "Bob");
    await soon("Bob", when(ann.room.members, ({ count }) => count === 2));
    assert.equal(names(), "Ann,Bob");
    assert.deepEqual((await bob.room.who()).count, 2);

    bob.room.type();
    await soon("typing", when(ann.room.typing, (it) => it[0]?.name === "Bob"));
    bob.room.say("there");
    await soon("no typing", when(ann.room.typing, (it) => it.length === 0));

    assert.equal(await codeOf(bob.chat.rename("ann")), "name_taken");
    assert.equal(await codeOf(bob.chat.rename("!")), "bad_name");
    await bob.chat.rename("Rob");
    await soon("the new name", when(ann.room.members, () => names() === "Ann,Rob"));
    assert.equal(bob.chat.me.value?.name, "Rob");
    await soon("one's own new name", when(bob.room.me, (it) => it === "Rob"));
    bob.room.leave();
    await soon("Bob's leaving", when(ann.room.members, ({ count }) => count === 1));
    assert.equal(names(), "Ann");
    const again = bob.chat.join("lobby");
    await soon("Bob's return", isThere(again));
    assert.equal(again.last.value?.text, "there");
    await again.say("back").sent;
  }
  await soon("Bob's last word", when(ann.room.last, (it) => it?.text === "back"));
});

Deno.test("A chat is refused a room where its name is taken, and let in under another", async () => {
  await using service = await startService();
  await using _ann = await come(`${service.url}/ws`, "Ann");
  const world = new QuickWorld(1);
  await using _ended = world;
  using chat = connect(`${service.url}/ws`, { name: "ANN", surroundings: world });
  const room = chat.join("lobby");
  const refused = await soon("a refusal", when(room.state, ({ kind }) => kind === "refused"));
  assert.equal(refused.kind === "refused" && refused.error.code, "name_taken");
  await chat.rename("Anna");
  await soon("Anna", isThere(room));
  assert.equal(room.me.value, "Anna");
});

Deno.test("A chat is told why it was refused, and ends", async () => {
  await using service = await startService();
  const world = new QuickWorld(1);
  await using _ended = world;
  using chat = connect(`${service.url}/ws`, { name: "* bad", surroundings: world });
  const { kind, ...closed } = await soon("the end", when(chat.state, (it) => it.kind === "closed"));
  assert.deepEqual([kind, "error" in closed && closed.error?.code], ["closed", "bad_name"]);
});

Deno.test("A chat ends at a server's path that does not speak its protocol", async () => {
  await using service = await startService();
  const world = new QuickWorld(1);
  await using _ended = world;
  using chat = connect(`${service.url}/s`, { surroundings: world });
  const state = await soon("an end", when(chat.state, ({ kind }) => kind !== "connecting"));
  assert.equal(state.kind === "closed" && state.error?.code, "closed");
});

Deno.test("Two devices of one person share the name and the mark of what was read", async () => {
  await using service = await startService();
  const [desk, phone] = [new FakeStorage(), new FakeStorage()];
  await using bob = await come(`${service.url}/ws`, "Bob");
  {
    await using ann = await come(`${service.url}/ws`, "Ann", { storage: desk });
    const positions = [];
    for (const text of ["one", "two", "three"]) {
      positions.push((await bob.room.say(text).sent).position);
    }
    await soon("three", when(ann.room.unread, (it) => it === 3));
    const token = `parley ${service.url.replace("http", "ws")}/ws resume`;
    phone.setItem(token, desk.getItem(token) ?? "");
    await using other = await come(`${service.url}/ws`, "Ann", { storage: phone });
    assert.equal(other.chat.me.value?.user, ann.chat.me.value?.user);
    assert.equal(other.room.unread.value, 3);
    ann.room.markRead(positions[1] ?? "");
    assert.deepEqual([ann.room.unread.value, ann.room.read.value], [1, positions[1]]);
    await ann.room.who();
  }
  await using later = await come(`${service.url}/ws`, "Ann", { storage: phone });
  assert.equal(later.room.unread.value, 1);
  assert.equal((await later.room.who()).count, 2);
});

Deno.test("A chat that was cut off comes back by itself, as the same person, and misses nothing", async () => {
  await using service = await startService();
  await using link = new ByteLink(service.port);
  await using ann = await come(link.url, "Ann");
  await using bob = await come(`${service.url}/ws`, "Bob");
  const { user } = ann.chat.me.value ?? {};
  const events = heard(ann.room.events);
  const kinds = heard(ann.room.state);
  await ann.room.say("before").sent;
  link.isDown = true;
  link.cut();
  await soon("the loss", when(ann.chat.state, ({ kind }) => kind === "waiting"));
  const offline = ann.room.say("while offline");
  await bob.room.say("while she was away").sent;
  await bob.chat.rename("Rob");
  const back = next(ann.room, "resumed");
  link.isDown = false;
  await back;
  await offline.sent;
  await soon("all", when(ann.chat.outbox, (it) => it.length === 0));
  const told = events.map((it) => it.type === "said" ? [it.text, it.replayed] : it.type);
  assert.deepEqual(told, [
    ["before", false],
    "resumed",
    ["while she was away", true],
    told[3],
    ["while offline", false],
  ]);
  assert.equal(events[3]?.type, "renamed");
  assert.deepEqual(kinds.map(({ kind }) => kind), ["joined", "joining", "joined"]);
  assert.equal(ann.chat.me.value?.user, user);
  assert.deepEqual(ann.room.members.value.members.map(({ name }) => name).sort(), ["Ann", "Rob"]);
});

Deno.test("A chat comes back at once when it is woken while the server was away", async () => {
  await using service = await startService();
  await using link = new ByteLink(service.port);
  await using ann = await come(link.url, "Ann");
  link.cut();
  ann.world.wake();
  await soon("the return", next(ann.room, "resumed"));
});

Deno.test("A page that is loaded again sends what the one before has left, once", async () => {
  await using service = await startService();
  await using link = new ByteLink(service.port);
  const storage = new FakeStorage();
  const ids: string[] = [];
  {
    await using ann = await come(link.url, "Ann", { storage });
    link.isDown = true;
    link.cut();
    await soon("the loss", when(ann.chat.state, ({ kind }) => kind === "waiting"));
    for (const text of ["one", "two"]) ids.push(ann.room.say(text).id);
  }
  assert.equal(storage.deeds.length, 2);
  link.isDown = false;
  await using ann = await come(link.url, "Ann", { storage });
  await soon("all", ann.chat.settled());
  await soon("all entries", when(ann.chat.outbox, (it) => it.length === 0));
  const { messages } = await ann.room.history();
  assert.deepEqual(messages.map(({ id, text }) => [id, text]), [[ids[0], "one"], [ids[1], "two"]]);
  assert.deepEqual(storage.deeds, []);
});

Deno.test("A program says something and goes", async () => {
  await using service = await startService();
  await using bob = await come(`${service.url}/ws`, "Bob");
  const world = new QuickWorld(1);
  {
    using chat = connect(service.url.replace("http", "ws") + "/ws", { surroundings: world });
    chat.join("lobby").say("one");
    chat.join("attic").say("two");
    await soon("all", chat.settled());
  }
  await world[Symbol.asyncDispose]();
  await soon("one", when(bob.room.last, (it) => it?.text === "one"));
  await using there = await come(`${service.url}/ws`, "Eve", {}, "attic");
  assert.equal(there.room.last.value?.text, "two");
});

Deno.test("A chat ends with its signal", async () => {
  await using service = await startService();
  const stop = new AbortController();
  await using ann = await come(`${service.url}/ws`, "Ann", { signal: stop.signal });
  const loop = (async () => {
    for await (const event of ann.room.events) {
      if (event.type === "said") stop.abort();
    }
  })();
  ann.room.say("the last word");
  await soon("the loop's end", loop);
  assert.equal(kindOf(ann.chat.state), "closed");
});

Deno.test("A chat joins as many rooms as one may be in, without being told to slow down", async () => {
  await using service = await startService({ MESSAGES_PER_SECOND: "100" });
  await using ann = await come(`${service.url}/ws`, "Ann");
  const rooms = Array.from({ length: 31 }, (_, index) => ann.chat.join(`room-${index}`));
  await soon("all rooms", Promise.all(rooms.map(isThere)));
  const tooMany = ann.chat.join("one-too-many");
  const refused = await soon("a refusal", when(tooMany.state, ({ kind }) => kind === "refused"));
  assert.equal(refused.kind === "refused" && refused.error.code, "too_many_rooms");
});

Deno.test("A chat that is closed by a service that restarts stays away as long as it was asked to", async () => {
  const service = await startService();
  const world = new QuickWorld(1);
  await using _ended = world;
  using chat = connect(`${service.url}/ws`, { name: "Ann", surroundings: world });
  await soon("Ann", isThere(chat.join("lobby")));
  const waiting = when(chat.state, ({ kind }) => kind === "waiting");
  const stopped = service[Symbol.asyncDispose]();
  const state = await soon("the farewell", waiting);
  assert.equal(state.kind === "waiting" && state.code, 1012);
  assert.ok(state.kind === "waiting" && state.retryAt >= Date.now());
  await stopped;
});

Deno.test("What was deleted or edited while one was away is not told to whoever comes back", async () => {
  await using service = await startService();
  await using link = new ByteLink(service.port);
  await using ann = await come(link.url, "Ann");
  await using bob = await come(`${service.url}/ws`, "Bob");
  const timeline = new Timeline();
  const texts: string[] = [];
  ann.room.events.subscribe((event) => {
    timeline.take(event);
    if ("text" in event) texts.push(event.text);
  });
  await bob.room.say("before").sent;
  await soon("it", when(ann.room.last, (it) => it?.text === "before"));
  link.isDown = true;
  link.cut();
  await soon("the loss", when(ann.chat.state, ({ kind }) => kind === "waiting"));
  const [secret, draft] = [
    await bob.room.say("a secret").sent,
    await bob.room.say("a first try").sent,
  ];
  await bob.room.edit(draft.position, "what was meant").sent;
  await bob.room.delete(secret.position).sent;
  const last = await bob.room.say("the end").sent;
  link.isDown = false;
  await soon("all", when(ann.room.last, (it) => it?.position === last.position));
  assert.ok(!texts.includes("a secret") && !texts.includes("a first try"), texts.join(", "));
  assert.deepEqual(
    timeline.messages.map(({ text, deleted, edited }) => [text, deleted, edited !== undefined]),
    [
      ["before", undefined, false],
      ["", true, false],
      ["what was meant", undefined, true],
      ["the end", undefined, false],
    ],
  );
});

Deno.test("A long outbox is sent in order, and the service never has to ask for less", async () => {
  const settings = { MESSAGES_PER_SECOND: "100", BYTES_PER_SECOND: "60000" };
  await using service = await startService(settings);
  await using world = new OverheardWorld(1);
  await using ann = await come(`${service.url}/ws`, "Ann", { surroundings: world });
  const slowed = heard(ann.chat.isSlowed);
  const texts = Array.from(
    { length: 320 },
    (_, i) => i % 16 > 0 ? `${i}` : `${i} ${"x".repeat(30_000)}`,
  );
  for (const text of texts) ann.room.say(text);
  await soon("all", ann.chat.settled());
  const { messages } = await ann.room.history({ limit: 200 });
  assert.deepEqual(world.told.filter((it) => it.includes("slow_down")), []);
  assert.equal(ann.chat.state.value.kind, "online");
  assert.ok(slowed.includes(true), "it was more than may be sent at once");
  assert.deepEqual(messages.map(({ text }) => text), texts.slice(-messages.length));
});
