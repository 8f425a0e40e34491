/** Members: how a page becomes one with an invite, returns with tokens that change, and shares them with other pages. */
import assert from "node:assert/strict";
import { flushMicrotasks } from "../../../support/fakes.ts";
import { codeOf, FakeStorage, kindOf, startChat, type StartedChat } from "../fake_platform.ts";

const MEMBER = { user: "m_ann", name: "Ann", role: "owner" } as const;
const INVITE = { invite: "A".repeat(22), device: "Firefox on Linux" } as const;
const SIGNED_OUT = 4508;
/** Time for the next attempt. */
const RETRY_MS = 1_000;

/** Completes the handshake; the hello has been sent. */
async function open({ world }: StartedChat): Promise<void> {
  await world.socket.open();
}

/** The same, and welcomes the member with a token. */
async function greet(begun: StartedChat, resume: string): Promise<void> {
  await open(begun);
  await begun.world.socket.sendHello({ ...MEMBER, resume });
}

/** The connection is lost; the next attempt is under way. */
async function cut({ world }: StartedChat): Promise<void> {
  await world.socket.serverCloses();
  await world.advance(20_000);
}

function helloOf({ world }: StartedChat) {
  const { type: _type, id: _id, attempt, ...hello } = world.socket.lastOf("hello");
  return { hello, attempt };
}

async function refuse({ world }: StartedChat, code: string): Promise<void> {
  await world.socket.serverAnswers("hello", { type: "fault", code, message: "no" });
}

Deno.test("Chat becomes a member with an invite, and returns with its token", async () => {
  const storage = new FakeStorage();
  const page = startChat({ ...INVITE, storage });
  await open(page);
  const { hello, attempt } = helloOf(page);
  assert.deepEqual(hello, { ...INVITE, name: "Ann" });
  assert.match(String(attempt), /^[\w-]{22}$/);
  await page.world.socket.sendHello({ ...MEMBER, resume: "t1", rooms: ["team"] });
  const { chat } = page;
  assert.deepEqual(chat.me.value, { ...MEMBER, kind: "member" });
  assert.deepEqual(chat.invitedRooms.value, ["team"]);
  await cut(page);
  await open(page);
  assert.deepEqual(helloOf(page).hello, { name: "Ann", resume: "t1" });
  chat.close();
  const later = startChat({ storage });
  await open(later);
  assert.equal(helloOf(later).hello["resume"], "t1");
  later.chat.close();
});

Deno.test("Chat started again with the same invite returns as the member with the token, and sends no invite", async () => {
  const storage = new FakeStorage();
  const options = { ...INVITE, storage };
  const first = startChat(options);
  await greet(first, "t1");
  first.chat.close();
  const second = startChat(options);
  await open(second);
  assert.deepEqual(helloOf(second), { hello: { name: "Ann", resume: "t1" }, attempt: undefined });
  await cut(second);
  await open(second);
  await second.world.socket.sendHello({ ...MEMBER, resume: "t2" });
  assert.deepEqual(second.chat.me.value, { ...MEMBER, kind: "member" });
  await cut(second);
  await open(second);
  assert.deepEqual(helloOf(second).hello, { name: "Ann", resume: "t2" });
  await second.world.socket.serverCloses(SIGNED_OUT, "signed out");
  assert.equal(kindOf(second.chat.state), "closed", "a device that is signed out stays out");
});

