/**
 * Who may create rooms: a join of a room without entries is refused, in both protocols, and leaves no trace. Rooms that
 * have an entry can be joined by everybody, and so can the lobby.
 * @module
 */
import assert from "node:assert/strict";
import { AUDIT_ROOM } from "../../../lib/core/rooms/service_rooms.ts";
import type { Signal } from "../../../lib/chat/ports/bus.ts";
import type { TokenUser } from "../../../lib/chat/ports/authenticator.ts";
import type { SessionContext } from "../../../lib/chat/session/session.ts";
import { TextHandler } from "../../../lib/chat/handlers/text_handler.ts";
import type { Rights } from "../../../lib/core/auth/rights.ts";
import type { Role } from "../../../lib/core/auth/member.ts";
import { NOT_ALLOWED } from "../../../lib/core/protocol/close_codes.ts";
import type { Claim } from "../../../lib/core/presence/lease_table.ts";
import { parseLegacyRoom, type RoomId } from "../../../lib/core/names/names.ts";
import { user } from "../../contract/fixtures.ts";
import { FakeSocket, flushMicrotasks, name, room } from "../../support/fakes.ts";
import {
  type Frame,
  type JsonClient,
  MemberChat,
  typesOf,
} from "../../support/chat/member_chat.ts";

const DEN = room("den");
const OLD = parseLegacyRoom("Den") ?? assert.fail();
const NO_ROOM = "the room does not exist, and you may not create it";

type Creators = SessionContext["roomCreation"];

/** A chat in which only some may create rooms; records what others could notice. */
class RestrictedChat extends MemberChat {
  readonly claims: RoomId[] = [];
  readonly signals: RoomId[] = [];

  constructor(roomCreation: Creators) {
    super({ roomCreation });
    const { bus } = this.chat;
    const claim = bus.claim.bind(bus), signal = bus.signal.bind(bus);
    bus.claim = (room: RoomId, it: Claim) => {
      this.claims.push(room);
      return claim(room, it);
    };
    bus.signal = (room: RoomId, it: Signal) => {
      this.signals.push(room);
      signal(room, it);
    };
  }

  /** Somebody whom a proxy has signed in. */
  appUser(user: Partial<TokenUser> = {}): JsonClient {
    return this.connect({ user: { ...APP_USER, ...user } });
  }

  /** Writes the first entry of a room. */
  async begin(room: RoomId): Promise<void> {
    const action = { kind: "said", text: "first" } as const;
    const author = { user: user("m_founder0"), name: name("Founder") };
    await this.chat.bus.publish({ room, ...author, id: "first", action });
  }

  async connectText(room: string) {
    const socket = new FakeSocket();
    const none = { name: "Tom", since: undefined, history: undefined, notices: undefined };
    const handler = new TextHandler(socket, this.chat.context, { ...none, room });
    await flushMicrotasks();
    return { socket, handler };
  }

  async topOf(room: RoomId): Promise<number> {
    return (await this.chat.bus.page(room, undefined, 0)).top.seq;
  }
}

const APP_USER: TokenUser = {
  user: user("a_app00000"),
  name: name("App"),
  rights: null,
  expiresAt: Infinity,
  issuedAt: Date.UTC(2026, 0, 1),
  tokenId: undefined,
};

const JOIN = { type: "join", id: "1", room: "den" } as const;
const SAY = { type: "say", id: "2", room: "den", text: "hi" } as const;
const grant = (...allow: NonNullable<Rights>[number]["allow"]): Rights => [{ match: "den", allow }];

