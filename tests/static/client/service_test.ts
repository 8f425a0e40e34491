/** The client library with the real service: two users, on one device or two, over connections that are cut. */
import assert from "node:assert/strict";
import { type Chat, connect, type Room, Timeline } from "../../../static/client.js";
import type { ChatOptions } from "../../../static/client/chat.js";
import { FaultProxy } from "../../support/clients/fault_proxy.ts";
import { withinDeadline } from "../../support/provision.ts";
import { startTestService } from "../../support/service.ts";
import { codeOf, collect, FakeStorage, kindOf } from "./fake_platform.ts";
import { QuickPlatform, waitForValue } from "./quick_platform.ts";

/** A connected user. */
interface ConnectedClient extends AsyncDisposable {
  readonly chat: Chat;
  readonly room: Room;
  readonly world: QuickPlatform;
}

/** Joins a room and waits until joined. */
async function connectClient(
  url: string,
  name: string,
  options: ChatOptions = {},
  room = "lobby",
): Promise<ConnectedClient> {
  const world = new QuickPlatform(1);
  const chat = connect(url, { name, platform: world, ...options });
  const client = {
    ...{ chat, world, room: chat.join(room) },
    async [Symbol.asyncDispose]() {
      chat.close();
      await world[Symbol.asyncDispose]();
    },
  };
  await withinDeadline(`${name} to join`, whenJoined(client.room));
  return client;
}

/** Collects events. */
class RecordingPlatform extends QuickPlatform {
  readonly received: string[] = [];

  override open(url: string, protocol: string): WebSocket {
    const socket = super.open(url, protocol);
    socket.addEventListener("message", ({ data }) => this.received.push(String(data)));
    return socket;
  }
}

async function whenJoined(room: Room): Promise<void> {
  await waitForValue(room.state, ({ kind }) => kind === "joined");
}

