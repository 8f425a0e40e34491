/**
 * Who a session's user is: tokens of an app, what they allow, and how they end. Both protocols sign in the same way, so most
 * tests speak JSON.
 * @module
 */
import assert from "node:assert/strict";
import type { TokenUser } from "../../../lib/chat/ports/authenticator.ts";
import { BusUnavailable } from "../../../lib/chat/ports/bus.ts";
import type { UsedTokens } from "../../../lib/chat/ports/used_tokens.ts";
import { MemoryUsedTokens } from "../../../lib/io/auth/memory_used_tokens.ts";
import { JsonHandler } from "../../../lib/chat/handlers/json_handler.ts";
import type { SessionContext } from "../../../lib/chat/session/session.ts";
import type { HandshakeInfo } from "../../../lib/chat/sign_in/sign_in_context.ts";
import { TextHandler, type TextOptions } from "../../../lib/chat/handlers/text_handler.ts";
import type { Identity } from "../../../lib/chat/ports/session_tokens.ts";
import { KnownRevocations } from "../../../lib/chat/revocations/known_revocations.ts";
import type { Revocation } from "../../../lib/core/auth/revocations.ts";
import type { RoomAction } from "../../../lib/core/auth/rights.ts";
import { userKind } from "../../../lib/core/auth/user_kind.ts";
import {
  BAD_TOKEN,
  NOT_ALLOWED,
  NOT_READY,
  SIGNED_OUT,
  TOKEN_REQUIRED,
} from "../../../lib/core/protocol/close_codes.ts";
import { user } from "../../contract/fixtures.ts";
import {
  FakeAuthenticator,
  FakeChat,
  FakeClock,
  FakeSessionTokens,
  FakeSocket,
  FakeTickets,
  flushMicrotasks,
  name,
  noRevocations,
  UNLIMITED,
} from "../../support/fakes.ts";

type Frame = Readonly<Record<string, unknown>>;

const HOUR = 3_600_000;
const ANN = user("a_ann00000");
/** Whom a proxy has signed in. */
const BEN: TokenUser = {
  user: user("a_ben00000"),
  name: name("Ben"),
  rights: null,
  expiresAt: Infinity,
  issuedAt: Date.UTC(2026, 0, 1),
  tokenId: undefined,
};

/** A chat with an app that has signed tokens for some users. */
class TokenChat implements Disposable {
  readonly authenticator = new FakeAuthenticator();
  readonly tickets = new FakeTickets();
  readonly chat: FakeChat;

  constructor(settings: Partial<SessionContext> = {}) {
    const { authenticator, tickets } = this;
    this.chat = new FakeChat(undefined, { authenticator, tickets, ...settings });
  }