for (
  const [who, enter, expected] of [
    ["a guest", (it) => it.enter({ name: "Gil" }), "yes no no"],
    ["a member", (it) => it.become("Mia", { role: "member" }), "yes yes no"],
    ["a moderator", (it) => it.become("Mia", { role: "moderator" }), "yes yes yes"],
    ["an owner", (it) => it.become("Mia", { role: "owner" }), "yes yes yes"],
    ["an app user", (it) => hello(it.appUser()), "yes yes no"],
    ["an app user who is a moderator", (it) => hello(it.appUser(as("moderator"))), "yes yes yes"],
    ["a token to read", (it) => hello(it.appUser({ rights: grant("read") })), "yes no no"],
    ["a token to send", (it) => hello(it.appUser({ rights: grant("read", "send") })), "yes yes no"],
    [
      "a token to moderate",
      (it) => hello(it.appUser({ rights: grant("read", "send", "moderate") })),
      "yes yes yes",
    ],
    [
      "a token that states a role, too",
      (it) => hello(it.appUser({ ...as("owner"), rights: grant("read", "send") })),
      "yes yes no",
    ],
  ] as const satisfies readonly [string, (chat: RestrictedChat) => Promise<JsonClient>, string][]
) {
  Deno.test(`Anyone, members, moderators may create rooms: ${who} ${expected}`, async () => {
    const cells: string[] = [];
    for (const creators of ["anyone", "members", "moderators"] as const) {
      using chat = new RestrictedChat(creators);
      const client = await enter(chat);
      const [answer] = await client.ask(JOIN);
      cells.push(answer?.type === "joined" ? "yes" : "no");
      if (answer?.type === "joined") continue;
      assert.deepEqual(answer, {
        ...{ type: "fault", id: "1", code: "not_allowed" },
        ...{ message: NO_ROOM, retry: false, missing: true },
      });
      // In rooms that exist, nothing changes, and the refused join does not count.
      await chat.begin(DEN);
      assert.deepEqual(typesOf(await client.ask(JOIN)), ["joined"]);
    }
    assert.equal(cells.join(" "), expected);
  });
}

Deno.test("Nobody creates a room whose name is only dots, and one that exists can be joined", async () => {
  using chat = new RestrictedChat("anyone");
  const owner = await chat.become("Mia", { role: "owner" });
  const join = { ...JOIN, room: ".." };
  const [answer] = await owner.ask(join);
  assert.deepEqual([answer?.code, answer?.missing], ["not_allowed", true]);
  await chat.begin(room(".."));
  assert.deepEqual(typesOf(await owner.ask(join)), ["joined"]);
});

function as(role: Role): { readonly role: Role } {
  return { role };
}

async function hello(client: JsonClient): Promise<JsonClient> {
  await client.ask({ type: "hello" });
  return client;
}

for (
  const [what, frames] of [
    ["joins", [JOIN]],
    ["joins and sends", [JOIN, SAY]],
    ["joins, sends and leaves", [JOIN, SAY, { type: "leave", id: "3", room: "den" }]],
    ["joins and takes another name", [JOIN, { type: "name", id: "3", name: "Zed" }]],
    ["asks for capitals", [{ ...JOIN, room: "Den" }, SAY]],
    ["asks for capitals and leaves", [
      { ...JOIN, room: "Den" },
      { ...SAY, room: "Den" },
      { type: "leave", id: "3", room: "Den" },
    ]],
    ["joins again and again", [JOIN, { ...JOIN, id: "2" }, { ...JOIN, id: "3" }]],
  ] as const satisfies readonly [string, readonly Frame[]][]
) {
  Deno.test(`A guest who may not create a room, and ${what}, leaves no trace`, async () => {
    using chat = new RestrictedChat("members");
    const { bus } = chat.chat;
    const gil = await chat.enter({ name: "Gil" });
    const answers = await gil.ask(...frames);
    await chat.beat(2_000);
    assert.ok(!answers.some(({ type }) => type === "joined"), typesOf(answers).join());
    assert.deepEqual([chat.claims, chat.signals, bus.published], [[], [], []]);
    for (const it of [DEN, OLD]) {
      assert.deepEqual([await chat.topOf(it), await bus.people(it)], [0, []], it);
    }
    // Nothing is left open but what every worker follows.
    const opened = bus.subscribed.filter((it) => it !== AUDIT_ROOM);
    assert.deepEqual(bus.unsubscribed.toSorted(), opened.toSorted());
    assert.equal(gil.closeCode, undefined);
    await chat.begin(DEN);
    assert.deepEqual(typesOf(await gil.ask({ ...JOIN, id: "9" })), ["joined"]);
  });
}

