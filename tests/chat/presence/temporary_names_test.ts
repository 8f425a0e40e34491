/** Users whose names are taken join under temporary names, and get their own names back when those are free. */
import assert from "node:assert/strict";
import { JsonHandler } from "../../../lib/chat/handlers/json_handler.ts";
import { TemporaryNames } from "../../../lib/chat/presence/temporary_names.ts";
import {
  FakeChat,
  FakeSessionTokens,
  FakeSocket,
  flushMicrotasks,
  name,
  room,
} from "../../support/fakes.ts";

type Frame = Record<string, unknown>;

const ANN = { type: "hello", resume: "user_no_77/Ann" };
const sessionTokens = new FakeSessionTokens();

class Client {
  readonly socket = new FakeSocket();
  readonly handler: JsonHandler;

  constructor(chat: FakeChat) {
    this.handler = new JsonHandler(this.socket, chat.context);
  }

  async ask(...frames: readonly Frame[]): Promise<void> {
    this.handler.onMessage(frames.map((frame) => JSON.stringify(frame)).join("\n"));
    await flushMicrotasks();
  }

  get frames(): Frame[] {
    const messages = this.socket.sent.flatMap((message) => String(message).split("\n"));
    return messages.map((message) => JSON.parse(message));
  }

  last(type: string, room = "lobby"): Frame | undefined {
    return this.frames.findLast((it) => it.type === type && it.room === room);
  }

  /** The entries of renames, as `room: from > name`. */
  get renamings(): string[] {
    return this.frames.filter(({ type }) => type === "renamed")
      .map(({ room, from, name }) => `${room}: ${from} > ${name}`);
  }
}

function join(room: string): Frame {
  return { type: "join", room, limit: 50, temporaryName: true };
}

async function enter(chat: FakeChat, hello: string | Frame, ...rooms: readonly string[]) {
  const client = new Client(chat);
  const first = typeof hello === "string" ? { type: "hello", name: hello } : hello;
  await client.ask(first, ...rooms.map(join));
  return client;
}

/** Ann is in the lobby under a temporary name, since another user came as Ann; a message was sent. */
async function begin(chat: FakeChat, ...rooms: readonly string[]) {
  const other = await enter(chat, "Ann", "lobby");
  await other.ask({ type: "say", room: "lobby", text: "hi" });
  const ann = await enter(chat, ANN, "lobby", ...rooms);
  return { other, ann };
}

/** Presence updates arrive with the next beat. */
const beat = (chat: FakeChat) => chat.clock.advance(300);

Deno.test("A user whose name is taken joins under a temporary one, and receives both names", async () => {
  using chat = new FakeChat();
  const { other, ann } = await begin(chat);
  const joined = ann.last("joined");
  assert.deepEqual([joined?.name, joined?.wanted], ["Ann (2)", "Ann"]);
  assert.equal(Object(joined?.messages)[0].text, "hi");
  assert.deepEqual(ann.frames[0]?.you, { user: "user_no_77", name: "Ann", kind: "guest" });
  await ann.ask({ type: "say", room: "lobby", text: "it is me" });
  assert.deepEqual([other.last("said")?.name, other.last("said")?.user], ["Ann (2)", "user_no_77"]);
  const third = await enter(chat, "ANN", "lobby");
  assert.deepEqual(third.last("joined")?.name, "ANN (3)");
});

Deno.test("A user who does not request a temporary name is refused", async () => {
  using chat = new FakeChat();
  await begin(chat);
  const bob = new Client(chat);
  await bob.ask({ type: "hello", name: "Ann" }, { type: "join", room: "lobby" });
  assert.equal(bob.frames.at(-1)?.code, "name_taken");
});