  /** Makes a token valid. */
  sign(token: string, claims: Partial<TokenUser> = {}): void {
    this.authenticator.users.set(token, this.#tokenUser(claims));
  }

  /** Issues a ticket. */
  async ticketFor(claims: Partial<TokenUser> = {}): Promise<string> {
    return (await this.tickets.issue(this.#tokenUser(claims))).ticket;
  }

  #tokenUser(claims: Partial<TokenUser>): TokenUser {
    const issuedAt = this.chat.clock.date();
    const issue = { issuedAt, tokenId: undefined, expiresAt: issuedAt + HOUR };
    return { user: ANN, name: name("Ann"), rights: null, ...issue, ...claims };
  }

  /** What the messages of a new client are answered with. */
  connect(origin: HandshakeInfo = {}): JsonClient {
    return new JsonClient(this.chat, origin);
  }

  /** A user with a token, who is in some rooms. */
  async enter(token: string, ...rooms: readonly string[]): Promise<JsonClient> {
    const client = this.connect();
    await client.ask({ type: "hello", token }, ...rooms.map((room) => ({ type: "join", room })));
    client.take();
    return client;
  }

  async connectText(origin: HandshakeInfo, options: Partial<TextOptions> = {}) {
    const none = { name: undefined, room: undefined, since: undefined, history: undefined };
    const socket = new FakeSocket();
    const handler = new TextHandler(
      socket,
      this.chat.context,
      { ...none, notices: undefined, ...options },
      origin,
    );
    await flushMicrotasks();
    return { socket, handler };
  }

  [Symbol.dispose](): void {
    this.chat[Symbol.dispose]();
  }
}

class JsonClient {
  readonly socket = new FakeSocket();
  readonly handler: JsonHandler;
  #seen = 0;

  constructor(chat: FakeChat, origin: HandshakeInfo) {
    this.handler = new JsonHandler(this.socket, chat.context, origin);
  }

  send(...frames: readonly Frame[]): void {
    this.handler.onMessage(frames.map((frame) => JSON.stringify(frame)).join("\n"));
  }

  /** Sends frames as one message; returns the frames received since the last call. */
  async ask(...frames: readonly Frame[]): Promise<Frame[]> {
    this.send(...frames);
    await flushMicrotasks();
    return this.take();
  }

  take(): Frame[] {
    const fresh = this.socket.sent.slice(this.#seen).flatMap((it) => String(it).split("\n"));
    this.#seen = this.socket.sent.length;
    return fresh.map((line) => JSON.parse(line));
  }

  get closeCode(): number | undefined {
    return this.socket.closeStatuses[0]?.code;
  }
}

const tokenOf = (frames: readonly Frame[]) =>
  String(frames.find(({ resume }) => resume !== undefined)?.resume);
const typesOf = (frames: readonly Frame[]) => frames.map(({ type, code }) => code ?? type);

Deno.test("A token says who the user is; there is no resume token beside it", async () => {
  using chat = new TokenChat();
  chat.sign("ann");
  const [hello] = await chat.connect().ask({ type: "hello", token: "ann", name: "Bea" });
  assert.deepEqual(hello?.you, { user: ANN, name: "Ann", kind: "app" });
  assert.equal(hello?.resume, undefined);
  assert.equal(userKind(ANN), "app");
});

Deno.test("A user whose token has no name chooses one, or has a guest's name", async () => {
  using chat = new TokenChat();
  chat.sign("ann", { name: undefined });
  const [chosen] = await chat.connect().ask({ type: "hello", token: "ann", name: "Bea" });
  assert.deepEqual(chosen?.you, { user: ANN, name: "Bea", kind: "app" });
  const [drawn] = await chat.connect().ask({ type: "hello", token: "ann" });
  assert.deepEqual(drawn?.you, { user: ANN, name: "网友10", kind: "app" });
});

Deno.test("The token of the handshake counts unless the hello has another", async () => {
  using chat = new TokenChat();
  chat.sign("ann");
  chat.sign("bea", { user: user("a_bea00000"), name: name("Bea") });
  const [first] = await chat.connect({ token: "ann" }).ask({ type: "hello" });
  assert.equal(Object(first?.you).name, "Ann");
  const [second] = await chat.connect({ token: "ann" }).ask({ type: "hello", token: "bea" });
  assert.equal(Object(second?.you).name, "Bea");
});

Deno.test("A ticket says who the user is, on one connection", async () => {
  using chat = new TokenChat({ auth: "required" });
  const ticket = await chat.ticketFor({ rights: [{ match: "den", allow: ["read"] }] });
  const [hello, joined, fault] = await chat.connect({ ticket })
    .ask(
      { type: "hello", resume: "user_no_9/Bea" },
      { type: "join", room: "den" },
      { type: "say", room: "den", text: "hi" },
    );
  assert.deepEqual(hello?.you, { user: ANN, name: "Ann", kind: "app" });
  assert.equal(hello?.resume, undefined);
  assert.deepEqual(typesOf([joined ?? {}, fault ?? {}]), ["joined", "not_allowed"]);
  const [refused] = await chat.connect({ ticket }).ask({ type: "hello" });
  assert.equal(refused?.code, "bad_token");
  assert.match(String(refused?.message), /works once, within 30 s/);
});

for (const kind of ["token", "ticket"] as const) {
  Deno.test(`A hello that is refused for its name does not make the user of a ${kind} a guest`, async () => {
    using chat = new TokenChat();
    chat.sign("ann", { name: undefined });
    const ticket = await chat.ticketFor({ name: undefined });
    const client = chat.connect(kind === "token" ? { token: "ann" } : { ticket });
    assert.deepEqual(typesOf(await client.ask({ type: "hello", name: "* " })), ["bad_name"]);
    const [hello] = await client.ask({ type: "hello", name: "Bea" });
    assert.deepEqual(hello?.you, { user: ANN, name: "Bea", kind: "app" });
  });
}

Deno.test("A hello after one that was refused for its name may have a token of another user", async () => {
  using chat = new TokenChat();
  chat.sign("bea", { user: user("a_bea00000"), name: name("Bea") });
  const client = chat.connect({ ticket: await chat.ticketFor({ name: undefined }) });
  await client.ask({ type: "hello", name: "* " });
  const [hello] = await client.ask({ type: "hello", token: "bea" });
  assert.equal(Object(hello?.you).name, "Bea");
});

Deno.test("Two connections that present one ticket at the same time have one user between them", async () => {
  using chat = new TokenChat();
  const ticket = await chat.ticketFor();
  const clients = [chat.connect({ ticket }), chat.connect({ ticket })];
  for (const client of clients) client.send({ type: "hello" });
  await flushMicrotasks();
  const answers = clients.flatMap((client) => typesOf(client.take()));
  assert.deepEqual(answers.toSorted(), ["bad_token", "hello"]);
});

Deno.test("A ticket is left alone if there is a token, and in a hello it has no meaning", async () => {
  using chat = new TokenChat({ auth: "required" });
  chat.sign("bea", { user: user("a_bea00000"), name: name("Bea") });
  const ticket = await chat.ticketFor();
  const [first] = await chat.connect({ ticket, token: "bea" }).ask({ type: "hello" });
  assert.equal(Object(first?.you).name, "Bea");
  const [second] = await chat.connect({ ticket }).ask({ type: "hello", token: "bea" });
  assert.equal(Object(second?.you).name, "Bea");
  const [third] = await chat.connect().ask({ type: "hello", ticket });
  assert.equal(third?.code, "token_required");
  const [last] = await chat.connect({ ticket }).ask({ type: "hello" });
  assert.equal(Object(last?.you).name, "Ann");
});

Deno.test("Whom a proxy has signed in cannot use a ticket of someone else", async () => {
  using chat = new TokenChat();
  const ticket = await chat.ticketFor();
  const proxyUser = { ...BEN, user: user("a_cy000000"), name: name("Cy") };
  const client = chat.connect({ ticket, user: proxyUser });
  const answers = await client.ask({ type: "hello" }, { type: "hello" });
  assert.deepEqual(typesOf(answers), ["not_allowed", "hello"]);
  assert.equal(Object(answers[1]?.you).name, "Cy");
  assert.ok(chat.tickets.users.has(ticket));
});

Deno.test("A ticket has the rest of its token's life", async () => {
  using chat = new TokenChat();
  const ticket = await chat.ticketFor({ expiresAt: chat.chat.clock.date() + 40_000 });
  await chat.chat.clock.advance(25_000);
  const client = chat.connect({ ticket });
  await client.ask({ type: "hello" });
  assert.equal(client.handler.signIn.expiry?.at, chat.chat.clock.now() + 15_000);
});

Deno.test("A connection whose ticket cannot be checked now is closed with 4010", async () => {
  using chat = new TokenChat();
  const ticket = await chat.ticketFor();
  chat.tickets.isAway = true;
  const client = chat.connect({ ticket });
  await client.ask({ type: "hello" });
  assert.equal(client.closeCode, NOT_READY.code);
  const { socket } = await chat.connectText({ ticket });
  assert.equal(socket.closeStatuses[0]?.code, NOT_READY.code);
});

Deno.test("A refused ticket counts as a refused token of its address", async () => {
  using chat = new TokenChat();
  const address = "192.0.2.1";
  for (let count = 0; count < 200; count++) {
    const [refused] = await chat.connect({ address, ticket: "invented" }).ask({ type: "hello" });
    assert.equal(refused?.code, "bad_token");
  }
  const ticket = await chat.ticketFor();
  const [slow] = await chat.connect({ address, ticket }).ask({ type: "hello" });
  assert.equal(slow?.code, "slow_down");
  const [hello] = await chat.connect({ address: "192.0.2.2", ticket }).ask({ type: "hello" });
  assert.equal(hello?.type, "hello");
});

Deno.test("Requests that follow a hello with a token are answered once it is checked, in order", async () => {
  using chat = new TokenChat();
  chat.sign("ann");
  const checking = Promise.withResolvers<void>();
  chat.authenticator.whenLet = checking.promise;
  const client = chat.connect();
  const early = await client.ask(
    { type: "hello", token: "ann" },
    { type: "join", room: "den" },
    { type: "say", id: "1", room: "den", text: "hi" },
  );
  assert.deepEqual(early, []);
  assert.equal(client.handler.pendingStep(), "hello");
  checking.resolve();
  await flushMicrotasks();
  assert.deepEqual(typesOf(client.take()), ["hello", "joined", "said", "ack"]);
});

Deno.test("A hundred requests wait for the token, and more are refused", async () => {
  using chat = new TokenChat({ limits: UNLIMITED });
  chat.sign("ann");
  const checking = Promise.withResolvers<void>();
  chat.authenticator.whenLet = checking.promise;
  const client = chat.connect();
  const early = await client.ask(
    { type: "hello", token: "ann" },
    ...Array.from({ length: 101 }, (_, at) => ({ type: "leave", id: `${at}`, room: "den" })),
  );
  assert.deepEqual(early.map(({ id, code }) => [id, code]), [["100", "unavailable"]]);
  checking.resolve();
  await flushMicrotasks();
  assert.equal(client.take().length, 101);
});

Deno.test("Nothing is sent to a connection that ends while its token is checked", async () => {
  using chat = new TokenChat();
  chat.sign("ann");
  const checking = Promise.withResolvers<void>();
  chat.authenticator.whenLet = checking.promise;
  const client = chat.connect();
  await client.ask({ type: "hello", token: "ann" }, { type: "join", room: "den" });
  client.handler.onClose();
  checking.resolve();
  await flushMicrotasks();
  assert.deepEqual(client.take(), []);
  assert.equal(chat.chat.bus.subscribed.length, 0);
});

Deno.test("A refused token leaves the connection without a user, and another may follow", async () => {
  using chat = new TokenChat();
  chat.sign("ann");
  const client = chat.connect();
  const answers = await client.ask(
    { type: "hello", id: "1", token: "forged" },
    { type: "join", room: "den" },
  );
  assert.deepEqual(typesOf(answers), ["bad_token", "hello_first"]);
  assert.equal(answers[0]?.id, "1");
  assert.equal(client.closeCode, undefined);
  assert.deepEqual(typesOf(await client.ask({ type: "hello", token: "ann" })), ["hello"]);
});

Deno.test("A connection whose token cannot be checked now is closed with 4010", async () => {
  using chat = new TokenChat();
  chat.authenticator.isAway = true;
  const client = chat.connect();
  await client.ask({ type: "hello", token: "ann" });
  assert.equal(client.closeCode, NOT_READY.code);
});

Deno.test("AUTH=required refuses whoever has no token, also with a resume token of a guest", async () => {
  using chat = new TokenChat({ auth: "required" });
  chat.sign("ann");
  for (const hello of [{ name: "Bea" }, { resume: "user_no_7/Bea" }]) {
    const answers = await chat.connect().ask({ type: "hello", ...hello });
    assert.deepEqual(typesOf(answers), ["token_required"]);
  }
  const answers = await chat.connect().ask({
    type: "hello",
    token: "ann",
    resume: "user_no_7/Bea",
  });
  assert.equal(Object(answers[0]?.you).user, ANN);
});

/** A request for each action, and how it is answered if it is allowed. */
const REQUESTS = [
  [{ type: "who" }, "read", "members"],
  [{ type: "history" }, "read", "history"],
  [{ type: "read", position: "epoch1:1" }, "read", "ack"],
  [{ type: "say", text: "hi" }, "send", "ack"],
  [{ type: "edit", of: "epoch1:1", text: "ho" }, "send", "ack"],
  [{ type: "delete", of: "epoch1:1" }, "send", "ack"],
  [{ type: "typing" }, "send", "ack"],
  [{ type: "react", of: "epoch1:1", emoji: "👍" }, "react", "ack"],
] as const satisfies readonly (readonly [Frame, RoomAction, string])[];

for (const [request, action, answer] of REQUESTS) {
  Deno.test(`The request ${request.type} needs ${action}, and nothing more`, async () => {
    using chat = new TokenChat();
    chat.sign("all");
    const author = await chat.enter("all", "den");
    await author.ask({ type: "say", id: "first", room: "den", text: "hi" });
    const others = (["read", "send", "react"] as const).filter((it) => it !== action);
    // Without read, nobody gets into the room.
    const allow = [...new Set(["read", ...others] as const)];
    chat.sign("all but it", { rights: [{ match: "den", allow }] });
    chat.sign("just it", { rights: [{ match: "den", allow: ["read", action] }] });
    const just = await chat.enter("just it", "den");
    const answers = await just.ask({ ...request, id: "1", room: "den" });
    assert.ok(typesOf(answers).includes(answer), typesOf(answers).join());
    if (action === "read") return;
    const but = await chat.enter("all but it", "den");
    const refused = await but.ask({ ...request, id: "2", room: "den" });
    assert.deepEqual(typesOf(refused), ["not_allowed"]);
  });
}

Deno.test("A room that a token does not let its user read cannot be joined, whatever its spelling", async () => {
  using chat = new TokenChat();
  chat.sign("ann", {
    rights: [{ match: "team-*", allow: ["read"] }, { match: "*", allow: ["send"] }],
  });
  const client = await chat.enter("ann", "team-red");
  const answers = await client.ask(
    { type: "join", room: "den" },
    { type: "join", room: "Den" },
    { type: "join", room: "Team-Blue" },
  );
  assert.deepEqual(typesOf(answers), ["not_allowed", "not_allowed", "joined"]);
});

Deno.test("auth renews the rights: rooms that may no longer be read are left, and nothing more comes from them", async () => {
  using chat = new TokenChat();
  chat.sign("all");
  chat.sign("less", { rights: [{ match: "den", allow: ["read"] }] });
  const ann = await chat.enter("all", "den", "attic");
  const bea = await chat.enter("all", "attic");
  assert.deepEqual(await ann.ask({ type: "auth", id: "1", token: "less" }), [
    { type: "rules", room: "den", may: [] },
    { type: "left", room: "attic", reason: "not_allowed" },
    { type: "ack", id: "1" },
  ]);
  await bea.ask({ type: "say", room: "attic", text: "a secret" });
  assert.deepEqual(ann.take(), []);
  const answers = await ann.ask({ type: "say", id: "2", room: "den", text: "hi" });
  assert.deepEqual(typesOf(answers), ["not_allowed"]);
});

Deno.test("auth refuses a token of another user, one that is not valid, and any token of a guest", async () => {
  using chat = new TokenChat();
  chat.sign("ann");
  chat.sign("bea", { user: user("a_bea00000") });
  const ann = await chat.enter("ann", "den");
  assert.deepEqual(typesOf(await ann.ask({ type: "auth", token: "bea" })), ["not_allowed"]);
  assert.deepEqual(typesOf(await ann.ask({ type: "auth", token: "forged" })), ["bad_token"]);
  chat.authenticator.isAway = true;
  assert.deepEqual(typesOf(await ann.ask({ type: "auth", token: "ann" })), ["unavailable"]);
  assert.equal(ann.closeCode, undefined);
  chat.authenticator.isAway = false;
  const guest = chat.connect();
  await guest.ask({ type: "hello", name: "Guy" });
  assert.deepEqual(typesOf(await guest.ask({ type: "auth", token: "ann" })), ["not_allowed"]);
});

Deno.test("The last auth counts, even if an earlier one is checked later", async () => {
  using chat = new TokenChat();
  chat.sign("all");
  chat.sign("none", { rights: [] });
  const ann = await chat.enter("all", "den");
  const slow = Promise.withResolvers<void>();
  chat.authenticator.whenLet = slow.promise;
  ann.send({ type: "auth", id: "1", token: "none" });
  chat.authenticator.whenLet = Promise.resolve();
  await ann.ask({ type: "auth", id: "2", token: "all" });
  slow.resolve();
  await flushMicrotasks();
  assert.deepEqual(typesOf(ann.take()), ["ack"]);
  assert.deepEqual(typesOf(await ann.ask({ type: "who", room: "den" })), ["members"]);
});

Deno.test("An auth that is acknowledged counts, even if a later one is refused meanwhile", async () => {
  using chat = new TokenChat();
  const { clock } = chat.chat;
  chat.sign("ann");
  chat.sign("later", { expiresAt: clock.date() + 2 * HOUR });
  const ann = await chat.enter("ann", "den");
  const slow = Promise.withResolvers<void>();
  chat.authenticator.whenLet = slow.promise;
  ann.send({ type: "auth", id: "1", token: "later" });
  chat.authenticator.whenLet = Promise.resolve();
  const answers = await ann.ask({ type: "auth", id: "2", token: "forged" });
  assert.deepEqual(typesOf(answers), ["bad_token"]);
  slow.resolve();
  assert.deepEqual(typesOf(await ann.ask()), ["ack"]);
  assert.equal(ann.handler.signIn.expiry?.at, clock.now() + 2 * HOUR);
});

Deno.test("A client is told before its token expires, once for each token", async () => {
  using chat = new TokenChat();
  chat.sign("ann");
  const ann = await chat.enter("ann", "den");
  const { clock } = chat.chat;
  assert.deepEqual(ann.handler.signIn.expiry, { at: clock.now() + HOUR, isTold: false });
  await clock.advance(HOUR - 59_000);
  ann.handler.signIn.onExpiring();
  await flushMicrotasks();
  assert.deepEqual(ann.take().filter(({ type }) => type === "expiring"), [
    { type: "expiring", inMs: 59_000 },
  ]);
  assert.equal(ann.handler.signIn.expiry?.isTold, true);
  chat.sign("later");
  await ann.ask({ type: "auth", token: "later" });
  assert.deepEqual(ann.handler.signIn.expiry, { at: clock.now() + HOUR, isTold: false });
});

Deno.test("Requests are refused from the expiry of the token on, and carried out again after an auth", async () => {
  using chat = new TokenChat();
  chat.sign("ann");
  const ann = await chat.enter("ann", "den");
  await chat.chat.clock.advance(HOUR - 1);
  ann.take();
  assert.deepEqual(typesOf(await ann.ask({ type: "who", room: "den" })), ["members"]);
  await chat.chat.clock.advance(1);
  ann.take();
  for (
    const request of [
      { type: "join", room: "attic" },
      { type: "leave", room: "den" },
      { type: "say", room: "den", text: "hi" },
      { type: "typing", room: "den" },
      { type: "history", room: "den" },
      { type: "who", room: "den" },
      { type: "name", name: "Eve" },
      { type: "rooms" },
      { type: "members", room: `_private.${"a".repeat(26)}` },
      { type: "users" },
    ]
  ) {
    assert.deepEqual(typesOf(await ann.ask(request)), ["token_expired"], request.type);
  }
  assert.deepEqual(typesOf(await ann.ask({ type: "ping" })), ["pong"]);
  chat.sign("later");
  assert.deepEqual(typesOf(await ann.ask({ type: "auth", id: "1", token: "later" })), ["ack"]);
  assert.deepEqual(typesOf(await ann.ask({ type: "who", room: "den" })), ["members"]);
});

Deno.test("What a request has waited for is not sent if the token has expired meanwhile", async () => {
  using chat = new TokenChat();
  chat.sign("ann");
  const ann = await chat.enter("ann", "den");
  const { bus, clock } = chat.chat;
  const room = (await ann.ask({ type: "create", kind: "private" })).at(-1)?.room;
  const read = Promise.withResolvers<void>();
  const page = bus.page.bind(bus), admission = bus.admission.bind(bus);
  bus.page = async (...of) => (await read.promise, await page(...of));
  bus.admission = async (...of) => (await read.promise, await admission(...of));
  ann.send({ type: "history", id: "1", room: "den" });
  ann.send({ type: "join", id: "2", room });
  await clock.advance(HOUR);
  ann.take();
  read.resolve();
  await flushMicrotasks();
  assert.deepEqual(typesOf(await ann.ask()), ["token_expired", "token_expired"]);
});

Deno.test("A guest's rights do not expire", async () => {
  using chat = new TokenChat();
  const guest = chat.connect();
  await guest.ask({ type: "hello", name: "Guy" });
  assert.equal(guest.handler.signIn.expiry, null);
});

Deno.test("A name that comes from the app cannot be changed, and is kept when somebody else has it", async () => {
  using chat = new TokenChat();
  const guest = chat.connect();
  await guest.ask({ type: "hello", name: "Ann" }, { type: "join", room: "den" });
  chat.sign("ann");
  const ann = chat.connect();
  const answers = await ann.ask({ type: "hello", token: "ann" }, { type: "join", room: "den" });
  assert.equal(answers[1]?.name, "Ann (2)");
  assert.equal(answers[1]?.wanted, "Ann");
  assert.deepEqual(typesOf(await ann.ask({ type: "name", name: "Bea" })), ["not_allowed"]);
});

Deno.test("A new name is an entry in every room, and needs the right to send in all of them", async () => {
  using chat = new TokenChat();
  const news = { match: "news", allow: ["read"] } as const;
  chat.sign("ann", { name: undefined, rights: [{ match: "den", allow: ["read", "send"] }, news] });
  const ann = await chat.enter("ann", "den", "news");
  const rename = { type: "name", id: "1", name: "Bea" };
  assert.deepEqual(typesOf(await ann.ask(rename)), ["not_allowed"]);
  await ann.ask({ type: "leave", room: "news" });
  assert.ok(typesOf(await ann.ask(rename)).includes("ack"));
});

Deno.test("A new name is not written in a room that is joined while the name changes, without the right to send there", async () => {
  using chat = new TokenChat();
  const news = { match: "news", allow: ["read"] } as const;
  chat.sign("bea", { user: user("a_bea00000") });
  const reader = await chat.enter("bea", "news");
  chat.sign("ann", { name: undefined, rights: [{ match: "den", allow: ["read", "send"] }, news] });
  const ann = await chat.enter("ann", "den");
  const answers = await ann.ask(
    { type: "name", id: "1", name: "Cem" },
    { type: "join", room: "news" },
  );
  assert.deepEqual(typesOf(answers).slice(0, 3), ["renamed", "ack", "joined"]);
  assert.ok(!typesOf(reader.take()).includes("renamed"));
});

Deno.test("An address that sends bad tokens has to wait, and others do not", async () => {
  using chat = new TokenChat();
  chat.sign("ann");
  const answersTo = async (address: string | undefined, token: string) =>
    typesOf(await chat.connect({ address }).ask({ type: "hello", token }));
  for (let count = 0; count < 200; count++) {
    assert.deepEqual(await answersTo("192.0.2.1", `forged ${count}`), ["bad_token"]);
  }
  const [slow] = await chat.connect({ address: "192.0.2.1" }).ask({ type: "hello", token: "ann" });
  assert.equal(slow?.code, "slow_down");
  assert.ok(Number(slow?.afterMs) > 0);
  assert.deepEqual(await answersTo("192.0.2.2", "ann"), ["hello"]);
  assert.deepEqual(await answersTo(undefined, "ann"), ["hello"]);
  await chat.chat.clock.advance(Number(slow?.afterMs));
  assert.deepEqual(await answersTo("192.0.2.1", "ann"), ["hello"]);
});

Deno.test("A hello that has to wait does not make the user of the handshake's token a guest", async () => {
  using chat = new TokenChat();
  chat.sign("ann");
  const address = "192.0.2.1";
  for (let count = 0; count < 200; count++) {
    await chat.connect({ address }).ask({ type: "hello", token: `forged ${count}` });
  }
  const client = chat.connect({ address, token: "ann" });
  const [slow] = await client.ask({ type: "hello" });
  assert.equal(slow?.code, "slow_down");
  await chat.chat.clock.advance(Number(slow?.afterMs));
  const [hello] = await client.ask({ type: "hello" });
  assert.equal(Object(hello?.you).user, ANN);
});

Deno.test("Plain text closes a connection whose token is not checked yet, since too many were refused, with 4010", async () => {
  using chat = new TokenChat();
  chat.sign("ann");
  const address = "192.0.2.1";
  for (let count = 0; count < 200; count++) await chat.connectText({ address, token: "forged" });
  const { socket } = await chat.connectText({ address, token: "ann" });
  assert.deepEqual(socket.sent, [
    "! slow down: too many bad tokens from this address (wait 1 s)",
  ]);
  assert.equal(socket.closeStatuses[0], NOT_READY);
});

Deno.test("Plain text keeps a connection that writes too fast while its token is checked", async () => {
  using chat = new TokenChat();
  chat.sign("ann");
  const { promise, resolve } = Promise.withResolvers<void>();
  chat.authenticator.whenLet = promise;
  const { socket, handler } = await chat.connectText({ token: "ann" });
  for (let count = 0; count < 31; count++) handler.onMessage(`${count}`);
  assert.deepEqual(socket.sent, ["! slow down"]);
  resolve();
  await flushMicrotasks();
  assert.equal(socket.sent.length, 31);
  assert.deepEqual(socket.closeStatuses, []);
});

Deno.test("Plain text takes the token of the handshake, and speaks when it is checked", async () => {
  using chat = new TokenChat({ auth: "required" });
  chat.sign("ann");
  const { socket, handler } = await chat.connectText({ token: "ann" }, { room: "den" });
  handler.onMessage("hi");
  await flushMicrotasks();
  assert.deepEqual(socket.sent, ["Ann: hi"]);
  handler.signIn.onExpiring();
  assert.deepEqual(socket.sent.slice(1), [
    "! your token expires in 3600 s: reconnect with a new one",
  ]);
  await chat.chat.clock.advance(HOUR);
  handler.onMessage("hi again");
  assert.equal(socket.sent.at(-1), "! the token has expired");
});

/** A user whom a proxy has signed in. */
for (const auth of ["open", "required"] as const) {
  Deno.test(`With AUTH=${auth}, a proxy's user needs no token, and has neither a resume token nor an end`, async () => {
    using chat = new TokenChat({ auth });
    const ben = chat.connect({ user: BEN });
    const frames = [{ type: "hello", name: "Ann" }, { type: "join", room: "den" }];
    const [hello, joined] = await ben.ask(...frames);
    assert.deepEqual(hello?.you, { user: BEN.user, name: "Ben", kind: "app" });
    assert.equal(hello?.resume, undefined);
    assert.equal(joined?.name, "Ben");
    assert.equal(ben.handler.signIn.expiry, undefined);
    assert.deepEqual(typesOf(await ben.ask({ type: "name", name: "Ann" })), ["not_allowed"]);
  });
}

Deno.test("A proxy's user whose name cannot be shown chooses one, or has a guest's name", async () => {
  using chat = new TokenChat();
  const origin = { user: { ...BEN, name: undefined } };
  const [chosen] = await chat.connect(origin).ask({ type: "hello", name: "Bea" });
  assert.deepEqual(chosen?.you, { user: BEN.user, name: "Bea", kind: "app" });
  const [drawn] = await chat.connect(origin).ask({ type: "hello" });
  assert.deepEqual(drawn?.you, { user: BEN.user, name: "网友10", kind: "app" });
});

Deno.test("A proxy's user cannot become another: by a token, a resume token, or a second hello", async () => {
  using chat = new TokenChat();
  chat.sign("ann");
  const guest = chat.connect();
  const [{ resume } = {}] = await guest.ask({ type: "hello", name: "Cem" });
  assert.equal(typeof resume, "string");
  const ben = chat.connect({ user: BEN, token: "ann" });
  for (const token of ["ann", "forged"]) {
    assert.deepEqual(typesOf(await ben.ask({ type: "hello", token })), ["not_allowed"]);
    assert.equal(ben.handler.pendingStep(), "hello");
  }
  const [hello] = await ben.ask({ type: "hello", resume });
  assert.equal(Object(hello?.you).user, BEN.user);
  assert.deepEqual(typesOf(await ben.ask({ type: "hello" })), ["bad_frame"]);
  assert.deepEqual(typesOf(await ben.ask({ type: "auth", token: "ann" })), ["not_allowed"]);
});

Deno.test("A hello that is refused for its name does not make a proxy's user a guest", async () => {
  using chat = new TokenChat();
  const client = chat.connect({ user: { ...BEN, name: undefined } });
  assert.deepEqual(typesOf(await client.ask({ type: "hello", name: "* " })), ["bad_name"]);
  const [hello] = await client.ask({ type: "hello", name: "Bea" });
  assert.equal(Object(hello?.you).user, BEN.user);
});

Deno.test("A proxy's user is asked to return while the service does not know its secret yet", async () => {
  const sessionTokens = Object.assign(new FakeSessionTokens(), { isReady: false });
  using chat = new TokenChat({ sessionTokens });
  const client = chat.connect({ user: BEN });
  assert.deepEqual(await client.ask({ type: "hello" }), []);
  assert.equal(client.closeCode, NOT_READY.code);
});

Deno.test("Plain text has the proxy's user, whatever name it asks for", async () => {
  using chat = new TokenChat({ auth: "required" });
  const { socket, handler } = await chat.connectText({ user: BEN }, { room: "den", name: "Ann" });
  handler.onMessage("hi");
  await flushMicrotasks();
  assert.deepEqual(socket.sent, ["Ben: hi"]);
});

for (
  const [what, origin, status] of [
    ["has no token where one is required", {}, TOKEN_REQUIRED],
    ["has a forged token", { token: "forged" }, BAD_TOKEN],
    ["has an invented ticket", { ticket: "invented" }, BAD_TOKEN],
    ["may not read the room", { token: "elsewhere" }, NOT_ALLOWED],
  ] as const
) {
  Deno.test(`Plain text closes a connection that ${what} with ${status.code}`, async () => {
    using chat = new TokenChat({ auth: "required" });
    chat.sign("elsewhere", { rights: [{ match: "attic", allow: ["read"] }] });
    const { socket } = await chat.connectText(origin, { room: "den" });
    assert.deepEqual(socket.closeStatuses[0], status);
    assert.equal(socket.sent.length, 1, socket.sent.join());
  });
}

Deno.test("A page that is read while the right to it ends is not sent", async () => {
  using chat = new TokenChat();
  chat.sign("all");
  chat.sign("none", { rights: [] });
  const ann = await chat.enter("all", "den");
  await ann.ask({ type: "say", room: "den", text: "a secret" });
  const reading = Promise.withResolvers<void>();
  const { bus } = chat.chat;
  const page = bus.page.bind(bus);
  bus.page = async (...query) => {
    await reading.promise;
    return await page(...query);
  };
  assert.deepEqual(await ann.ask({ type: "history", id: "1", room: "den" }), []);
  await ann.ask({ type: "auth", token: "none" });
  reading.resolve();
  await flushMicrotasks();
  assert.deepEqual(typesOf(ann.take()), ["not_allowed"]);
});

const GUEST = "user_no_77/Guy/1000";
const BEFORE = { scope: "user", id: ANN } as const;

/** A chat in which things are revoked. */
class RevokingChat extends TokenChat {
  readonly known: KnownRevocations;

  constructor(known = noRevocations(), settings: Partial<SessionContext> = {}) {
    super({ revocations: known, ...settings });
    this.known = known;
  }

  revoke(...added: readonly Revocation[]): void {
    this.known.learn({ version: 2, added });
  }

  get now(): number {
    return this.chat.clock.date();
  }
}

Deno.test("A token that was issued before its user was signed out is refused, and a newer one is not", async () => {
  using chat = new RevokingChat();
  chat.sign("old");
  chat.sign("undated", { issuedAt: 0 });
  chat.revoke({ ...BEFORE, before: chat.now + 1 });
  await chat.chat.clock.advance(1);
  chat.sign("new");
  for (const token of ["old", "undated"]) {
    const [fault] = await chat.connect().ask({ type: "hello", token });
    assert.deepEqual([fault?.code, fault?.message], ["bad_token", "the token has been revoked"]);
  }
  const client = chat.connect();
  assert.deepEqual(typesOf(await client.ask({ type: "hello", token: "new" })), ["hello"]);
  assert.deepEqual(typesOf(await client.ask({ type: "auth", token: "old" })), ["bad_token"]);
  client.handler.signIn.recheckUser();
  assert.equal(client.closeCode, undefined);
});

Deno.test("A revoked token may be presented again and again without a penalty for its address", async () => {
  using chat = new RevokingChat();
  chat.sign("old", { tokenId: "t1" });
  chat.sign("new");
  chat.revoke({ scope: "token", id: "t1", before: chat.now });
  const client = chat.connect({ address: "192.0.2.1" });
  for (let count = 0; count < 100; count++) {
    assert.deepEqual(typesOf(await client.ask({ type: "hello", token: "old" })), ["bad_token"]);
    await chat.chat.clock.advance(1_000);
  }
  assert.deepEqual(typesOf(await client.ask({ type: "hello", token: "new" })), ["hello"]);
});

Deno.test("A token that is revoked while it is checked is refused", async () => {
  using chat = new RevokingChat();
  chat.sign("ann");
  const checking = Promise.withResolvers<void>();
  chat.authenticator.whenLet = checking.promise;
  const client = chat.connect();
  client.send({ type: "hello", token: "ann" });
  chat.revoke({ ...BEFORE, before: chat.now + 1 });
  client.handler.signIn.recheckUser();
  checking.resolve();
  assert.deepEqual(typesOf(await client.ask()), ["bad_token"]);
});

Deno.test("A token that is revoked right after it was checked ends the connection", async () => {
  for (const request of ["hello", "auth"]) {
    using chat = new RevokingChat();
    chat.sign("old");
    chat.sign("ann", { tokenId: "t1" });
    const client = chat.connect();
    if (request === "auth") await client.ask({ type: "hello", token: "old" });
    const { known } = chat;
    const isRevoked = known.isRevoked.bind(known);
    known.isRevoked = (issued) => {
      known.isRevoked = isRevoked;
      queueMicrotask(() => {
        chat.revoke({ scope: "token", id: "t1", before: chat.now });
        client.handler.signIn.recheckUser();
      });
      return isRevoked(issued);
    };
    await client.ask({ type: request, token: "ann" });
    assert.equal(client.closeCode, SIGNED_OUT.code, request);
  }
});

Deno.test("A guest whose resume token is revoked comes back as a new user", async () => {
  using chat = new RevokingChat();
  const [known] = await chat.connect().ask({ type: "hello", resume: GUEST });
  assert.deepEqual(known?.you, { user: "user_no_77", name: "Guy", kind: "guest" });
  chat.revoke({ scope: "user", id: "user_no_77", before: 1_001 });
  const [unknown] = await chat.connect().ask({ type: "hello", resume: GUEST, name: "Guy" });
  assert.deepEqual(unknown?.you, { user: "user_no_1", name: "Guy", kind: "guest" });
});

Deno.test("A guest's session counts from the guest's first sign-in, however often it has been resumed since", async () => {
  using chat = new RevokingChat();
  const guest = chat.connect();
  await guest.ask({ type: "hello", resume: GUEST });
  chat.revoke({ scope: "all", id: "", before: 1_000 });
  guest.handler.signIn.recheckUser();
  assert.equal(guest.closeCode, undefined);
  chat.revoke({ scope: "all", id: "", before: 1_001 });
  guest.handler.signIn.recheckUser();
  assert.equal(guest.closeCode, SIGNED_OUT.code);
});

Deno.test("A guest's token is worth nothing once a newer one was used: 4508", async () => {
  using chat = new TokenChat();
  const first = tokenOf(await chat.connect().ask({ type: "hello", name: "Guy" }));
  const second = tokenOf(await chat.connect().ask({ type: "hello", resume: first }));
  const [again] = await chat.connect().ask({ type: "hello", resume: first });
  assert.deepEqual(again?.you, { user: "user_no_1", name: "Guy", kind: "guest" });
  const owner = chat.connect();
  await owner.ask({ type: "hello", resume: second });
  const thief = chat.connect();
  assert.deepEqual(await thief.ask({ type: "hello", resume: first }), []);
  assert.equal(thief.closeCode, SIGNED_OUT.code);
  assert.equal(owner.closeCode, undefined);
  const [last] = await chat.connect().ask({ type: "hello", resume: second });
  assert.deepEqual(last?.you, { user: "user_no_1", name: "Guy", kind: "guest" });
});

Deno.test("The token that a guest gets with another name is as new as that of the hello", async () => {
  using chat = new TokenChat();
  const guest = chat.connect();
  const first = tokenOf(await guest.ask({ type: "hello", name: "Guy" }));
  const renamed = tokenOf(await guest.ask({ type: "name", name: "Gus" }));
  for (const resume of [renamed, first]) {
    const [hello] = await chat.connect().ask({ type: "hello", resume });
    assert.equal(Object(hello?.you).user, "user_no_1");
  }
});

Deno.test("While the store is away, a guest comes back with any token", async () => {
  let isAway = true;
  const known = new MemoryUsedTokens(new FakeClock());
  const usedTokens: UsedTokens = {
    async use(user, serial) {
      if (isAway) throw new BusUnavailable("away", { mayHaveApplied: true });
      return await known.use(user, serial);
    },
  };
  await known.use(user("user_no_77"), 1);
  using chat = new TokenChat({ usedTokens });
  const [hello] = await chat.connect().ask({ type: "hello", resume: GUEST });
  assert.deepEqual(hello?.you, { user: "user_no_77", name: "Guy", kind: "guest" });
  isAway = false;
  const later = chat.connect();
  await later.ask({ type: "hello", resume: GUEST });
  assert.equal(later.closeCode, SIGNED_OUT.code);
});

Deno.test("A guest who is revoked while the token is checked comes back as a new user", async () => {
  const checked = Promise.withResolvers<void>();
  const usedTokens: UsedTokens = {
    async use() {
      await checked.promise;
      return true;
    },
  };
  using chat = new RevokingChat(noRevocations(), { usedTokens });
  const guest = chat.connect();
  await guest.ask({ type: "hello", resume: GUEST });
  chat.revoke({ scope: "user", id: "user_no_77", before: 1_001 });
  checked.resolve();
  await flushMicrotasks();
  assert.equal(Object(guest.take()[0]?.you).user, "user_no_1");
});

Deno.test("A session token hands on when its guest first signed in, also after a change of name", async () => {
  const signed: number[] = [];
  const sessionTokens = Object.assign(new FakeSessionTokens(), {
    sign(_me: Identity, { since }: { readonly since: number }) {
      signed.push(since);
      return "a session token";
    },
  });
  using chat = new TokenChat({ sessionTokens });
  const [known, guest] = [chat.connect(), chat.connect()];
  await known.ask({ type: "hello", resume: GUEST }, { type: "name", name: "Gus" });
  await guest.ask({ type: "hello" });
  assert.deepEqual(signed, [1_000, 1_000, chat.chat.clock.date()]);
});

for (
  const [what, revocation, closed] of [
    ["its user", BEFORE, ["old"]],
    ["its token", { scope: "token", id: "t1" }, ["old"]],
    ["everybody", { scope: "all", id: "" }, ["old", "guest", "bea"]],
    ["nobody here", { scope: "user", id: "a_cat00000" }, []],
  ] as const
) {
  Deno.test(`Revoking ${what} closes with 4508: ${closed.join(", ") || "nobody"}`, async () => {
    using chat = new RevokingChat();
    chat.sign("old", { tokenId: "t1" });
    chat.sign("bea", { user: user("a_bea00000"), name: name("Bea") });
    const clients = { old: await chat.enter("old"), bea: await chat.enter("bea") };
    const guest = chat.connect();
    await guest.ask({ type: "hello" });
    await chat.chat.clock.advance(5);
    chat.sign("new", { tokenId: "t2" });
    const all = { ...clients, guest, new: await chat.enter("new"), idle: chat.connect() };
    chat.revoke({ ...revocation, before: chat.now });
    for (const { handler } of Object.values(all)) handler.signIn.recheckUser();
    for (const [who, { closeCode }] of Object.entries(all)) {
      const expected = closed.some((it) => it === who) ? SIGNED_OUT.code : undefined;
      assert.equal(closeCode, expected, who);
    }
  });
}

Deno.test("After auth, the newest token is the one that can be revoked", async () => {
  using chat = new RevokingChat();
  chat.sign("first", { tokenId: "t1" });
  chat.sign("second", { tokenId: "t2" });
  const ann = await chat.enter("first");
  await ann.ask({ type: "auth", token: "second" });
  chat.revoke({ scope: "token", id: "t1", before: chat.now });
  ann.handler.signIn.recheckUser();
  assert.equal(ann.closeCode, undefined);
  chat.revoke({ scope: "token", id: "t2", before: chat.now });
  ann.handler.signIn.recheckUser();
  assert.equal(ann.closeCode, SIGNED_OUT.code);
});

Deno.test("Before the revocations are known, only guests without a token may come in", async () => {
  using chat = new RevokingChat(new KnownRevocations());
  chat.sign("ann");
  for (const hello of [{ token: "ann" }, { resume: GUEST }]) {
    const client = chat.connect();
    assert.deepEqual(await client.ask({ type: "hello", ...hello }), []);
    assert.equal(client.closeCode, NOT_READY.code);
  }
  assert.deepEqual(typesOf(await chat.connect().ask({ type: "hello" })), ["hello"]);
});

Deno.test("Plain text closes a revoked token with 4505, and a revoked session with 4508", async () => {
  using chat = new RevokingChat();
  chat.sign("ann");
  const { socket, handler } = await chat.connectText({ token: "ann" });
  chat.revoke({ ...BEFORE, before: chat.now + 1 });
  handler.signIn.recheckUser();
  assert.deepEqual(socket.closeStatuses, [SIGNED_OUT]);
  const { socket: late } = await chat.connectText({ token: "ann" });
  assert.deepEqual(late.closeStatuses, [BAD_TOKEN]);
});

Deno.test("A proxy's user who is signed out has to connect again through the proxy", async () => {
  using chat = new RevokingChat();
  const [open, idle] = [chat.connect({ user: BEN }), chat.connect({ user: BEN })];
  await open.ask({ type: "hello" });
  chat.revoke({ scope: "user", id: BEN.user, before: BEN.issuedAt + 1 });
  for (const { handler } of [open, idle]) handler.signIn.recheckUser();
  assert.deepEqual([open.closeCode, idle.closeCode], [SIGNED_OUT.code, undefined]);
  assert.deepEqual(typesOf(await idle.ask({ type: "hello" })), ["bad_token"]);
  const later = chat.connect({ user: { ...BEN, issuedAt: BEN.issuedAt + 1 } });
  assert.deepEqual(typesOf(await later.ask({ type: "hello" })), ["hello"]);
});

Deno.test("A ticket for a token that has been revoked since is refused", async () => {
  using chat = new RevokingChat();
  const ticket = await chat.ticketFor({ tokenId: "t1" });
  chat.revoke({ scope: "token", id: "t1", before: chat.now });
  const [fault] = await chat.connect({ ticket }).ask({ type: "hello" });
  assert.deepEqual([fault?.code, fault?.message], ["bad_token", "the token has been revoked"]);
});