Deno.test("The check costs no read of the log beyond the one that opens the room", async () => {
  using chat = new RestrictedChat("members");
  const { bus } = chat.chat;
  const read: string[] = [];
  const page = bus.page.bind(bus), state = bus.state.bind(bus);
  bus.page = (...query) => {
    read.push(query[0]);
    return page(...query);
  };
  bus.state = (of) => {
    read.push(of);
    return state(of);
  };
  const attic = room("attic");
  await chat.begin(attic);
  const gil = await chat.enter({ name: "Gil" });
  await gil.ask(JOIN, { ...JOIN, id: "2", room: "attic" });
  // The second one of the attic is the page of the join itself.
  assert.deepEqual(read.filter((it) => it !== AUDIT_ROOM).toSorted(), ["attic", "attic", "den"]);
});

Deno.test("A guest who may not create a room, sends and closes at once, creates none", async () => {
  using chat = new RestrictedChat("members");
  const gil = await chat.enter({ name: "Gil" });
  const answered = gil.ask(JOIN, SAY);
  gil.handler.onClose();
  await answered;
  await chat.beat(2_000);
  assert.deepEqual([chat.chat.bus.published, chat.claims], [[], []]);
});

Deno.test("What a guest sends with the join of a room that exists is carried out, even if the guest leaves at once", async () => {
  using chat = new RestrictedChat("members");
  await chat.begin(DEN);
  const gil = await chat.enter({ name: "Gil" });
  const answers = await gil.ask(JOIN, SAY, { type: "leave", id: "3", room: "den" });
  assert.ok(answers.some(({ type, id }) => type === "ack" && id === "2"), typesOf(answers).join());
  await chat.beat();
  assert.deepEqual([await chat.topOf(DEN), await chat.chat.bus.people(DEN)], [2, []]);
});

Deno.test("A guest in a room that exists can take another name there, while joining and later", async () => {
  using chat = new RestrictedChat("members");
  await chat.begin(DEN);
  const gil = await chat.enter({ name: "Gil" });
  for (const [name, ...before] of [["Zed", JOIN], ["Zoe"]] as const) {
    await gil.ask(...before, { type: "name", id: "2", name });
    await chat.beat();
    const people = await chat.chat.bus.people(DEN);
    assert.deepEqual(people.map((it) => it.name), [name]);
  }
});

Deno.test("Requests that wait for a join that is refused are refused too, before the join", async () => {
  using chat = new RestrictedChat("members");
  const gil = await chat.enter({ name: "Gil" });
  const answers = await gil.ask(JOIN, SAY);
  assert.deepEqual(answers.map(({ id, code }) => [id, code]), [
    ["2", "unavailable"],
    ["1", "not_allowed"],
  ]);
  assert.deepEqual(typesOf(await gil.ask(SAY)), ["not_in_room"]);
});

Deno.test("The lobby can be joined by everybody, however it is spelled", async () => {
  for (const spelling of ["lobby", "Lobby", "LOBBY"]) {
    using chat = new RestrictedChat("moderators");
    const gil = await chat.enter({ name: "Gil" });
    const [joined] = await gil.ask({ ...JOIN, room: spelling });
    assert.equal(joined?.room, "lobby", spelling);
  }
});

Deno.test("A room exists from its first entry on: whoever is in it without one does not make it exist", async () => {
  using chat = new RestrictedChat("members");
  const mia = await chat.become("Mia", {}, "den");
  await chat.beat();
  const before = mia.frames.length;
  const gil = await chat.enter({ name: "Gil" });
  assert.deepEqual(typesOf(await gil.ask(JOIN)), ["not_allowed"]);
  await chat.beat();
  assert.deepEqual(mia.frames.slice(before), []);
  await mia.ask({ ...SAY, text: "welcome" });
  assert.deepEqual(typesOf(await gil.ask(JOIN)), ["joined"]);
});