for (
  const [what, reject] of [
    ["is signed out", ({ world }) => world.socket.serverCloses(SIGNED_OUT, "signed out")],
    [
      "makes a guest of the user",
      ({ world }) => world.socket.sendHello({ user: "u1", name: "Guest1", resume: "g1" }),
    ],
    ["is no token where one is required", (page) => refuse(page, "token_required")],
  ] as const satisfies readonly [string, (page: StartedChat) => Promise<void>][]
) {
  Deno.test(`Chat uses its invite, once, if the member's token in the storage ${what}`, async () => {
    const storage = new FakeStorage();
    const first = startChat({ ...INVITE, storage });
    await greet(first, "t1");
    first.chat.close();
    const page = startChat({ ...INVITE, storage });
    const users: (string | undefined)[] = [];
    page.chat.me.subscribe((me) => users.push(me?.user));
    await open(page);
    await reject(page);
    await page.world.advance(RETRY_MS);
    await open(page);
    assert.deepEqual(helloOf(page).hello, { ...INVITE, name: "Ann" });
    await cut(page);
    await open(page);
    assert.deepEqual(helloOf(page).hello, { ...INVITE, name: "Ann" }, "until it is answered");
    await page.world.socket.sendHello({ ...MEMBER, user: "m_new", resume: "t2" });
    assert.deepEqual(users, [undefined, "m_new"], "nobody else is reported meanwhile");
    await cut(page);
    await open(page);
    assert.equal(helloOf(page).hello["resume"], "t2");
    await reject(page);
    await page.world.advance(RETRY_MS);
    assert.ok(page.world.sockets.at(-1)?.sentOf("hello").every(({ invite }) => !invite), "once");
    page.chat.close();
  });
}

Deno.test("Chat is closed if neither the member's token nor the invite is good any more", async () => {
  const storage = new FakeStorage();
  const first = startChat({ ...INVITE, storage });
  await greet(first, "t1");
  first.chat.close();
  const { chat, ...page } = startChat({ ...INVITE, storage });
  await open({ chat, ...page });
  await page.world.socket.serverCloses(SIGNED_OUT, "signed out");
  await page.world.advance(20_000);
  await open({ chat, ...page });
  await refuse({ chat, ...page }, "bad_invite");
  const { value } = chat.state;
  assert.equal(value.kind === "closed" && value.error?.code, "bad_invite");
});

Deno.test("Chat returns with a token that another page has stored since its own was rejected", async () => {
  const storage = new FakeStorage();
  const first = startChat({ ...INVITE, storage });
  await greet(first, "t1");
  first.chat.close();
  const page = startChat({ ...INVITE, storage });
  await open(page);
  await page.world.socket.serverCloses(SIGNED_OUT, "signed out");
  // As the link for a device does.
  const other = startChat({ ...INVITE, storage });
  await open(other);
  await other.world.socket.serverCloses(SIGNED_OUT, "signed out");
  await other.world.advance(20_000);
  await greet(other, "t9");
  await page.world.advance(20_000);
  await open(page);
  assert.equal(helloOf(page).hello["resume"], "t9");
  for (const { chat } of [page, other]) chat.close();
});

Deno.test("Chat repeats an attempt to use an invite until it is answered", async () => {
  const page = startChat(INVITE);
  await open(page);
  const first = helloOf(page);
  await cut(page);
  await open(page);
  assert.deepEqual(helloOf(page), first);
  const other = startChat({ ...INVITE, attempt: "B".repeat(22) });
  await open(other);
  assert.equal(helloOf(other).attempt, "B".repeat(22));
  for (const { chat } of [page, other]) chat.close();
});

for (const code of ["bad_invite", "name_taken", "bad_name"]) {
  Deno.test(`Chat is closed when its invite is refused with ${code}`, async () => {
    const { chat, ...page } = startChat(INVITE);
    await open({ chat, ...page });
    await refuse({ chat, ...page }, code);
    const { value } = chat.state;
    assert.equal(value.kind === "closed" && value.error?.code, code);
  });
}

Deno.test("Chat sends no invite again after a reconnect that another page made necessary", async () => {
  const storage = new FakeStorage();
  const page = startChat({ ...INVITE, storage });
  await open(page);
  const guest = startChat({ storage });
  await open(guest);
  await guest.world.socket.sendHello({ resume: "g1" });
  await page.world.socket.sendHello({ ...MEMBER, resume: "t1" });
  await open(page);
  assert.equal(helloOf(page).hello["invite"], INVITE.invite, "both must be the same user");
  await page.world.socket.sendHello({ ...MEMBER, resume: "t1" });
  assert.equal(page.chat.me.value?.user, MEMBER.user);
  for (const { chat } of [page, guest]) chat.close();
});