/** Resolves with the next event of a type. */
function next<T extends string>(room: Room, type: T): Promise<{ readonly type: T }> {
  return withinDeadline(
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

Deno.test("Two chats send, edit, react, reply and delete, and receive everything in one order", async () => {
  await using service = await startTestService();
  await using ann = await connectClient(`${service.url}/ws`, "Ann");
  await using bob = await connectClient(`${service.url}/ws`, "Bob");
  const [annHeard, bobHeard] = [collect(ann.room.events), collect(bob.room.events)];
  const hello = await ann.room.say("hello").sent;
  const reply = await bob.room.say("hello, Ann", { reply: hello.position }).sent;
  await ann.room.edit(hello.position, "hello, all").sent;
  await bob.room.react(hello.position, "👋").sent;
  await bob.room.react(hello.position, "🎉").sent;
  await bob.room.react(hello.position, "🎉", false).sent;
  await bob.room.delete(reply.position).sent;
  await ann.room.say("世界 👋\nand more").sent;
  await withinDeadline(
    "the outboxes",
    Promise.all([ann, bob].map(({ chat }) => waitForValue(chat.outbox, (it) => it.length === 0))),
  );
  await withinDeadline(
    "Bob",
    waitForValue(bob.room.last, (it) => it?.text === "世界 👋\nand more"),
  );
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

Deno.test("Two chats cannot change each other's messages, and receive the server's code", async () => {
  await using service = await startTestService();
  await using ann = await connectClient(`${service.url}/ws`, "Ann");
  await using bob = await connectClient(`${service.url}/ws`, "Bob");
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

Deno.test("Two chats see each other join, type, rename and leave", async () => {
  await using service = await startTestService();
  await using ann = await connectClient(`${service.url}/ws`, "Ann");
  const names = () => ann.room.members.value.members.map(({ name }) => name).sort().join();
  {
    await using bob = await connectClient(`${service.url}/ws`, "Bob");
    await withinDeadline("Bob", waitForValue(ann.room.members, ({ count }) => count === 2));
    assert.equal(names(), "Ann,Bob");
    assert.deepEqual((await bob.room.who()).count, 2);

    bob.room.type();
    await withinDeadline("typing", waitForValue(ann.room.typing, (it) => it[0]?.name === "Bob"));
    bob.room.say("there");
    await withinDeadline("no typing", waitForValue(ann.room.typing, (it) => it.length === 0));

    assert.equal(await codeOf(bob.chat.rename("ann")), "name_taken");
    assert.equal(await codeOf(bob.chat.rename("!")), "bad_name");
    await bob.chat.rename("Rob");
    await withinDeadline(
      "the new name",
      waitForValue(ann.room.members, () => names() === "Ann,Rob"),
    );
    assert.equal(bob.chat.me.value?.name, "Rob");
    await withinDeadline("the new name", waitForValue(bob.room.me, (it) => it === "Rob"));
    bob.room.leave();
    await withinDeadline(
      "Bob's leaving",
      waitForValue(ann.room.members, ({ count }) => count === 1),
    );
    assert.equal(names(), "Ann");
    const again = bob.chat.join("lobby");
    await withinDeadline("Bob's return", whenJoined(again));
    assert.equal(again.last.value?.text, "there");
    await again.say("back").sent;
  }
  await withinDeadline("Bob's last word", waitForValue(ann.room.last, (it) => it?.text === "back"));
});

Deno.test("A chat whose name is taken joins under a temporary name, and is renamed when its own is free", async () => {
  await using service = await startTestService();
  const ann = await connectClient(`${service.url}/ws`, "Ann");
  await using other = await connectClient(`${service.url}/ws`, "Ann", {}, "attic");
  const room = other.chat.join("lobby");
  await withinDeadline("the other Ann to join", whenJoined(room));
  assert.deepEqual([room.me.value, room.wanted.value], ["Ann (2)", "Ann"]);
  assert.deepEqual([other.room.me.value, other.room.wanted.value], ["Ann", null]);
  await room.say("who is Ann?").sent;
  ann.room.leave();
  await withinDeadline("the name", waitForValue(room.me, (name) => name === "Ann"));
  assert.equal(room.wanted.value, null);
  await room.say("I am").sent;
  await withinDeadline("the words", waitForValue(room.last, (it) => it?.text === "I am"));
  assert.equal(room.last.value?.name, "Ann");
  assert.equal(other.chat.me.value?.name, "Ann");
  await ann[Symbol.asyncDispose]();
});

Deno.test("A chat gets its name back in an empty room", async () => {
  await using service = await startTestService();
  await using ann = await connectClient(`${service.url}/ws`, "Ann");
  await using other = await connectClient(`${service.url}/ws`, "Ann");
  assert.equal(other.room.wanted.value, "Ann");
  ann.room.leave();
  await withinDeadline("the name", waitForValue(other.room.me, (name) => name === "Ann"));
  assert.equal(other.room.wanted.value, null);
});

Deno.test("A chat under a temporary name can choose another one", async () => {
  await using service = await startTestService();
  await using _ann = await connectClient(`${service.url}/ws`, "Ann");
  const world = new QuickPlatform(1);
  await using _ended = world;
  using chat = connect(`${service.url}/ws`, { name: "ANN", platform: world });
  const room = chat.join("lobby");
  await withinDeadline("a temporary name", waitForValue(room.me, (name) => name === "ANN (2)"));
  assert.equal(await codeOf(chat.rename("ann")), "name_taken");
  assert.equal(room.wanted.value, "ANN");
  await chat.rename("Anna");
  await withinDeadline("Anna", waitForValue(room.me, (name) => name === "Anna"));
  assert.equal(room.wanted.value, null);
});

Deno.test("A refused chat ends with the reason", async () => {
  await using service = await startTestService();
  const world = new QuickPlatform(1);
  await using _ended = world;
  using chat = connect(`${service.url}/ws`, { name: "* bad", platform: world });
  const { kind, ...closed } = await withinDeadline(
    "the end",
    waitForValue(chat.state, (it) => it.kind === "closed"),
  );
  assert.deepEqual([kind, "error" in closed && closed.error?.code], ["closed", "bad_name"]);
});

Deno.test("A chat ends at a path that does not support its protocol", async () => {
  await using service = await startTestService();
  const world = new QuickPlatform(1);
  await using _ended = world;
  using chat = connect(`${service.url}/s`, { platform: world });
  const state = await withinDeadline(
    "an end",
    waitForValue(chat.state, ({ kind }) => kind !== "connecting"),
  );
  assert.equal(state.kind === "closed" && state.error?.code, "closed");
});

Deno.test("A request that is too long for the service is refused, and the chat goes on", async () => {
  await using service = await startTestService({ MAX_MESSAGE_BYTES: "1000" });
  await using ann = await connectClient(`${service.url}/ws`, "Ann");
  assert.equal(await codeOf(ann.chat.rename("x".repeat(20_000))), "too_long");
  await ann.room.say("hello").sent;
  assert.equal(kindOf(ann.chat.state), "online");
});

Deno.test("Two devices of one user share the name and the read marker", async () => {
  await using service = await startTestService();
  const [desktop, phone] = [new FakeStorage(), new FakeStorage()];
  await using bob = await connectClient(`${service.url}/ws`, "Bob");
  {
    await using ann = await connectClient(`${service.url}/ws`, "Ann", { storage: desktop });
    const positions = [];
    for (const text of ["one", "two", "three"]) {
      positions.push((await bob.room.say(text).sent).position);
    }
    await withinDeadline("three", waitForValue(ann.room.unread, (it) => it === 3));
    const token = `parley ${service.url.replace("http", "ws")}/ws resume`;
    phone.setItem(token, desktop.getItem(token) ?? "");
    await using other = await connectClient(`${service.url}/ws`, "Ann", { storage: phone });
    assert.equal(other.chat.me.value?.user, ann.chat.me.value?.user);
    assert.equal(other.room.unread.value, 3);
    ann.room.markRead(positions[1] ?? "");
    assert.deepEqual([ann.room.unread.value, ann.room.read.value], [1, positions[1]]);
    await ann.room.who();
  }
  await using later = await connectClient(`${service.url}/ws`, "Ann", { storage: phone });
  assert.equal(later.room.unread.value, 1);
  assert.equal((await later.room.who()).count, 2);
});

Deno.test("A disconnected chat reconnects by itself, as the same user, and misses nothing", async () => {
  await using service = await startTestService();
  await using proxy = new FaultProxy(service.port);
  await using ann = await connectClient(`ws://${proxy.host}/ws`, "Ann");
  await using bob = await connectClient(`${service.url}/ws`, "Bob");
  const { user } = ann.chat.me.value ?? {};
  const events = collect(ann.room.events);
  const kinds = collect(ann.room.state);
  await ann.room.say("before").sent;
  proxy.disable();
  await withinDeadline("the loss", waitForValue(ann.chat.state, ({ kind }) => kind === "waiting"));
  const offline = ann.room.say("while offline");
  await bob.room.say("while she was away").sent;
  await bob.chat.rename("Rob");
  const back = next(ann.room, "resumed");
  proxy.enable();
  await back;
  await offline.sent;
  await withinDeadline("all", waitForValue(ann.chat.outbox, (it) => it.length === 0));
  const seen = events.map((it) => it.type === "said" ? [it.text, it.replayed] : it.type);
  assert.deepEqual(seen, [
    ["before", false],
    "resumed",
    ["while she was away", true],
    seen[3],
    ["while offline", false],
  ]);
  assert.equal(events[3]?.type, "renamed");
  assert.deepEqual(kinds.map(({ kind }) => kind), ["joined", "joining", "joined"]);
  assert.equal(ann.chat.me.value?.user, user);
  assert.deepEqual(ann.room.members.value.members.map(({ name }) => name).sort(), ["Ann", "Rob"]);
});

Deno.test("A chat reconnects at once on a resume while the server was down", async () => {
  await using service = await startTestService();
  await using proxy = new FaultProxy(service.port);
  await using ann = await connectClient(`ws://${proxy.host}/ws`, "Ann");
  proxy.cut();
  ann.world.resume();
  await withinDeadline("the return", next(ann.room, "resumed"));
});

Deno.test("A reloaded page sends what the previous one left, once", async () => {
  await using service = await startTestService();
  await using proxy = new FaultProxy(service.port);
  const storage = new FakeStorage();
  const ids: string[] = [];
  {
    await using ann = await connectClient(`ws://${proxy.host}/ws`, "Ann", { storage });
    proxy.disable();
    await withinDeadline(
      "the loss",
      waitForValue(ann.chat.state, ({ kind }) => kind === "waiting"),
    );
    for (const text of ["one", "two"]) ids.push(ann.room.say(text).id);
  }
  assert.equal(storage.actionKeys.length, 2);
  proxy.enable();
  await using ann = await connectClient(`ws://${proxy.host}/ws`, "Ann", { storage });
  await withinDeadline("all", ann.chat.settled());
  await withinDeadline("all entries", waitForValue(ann.chat.outbox, (it) => it.length === 0));
  const { messages } = await ann.room.history();
  assert.deepEqual(messages.map(({ id, text }) => [id, text]), [[ids[0], "one"], [ids[1], "two"]]);
  assert.deepEqual(storage.actionKeys, []);
});

Deno.test("A program sends one message and exits", async () => {
  await using service = await startTestService();
  await using bob = await connectClient(`${service.url}/ws`, "Bob");
  const world = new QuickPlatform(1);
  {
    using chat = connect(service.url.replace("http", "ws") + "/ws", { platform: world });
    chat.join("lobby").say("one");
    chat.join("attic").say("two");
    await withinDeadline("all", chat.settled());
  }
  await world[Symbol.asyncDispose]();
  await withinDeadline("one", waitForValue(bob.room.last, (it) => it?.text === "one"));
  await using there = await connectClient(`${service.url}/ws`, "Eve", {}, "attic");
  assert.equal(there.room.last.value?.text, "two");
});

Deno.test("A chat ends with its signal", async () => {
  await using service = await startTestService();
  const stop = new AbortController();
  await using ann = await connectClient(`${service.url}/ws`, "Ann", { signal: stop.signal });
  const loop = (async () => {
    for await (const event of ann.room.events) {
      if (event.type === "said") stop.abort();
    }
  })();
  ann.room.say("the last word");
  await withinDeadline("the loop's end", loop);
  assert.equal(kindOf(ann.chat.state), "closed");
});

Deno.test("A chat joins up to the room limit without reaching the rate limit", async () => {
  await using service = await startTestService({ MESSAGES_PER_SECOND: "100" });
  await using ann = await connectClient(`${service.url}/ws`, "Ann");
  const rooms = Array.from({ length: 31 }, (_, index) => ann.chat.join(`room-${index}`));
  await withinDeadline("all rooms", Promise.all(rooms.map(whenJoined)));
  const tooMany = ann.chat.join("one-too-many");
  const refused = await withinDeadline(
    "a refusal",
    waitForValue(tooMany.state, ({ kind }) => kind === "refused"),
  );
  assert.equal(refused.kind === "refused" && refused.error.code, "too_many_rooms");
});

Deno.test("A chat closed by a restarting service waits as long as requested before it reconnects", async () => {
  const service = await startTestService();
  const world = new QuickPlatform(1);
  await using _ended = world;
  using chat = connect(`${service.url}/ws`, { name: "Ann", platform: world });
  await withinDeadline("Ann", whenJoined(chat.join("lobby")));
  const waiting = waitForValue(chat.state, ({ kind }) => kind === "waiting");
  const stopped = service[Symbol.asyncDispose]();
  const state = await withinDeadline("the close status", waiting);
  assert.equal(state.kind === "waiting" && state.code, 1012);
  assert.ok(state.kind === "waiting" && state.retryAt >= Date.now());
  await stopped;
});

Deno.test("Texts deleted or edited while a client was offline are not sent to it on return", async () => {
  await using service = await startTestService();
  await using proxy = new FaultProxy(service.port);
  await using ann = await connectClient(`ws://${proxy.host}/ws`, "Ann");
  await using bob = await connectClient(`${service.url}/ws`, "Bob");
  const timeline = new Timeline();
  const texts: string[] = [];
  ann.room.events.subscribe((event) => {
    timeline.apply(event);
    if ("text" in event) texts.push(event.text);
  });
  await bob.room.say("before").sent;
  await withinDeadline("it", waitForValue(ann.room.last, (it) => it?.text === "before"));
  proxy.disable();
  await withinDeadline("the loss", waitForValue(ann.chat.state, ({ kind }) => kind === "waiting"));
  const [secret, draft] = [
    await bob.room.say("a secret").sent,
    await bob.room.say("a first try").sent,
  ];
  await bob.room.edit(draft.position, "what was meant").sent;
  await bob.room.delete(secret.position).sent;
  const last = await bob.room.say("the end").sent;
  proxy.enable();
  await withinDeadline("all", waitForValue(ann.room.last, (it) => it?.position === last.position));
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

Deno.test("A long outbox is sent in order, without reaching the rate limit", async () => {
  const settings = { MESSAGES_PER_SECOND: "100", BYTES_PER_SECOND: "60000" };
  await using service = await startTestService(settings);
  await using world = new RecordingPlatform(1);
  await using ann = await connectClient(`${service.url}/ws`, "Ann", { platform: world });
  const slowed = collect(ann.chat.isSlowed);
  const texts = Array.from(
    { length: 320 },
    (_, i) => i % 16 > 0 ? `${i}` : `${i} ${"x".repeat(30_000)}`,
  );
  const startedAt = performance.now();
  for (const text of texts) ann.room.say(text);
  await withinDeadline("all", ann.chat.settled());
  const sentMs = performance.now() - startedAt;
  const { messages } = await ann.room.history({ limit: 200 });
  assert.deepEqual(world.received.filter((it) => it.includes("slow_down")), []);
  assert.equal(ann.chat.state.value.kind, "online");
  // A machine that needs longer than the limit asks for has nothing to wait for.
  const allowedMs = 1_000 * texts.join("").length / 60_000;
  assert.ok(slowed.includes(true) || sentMs > allowedMs, "it exceeds what may be sent at once");
  assert.deepEqual(messages.map(({ text }) => text), texts.slice(-messages.length));
});