for (
  const [what, free] of [
    ["leaves", (other: Client) => other.ask({ type: "leave", room: "lobby" })],
    ["takes another name", (other: Client) => other.ask({ type: "name", name: "Bea" })],
    ["is offline for 10 s", async (other: Client, chat: FakeChat) => {
      other.handler.onClose();
      await chat.clock.advance(9_000);
      await chat.clock.advance(1_000);
    }],
  ] as const
) {
  Deno.test(`A user gets the wanted name when its holder ${what}`, async () => {
    using chat = new FakeChat();
    const { other, ann } = await begin(chat);
    await free(other, chat);
    await beat(chat);
    assert.deepEqual(ann.renamings.at(-1), "lobby: Ann (2) > Ann");
    const [person] = (await chat.bus.people(room("lobby"))).filter(({ name }) => name === "Ann");
    assert.equal(person?.user, "user_no_77");
    await chat.clock.advance(60_000);
    assert.equal(ann.renamings.filter((it) => it.endsWith("> Ann")).length, 1);
  });
}

Deno.test("A user who was offline for 11 s while another took the name misses nothing, and gets it back", async () => {
  using chat = new FakeChat();
  const before = await enter(chat, ANN, "lobby");
  await before.ask({ type: "say", room: "lobby", text: "mine", id: "m" });
  const since = before.last("said")?.position;
  before.handler.onClose();
  await chat.clock.advance(11_000);
  const other = await enter(chat, "Ann", "lobby");
  await other.ask({ type: "say", room: "lobby", text: "not mine" });

  const ann = await enter(chat, ANN);
  await ann.ask({ ...join("lobby"), since }, {
    ...{ type: "say", room: "lobby", text: "mine", id: "m" },
  });
  const joined = ann.last("joined");
  assert.deepEqual([joined?.recovered, joined?.name], [true, "Ann (2)"]);
  const said = ann.frames.filter(({ type }) => type === "said");
  assert.deepEqual(said.map(({ text }) => text), ["not mine"]);
  assert.equal(ann.frames.find(({ type }) => type === "ack")?.position, since);
  await other.ask({ type: "leave", room: "lobby" });
  await beat(chat);
  assert.deepEqual(ann.renamings, ["lobby: Ann (2) > Ann"]);
});

Deno.test("Only one of two users who want the same name gets it", async () => {
  using chat = new FakeChat();
  const { other, ann } = await begin(chat);
  await enter(chat, "Ann", "lobby");
  await other.ask({ type: "leave", room: "lobby" });
  await chat.clock.advance(60_000);
  assert.deepEqual(ann.renamings, ["lobby: Ann (2) > Ann"]);
});

Deno.test("A user has a temporary name only in the rooms where the name is taken, each until it is free there", async () => {
  using chat = new FakeChat();
  const { other, ann } = await begin(chat, "attic", "cellar");
  const third = await enter(chat, "Ann", "cellar");
  assert.equal(ann.last("joined", "attic")?.name, "Ann");
  assert.equal(third.last("joined", "cellar")?.name, "Ann (2)");
  await other.ask({ type: "leave", room: "lobby" });
  await beat(chat);
  assert.deepEqual(ann.renamings, ["lobby: Ann (2) > Ann"]);
});

Deno.test("A user who has chosen another name does not get the previous one", async () => {
  using chat = new FakeChat();
  const { other, ann } = await begin(chat);
  await ann.ask({ type: "name", name: "Anna" });
  await other.ask({ type: "leave", room: "lobby" });
  await chat.clock.advance(60_000);
  assert.deepEqual(ann.renamings, ["lobby: Ann (2) > Anna"]);
});

Deno.test("A user who has chosen another name while the wanted one was claimed keeps the chosen one", async () => {
  using chat = new FakeChat();
  const { other, ann } = await begin(chat);
  const gate = Promise.withResolvers<void>();
  const claim = chat.bus.claim.bind(chat.bus);
  chat.bus.claim = async (...args) => {
    await gate.promise;
    return await claim(...args);
  };
  await other.ask({ type: "leave", room: "lobby" });
  await beat(chat);
  await ann.ask({ type: "name", name: "Anna", id: "n" });
  gate.resolve();
  await flushMicrotasks();
  await chat.clock.advance(60_000);
  assert.deepEqual(ann.renamings, ["lobby: Ann (2) > Anna"]);
  const people = await chat.bus.people(room("lobby"));
  assert.deepEqual(people.map(({ name }) => name), ["Anna"]);
});