Deno.test("The first entry counts before it has been announced", async () => {
  using chat = new RestrictedChat("members");
  await chat.become("Mia", {}, "den");
  chat.chat.dropsAnnouncements = true;
  await chat.begin(DEN);
  const gil = await chat.enter({ name: "Gil" });
  assert.deepEqual(typesOf(await gil.ask(JOIN)), ["joined"]);
});

Deno.test("A guest waits for a store that is away, and is refused when it is back", async () => {
  for (const isOpen of [false, true]) {
    using chat = new RestrictedChat("members");
    if (isOpen) await chat.become("Mia", {}, "den");
    const gil = await chat.enter({ name: "Gil" });
    chat.chat.bus.availability = "away";
    assert.deepEqual(await gil.ask(JOIN), []);
    chat.chat.bus.availability = "well";
    await chat.beat(2_000);
    assert.deepEqual(typesOf(gil.frames.slice(-1)), ["not_allowed"], String(isOpen));
  }
});

Deno.test("A room that exists with capitals is joined; without, the one in small letters, or none", async () => {
  for (const [exists, joins] of [[OLD, "Den"], [DEN, "den"]] as const) {
    using chat = new RestrictedChat("members");
    await chat.begin(exists);
    const gil = await chat.enter({ name: "Gil" });
    const [joined] = await gil.ask({ ...JOIN, room: "Den" });
    assert.equal(joined?.room, joins);
    const others = await gil.ask({ ...JOIN, id: "2", room: exists === OLD ? "den" : "DEN" });
    assert.deepEqual(typesOf(others), [exists === OLD ? "not_allowed" : "in_room"]);
  }
});

Deno.test("A member creates the room in small letters", async () => {
  using chat = new RestrictedChat("members");
  const mia = await chat.become("Mia");
  const [joined] = await mia.ask({ ...JOIN, room: "Den" });
  assert.equal(joined?.room, "den");
});

Deno.test("A user who is in a room without entries may stay when the right to create it ends", async () => {
  using chat = new RestrictedChat("members");
  const { authenticator } = chat.chat.context;
  authenticator.authenticate = (token) => {
    const rights = token === "all" ? grant("read", "send") : grant("read");
    return Promise.resolve({ kind: "known", ...APP_USER, rights });
  };
  const app = await chat.enter({ token: "all" }, "den");
  const renewed = await app.ask({ type: "auth", id: "1", token: "less" });
  assert.deepEqual(typesOf(renewed), ["rules", "ack"]);
  const [answer] = await app.ask({ type: "who", id: "2", room: "den" });
  assert.equal(answer?.count, 1);
});

Deno.test("Plain text: the first join of a room that does not exist is one line and close code 4507", async () => {
  using chat = new RestrictedChat("members");
  for (const room of ["den", "Den"]) {
    const { socket } = await chat.connectText(room);
    assert.deepEqual([socket.sent, socket.closeStatuses], [[`! ${NO_ROOM}`], [NOT_ALLOWED]], room);
  }
  assert.deepEqual([chat.claims, chat.signals], [[], []]);
});

Deno.test("Plain text: /join of a room that does not exist is one line, and the user stays", async () => {
  using chat = new RestrictedChat("members");
  const { socket, handler } = await chat.connectText("lobby");
  for (const room of ["den", "Den"]) handler.onMessage(`/join ${room}`);
  await flushMicrotasks();
  handler.onMessage("/join den");
  await flushMicrotasks();
  handler.onMessage("still here");
  await chat.begin(DEN);
  handler.onMessage("/join den");
  await flushMicrotasks();
  assert.deepEqual(socket.sent, [
    "! already moving to den",
    `! ${NO_ROOM}`,
    `! ${NO_ROOM}`,
    "Tom: still here",
    "* joined den",
  ]);
  assert.deepEqual(socket.closeStatuses, []);
});