Deno.test("A guest's page does not replace the token of a member on the same storage", async () => {
  const storage = new FakeStorage();
  const guest = startChat({ storage });
  await open(guest);
  await guest.world.socket.sendHello({ resume: "g1" });
  const page = startChat({ ...INVITE, storage });
  await greet(page, "t1");
  await guest.world.socket.serverSends({ type: "token", resume: "g2" });
  await cut(page);
  await open(page);
  assert.equal(helloOf(page).hello["resume"], "t1");
  await cut(guest);
  await open(guest);
  assert.equal(helloOf(guest).hello["resume"], "t1", "it becomes the member as well");
  for (const { chat } of [page, guest]) chat.close();
});

Deno.test("Chat forgets a member's token that makes a guest of the user", async () => {
  const storage = new FakeStorage();
  const page = startChat({ ...INVITE, storage });
  await greet(page, "t1");
  await cut(page);
  await open(page);
  await page.world.socket.sendHello({ user: "u1", resume: "g1" });
  assert.deepEqual(page.chat.me.value, { user: "u1", name: "Ann", kind: "guest" });
  await cut(page);
  await open(page);
  assert.equal(helloOf(page).hello["resume"], "g1");
  page.chat.close();
});

Deno.test("Chat keeps a member's token while an app or a proxy says who the user is", async () => {
  const storage = new FakeStorage();
  const page = startChat({ ...INVITE, storage });
  await greet(page, "t1");
  await cut(page);
  await open(page);
  await page.world.socket.sendHello({ user: "a_ann", resume: undefined });
  await cut(page);
  await open(page);
  assert.equal(helloOf(page).hello["resume"], "t1");
  page.chat.close();
});

Deno.test("Chat is closed when its device is signed out, and keeps the token until it is told to forget", async () => {
  const storage = new FakeStorage();
  const page = startChat({ ...INVITE, storage });
  await greet(page, "t1");
  await page.world.socket.serverCloses(SIGNED_OUT, "signed out");
  const { value } = page.chat.state;
  assert.equal(value.kind === "closed" && Object(value.error).closeCode, SIGNED_OUT);
  const again = startChat({ storage });
  await open(again);
  assert.equal(helloOf(again).hello["resume"], "t1");
  await again.world.socket.serverCloses(SIGNED_OUT, "signed out");
  assert.equal(kindOf(again.chat.state), "closed");
  again.chat.forgetMember();
  const guest = startChat({ storage });
  await open(guest);
  assert.equal(helloOf(guest).hello["resume"], undefined);
  guest.chat.close();
});

Deno.test("Chat reconnects with a newer token of another page when its own has become worthless, once", async () => {
  const storage = new FakeStorage();
  const [one, other] = [startChat({ ...INVITE, storage }), startChat({ storage })];
  await greet(one, "t1");
  await cut(one);
  await open(one);
  await greet(other, "t2");
  await one.world.socket.serverCloses(SIGNED_OUT, "signed out");
  assert.equal(kindOf(one.chat.state), "waiting");
  await one.world.advance(20_000);
  await open(one);
  assert.equal(helloOf(one).hello["resume"], "t2");
  await one.world.socket.serverCloses(SIGNED_OUT, "signed out");
  assert.equal(kindOf(one.chat.state), "closed");
  other.chat.close();
});

Deno.test("A guest who is signed out does not reconnect, whatever other guests have stored", async () => {
  const storage = new FakeStorage();
  const [one, other] = [startChat({ storage }), startChat({ storage })];
  await open(one);
  await one.world.socket.sendHello({ resume: "g1" });
  await open(other);
  await other.world.socket.sendHello({ resume: "g2" });
  await one.world.socket.serverCloses(SIGNED_OUT, "signed out");
  assert.equal(kindOf(one.chat.state), "closed");
  other.chat.close();
});