Deno.test("A user whose choice of another name fails still gets the wanted one", async () => {
  using chat = new FakeChat();
  const { other, ann } = await begin(chat, "attic");
  await enter(chat, "Bob", "attic");
  await ann.ask({ type: "name", name: "Bob", id: "n" });
  assert.equal(ann.frames.at(-1)?.code, "name_taken");
  await chat.clock.advance(1_000);
  await other.ask({ type: "leave", room: "lobby" });
  await beat(chat);
  assert.deepEqual(ann.renamings, ["lobby: Ann (2) > Ann"]);
});

Deno.test("A user whose connection was lost gets the name back after reconnecting", async () => {
  using chat = new FakeChat();
  const { other, ann } = await begin(chat);
  ann.handler.onClose();
  await other.ask({ type: "leave", room: "lobby" });
  await chat.clock.advance(5_000);
  assert.equal((await chat.bus.people(room("lobby")))[0]?.name, "Ann (2)");
  const again = await enter(chat, ANN, "lobby");
  assert.equal(again.last("joined")?.wanted, "Ann");
  await beat(chat);
  assert.deepEqual(again.renamings, ["lobby: Ann (2) > Ann"]);
});

Deno.test("A user gets the name back even in a room without messages, which stays without", async () => {
  using chat = new FakeChat();
  const other = await enter(chat, "Ann", "lobby");
  const ann = await enter(chat, ANN, "lobby");
  await beat(chat);
  await other.ask({ type: "leave", room: "lobby" });
  // The first frame removes the user who has left. The second one adds the user who has the name now.
  await beat(chat);
  await beat(chat);
  assert.deepEqual(ann.renamings, []);
  assert.deepEqual(ann.last("presence")?.joined, [{ user: "user_no_77", name: "Ann" }]);
  const { top } = await chat.bus.page(room("lobby"), undefined, 0);
  assert.equal(top.seq, 0);
});

Deno.test("A user gets the name back when the store is available again", async () => {
  using chat = new FakeChat();
  const { other, ann } = await begin(chat);
  await other.ask({ type: "leave", room: "lobby" });
  chat.bus.availability = "away";
  await beat(chat);
  assert.deepEqual(ann.renamings, []);
  chat.bus.availability = "well";
  await chat.clock.advance(30_000);
  assert.deepEqual(ann.renamings, ["lobby: Ann (2) > Ann"]);
});

Deno.test("A user whose name was taken while the lease was lost gets a temporary one, and later the name", async () => {
  using chat = new FakeChat();
  const ann = await enter(chat, ANN, "lobby");
  await ann.ask({ type: "say", room: "lobby", text: "hi" });
  const other = {
    user: sessionTokens.newUserId(),
    name: name("Ann"),
    node: "other",
    rename: false,
  };
  await chat.bus.forgetLeases(room("lobby"));
  await chat.bus.claim(room("lobby"), other);
  await chat.clock.advance(10_000);
  assert.deepEqual(ann.renamings, ["lobby: Ann > Ann (2)"]);
  // The other node does not renew its lease.
  await chat.clock.advance(60_000);
  assert.deepEqual(ann.renamings.slice(1), ["lobby: Ann (2) > Ann"]);
});

Deno.test("A user on two nodes is given the name back by one of them at once, or else by the other", async () => {
  using chat = new FakeChat();
  const { other, ann } = await begin(chat);
  const elsewhere = { kind: "here", user: sessionTokens.verify("user_no_77/Ann")?.user } as const;
  assert.ok(elsewhere.user);
  const { user } = elsewhere;
  await chat.bus.claim(room("lobby"), { user, name: name("Ann"), node: "a", rename: false });
  chat.bus.signal(room("lobby"), { kind: "here", user, name: name("Ann (2)"), node: "a" });
  await other.ask({ type: "leave", room: "lobby" });
  await beat(chat);
  assert.deepEqual(ann.renamings, []);
  await chat.clock.advance(10_000);
  assert.deepEqual(ann.renamings, ["lobby: Ann (2) > Ann"]);
});