const ANSWERED = { invite: "i1", role: "member", rooms: [], usesLeft: 1 };
for (
  const [name, ask, request, answer, result] of [
    [
      "invite",
      ({ chat }: StartedChat) => chat.invite({ role: "member", rooms: ["team"], uses: 2 }),
      { type: "invite", role: "member", rooms: ["team"], uses: 2 },
      { type: "invite", invite: ANSWERED, secret: "s" },
      ({ secret }: { secret: string }) => assert.equal(secret, "s"),
    ],
    [
      "invites",
      ({ chat }: StartedChat) => chat.invites(),
      { type: "invites" },
      { type: "invites", invites: [ANSWERED] },
      (it: unknown) => assert.deepEqual(it, [ANSWERED]),
    ],
    [
      "devices",
      ({ chat }: StartedChat) => chat.devices(),
      { type: "devices" },
      { type: "devices", devices: [{ device: "d1" }] },
      (it: unknown) => assert.deepEqual(it, [{ device: "d1" }]),
    ],
    [
      "revoke",
      ({ chat }: StartedChat) => chat.revoke({ device: "d1" }),
      { type: "revoke", device: "d1" },
      { type: "ack" },
      (it: unknown) => assert.equal(it, undefined),
    ],
  ] as const
) {
  Deno.test(`Chat.${name}() resolves with the server's answer, and rejects with its refusal`, async () => {
    const page = startChat();
    await greet(page, "t1");
    const { socket } = page.world;
    const asked: Promise<never> = Object(ask(page));
    await flushMicrotasks();
    const { id: _, ...sent } = socket.lastOf(request.type);
    assert.deepEqual(sent, request);
    await socket.serverAnswers(request.type, answer);
    result(await asked);
    const refused = ask(page);
    await flushMicrotasks();
    await socket.serverAnswers(request.type, { type: "fault", code: "not_allowed", message: "" });
    assert.equal(await codeOf(Promise.resolve<unknown>(refused)), "not_allowed");
    page.chat.close();
    assert.equal(await codeOf(Promise.resolve<unknown>(ask(page))), "closed");
  });
}

Deno.test("Chat.devices() connects again first if the server had closed because no room was joined", async () => {
  const page = startChat();
  await greet(page, "t1");
  await page.world.socket.serverCloses(4012, "no room");
  const devices = page.chat.devices();
  await greet(page, "t2");
  await page.world.socket.serverAnswers("devices", { type: "devices", devices: [] });
  assert.deepEqual(await devices, []);
  page.chat.close();
});

/** The texts that a page would send. */
const textsOf = ({ chat }: StartedChat) =>
  chat.outbox.value.map(({ action }) => action.type === "say" && action.text);

Deno.test("A member's messages survive reloads, even before the hello, and no guest sends them", async () => {
  const storage = new FakeStorage();
  const first = startChat({ ...INVITE, storage });
  await greet(first, "t1");
  first.chat.join("lobby").say("online");
  first.chat.close();
  const offline = startChat({ storage });
  offline.chat.join("lobby").say("offline");
  offline.chat.close();
  const third = startChat({ storage });
  third.chat.join("lobby");
  await greet(third, "t2");
  assert.deepEqual(textsOf(third), ["online", "offline"]);
  assert.deepEqual(third.chat.outbox.value.map(({ state }) => kindOf(state)), [
    "waiting",
    "waiting",
  ]);
  third.chat.forgetMember();
  third.chat.close();
  const guest = startChat({ storage });
  guest.chat.join("lobby").say("as a guest");
  await open(guest);
  await guest.world.socket.sendHello({ resume: "g1" });
  assert.deepEqual(textsOf(guest), ["as a guest"]);
  guest.chat.close();
});