Deno.test("TemporaryNames is checked once after each change", () => {
  const names = new TemporaryNames();
  const user = sessionTokens.newUserId();
  names.prefer(user, name("Ann"), name("Ann (2)"));
  assert.deepEqual(names.takeCandidates(), [{ user, name: "Ann" }]);
  assert.deepEqual(names.takeCandidates(), []);
  names.onPeopleChanged();
  assert.equal(names.takeCandidates().length, 1);
  {
    using _held = names.suspend(user);
    names.onPeopleChanged();
    assert.deepEqual(names.takeCandidates(), []);
  }
  assert.equal(names.takeCandidates().length, 1);
  names.setCurrent(user, name("Ann"));
  names.onPeopleChanged();
  assert.deepEqual([names.takeCandidates(), names.wantedName(user)], [[], undefined]);
});

Deno.test("TemporaryNames gives a name back after a hold, whatever was wanted during it", () => {
  const names = new TemporaryNames();
  const user = sessionTokens.newUserId();
  names.prefer(user, name("Ann"), name("Ann (2)"));
  {
    using _held = names.suspend(user);
    names.prefer(user, name("Ann"), name("Ann (2)"));
  }
  assert.equal(names.takeCandidates().length, 1);
});

Deno.test("A user who has chosen a name like a temporary one keeps it, whatever an older token holds", async () => {
  using chat = new FakeChat();
  const { other, ann } = await begin(chat);
  await ann.ask({ type: "name", name: "Ann (2)", id: "n" });
  assert.deepEqual([ann.frames.at(-1)?.type, ann.frames.at(-1)?.id], ["ack", "n"]);
  await enter(chat, ANN, "lobby");
  await other.ask({ type: "leave", room: "lobby" });
  await chat.clock.advance(60_000);
  assert.deepEqual(ann.renamings, []);
});

Deno.test("Other nodes learn that a user has chosen a name like a temporary one", async () => {
  using chat = new FakeChat();
  const { ann } = await begin(chat);
  const user = sessionTokens.verify("user_no_77/Ann")?.user ?? assert.fail();
  const elsewhere = { user, name: name("Ann (2)"), node: "a" } as const;
  const notes: unknown[] = [];
  const signal = chat.bus.signal.bind(chat.bus);
  await chat.bus.claim(room("lobby"), { ...elsewhere, rename: false });
  signal(room("lobby"), { kind: "here", ...elsewhere });
  await flushMicrotasks();
  chat.bus.signal = (room, note) => {
    if (note.kind === "here" && note.user === user) notes.push(note);
    signal(room, note);
  };
  await ann.ask({ type: "name", name: "Ann (2)" });
  assert.deepEqual(notes, [{ kind: "here", ...elsewhere, node: "node", isChosen: true }]);
});

Deno.test("A user who has chosen a name like a temporary one on another node keeps it", async () => {
  using chat = new FakeChat();
  const { other, ann } = await begin(chat);
  const user = sessionTokens.verify("user_no_77/Ann")?.user ?? assert.fail();
  const chosen = { kind: "here", user, name: name("Ann (2)"), node: "a", isChosen: true } as const;
  chat.bus.signal(room("lobby"), chosen);
  await other.ask({ type: "leave", room: "lobby" });
  await chat.clock.advance(60_000);
  assert.deepEqual(ann.renamings, []);
});

Deno.test("TemporaryNames ignores the wish of a user who has another name on another connection", () => {
  const names = new TemporaryNames();
  const user = sessionTokens.newUserId();
  names.prefer(user, name("Bob"), name("Ann"));
  assert.equal(names.preferredName(user), undefined);
});
