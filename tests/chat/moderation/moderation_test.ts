import assert from "node:assert/strict";
import { AUDIT_ROOM } from "../../../lib/core/rooms/service_rooms.ts";
import { BANNED, NOT_ALLOWED } from "../../../lib/core/protocol/close_codes.ts";
import { joinedRights, type RoomAction } from "../../../lib/core/auth/rights.ts";
import { addressUser } from "../../../lib/core/rooms/address_user.ts";
import { user } from "../../contract/fixtures.ts";
import { TextHandler } from "../../../lib/chat/handlers/text_handler.ts";
import { FakeSocket, flushMicrotasks, name, room } from "../../support/fakes.ts";
import { Client, Den, type Frame, outcome } from "../../support/chat/den.ts";

/** A moderator in the room `den`, and a guest with an address. */
class Scene implements Disposable {
  readonly den = new Den({ role: "moderator", rights: null });
  readonly moderator = new Client(this.den.chat);
  readonly guest = new Client(this.den.chat, { address: "192.0.2.1" });
  guestId = "";

  async start(room = "den"): Promise<void> {
    const { clients } = this;
    this.den.chat.followSanctions((event) => {
      for (const { handler } of clients) handler.signIn?.recheckUser?.(event);
    });
    await this.moderator.ask({ type: "hello", token: "token" }, { type: "join", room });
    const [hello] = await this.guest.ask({ type: "hello", name: "Guy" }, { type: "join", room });
    this.guestId = String((hello?.you as Frame | undefined)?.user);
    await this.moderator.ask();
  }

  get clients(): readonly Client[] {
    return [this.moderator, this.guest];
  }

  /** Carries out an action of the moderator. */
  async act(action: string, more: Frame = { room: "den" }): Promise<readonly Frame[]> {
    return await this.moderator.ask({
      type: "moderate",
      id: `m${Math.random()}`,
      action,
      user: this.guestId,
      ...more,
    });
  }

  async say(text = "hello"): Promise<string> {
    const id = `s${Math.random()}`;
    return outcome(await this.guest.ask({ type: "say", id, room: "den", text }), id);
  }

  [Symbol.dispose](): void {
    this.den[Symbol.dispose]();
  }
}

function eventsOf(frames: readonly Frame[]): readonly unknown[] {
  return frames.flatMap(({ event }) => event === undefined ? [] : [event]);
}

function rulesOf(frames: readonly Frame[]): readonly Frame[] {
  return frames.filter(({ type }) => type === "rules");
}

Deno.test("A room that is deleted has no messages and no title, is read-only, and in no list", async () => {
  using scene = new Scene();
  await scene.start();
  assert.equal(await scene.say("1"), "done");
  const { chat } = scene.den;
  await scene.moderator.ask({ type: "room", id: "list", room: "den", listed: true, title: "Tea" });
  await scene.act("delete", { room: "den", user: undefined, reason: "moved" });
  const [, deleted] = eventsOf(await scene.guest.ask());
  assert.deepEqual(deleted, { kind: "clear", archived: true, reason: "moved" });
  const { messages } = await chat.bus.page(room("den"), undefined, 10);
  assert.deepEqual(messages.map(({ text }) => text), ["deleted the room: moved"]);
  assert.equal(await scene.say("2"), "read_only");
  const rooms = await scene.moderator.ask({ type: "rooms", id: "rooms" });
  assert.deepEqual(rooms.find(({ type }) => type === "rooms")?.rooms, []);
  const again = await scene.guest.ask({ type: "leave", room: "den" }, {
    ...{ type: "join", id: "again", room: "den", limit: 9 },
  });
  const { settings, messages: [line] } = Object(again.find(({ id }) => id === "again"));
  assert.deepEqual([settings.title, settings.access, settings.archived], ["", "open", true]);
  assert.equal(line.text, "deleted the room: moved");
});

Deno.test("A muted user cannot say anything until the mute ends, and is told when that is", async () => {
  using scene = new Scene();
  await scene.start();
  const [said] = await scene.act("mute", { room: "den", seconds: 60, reason: "noise" });
  assert.equal(said?.type === "ack" || said?.type === "said", true);
  const told = await scene.guest.ask({ type: "say", id: "1", room: "den", text: "but" });
  const fault = told.find(({ type }) => type === "fault");
  assert.deepEqual([fault?.code, fault?.afterMs, fault?.message], [
    "muted",
    60_000,
    "you are muted: noise",
  ]);
  await scene.den.chat.clock.advance(60_001);
  assert.equal(await scene.say(), "done");
});

Deno.test("A mute has the name of a user who has just joined on another node", async () => {
  using scene = new Scene();
  await scene.start();
  const elsewhere = { user: user("user_zoe"), name: name("Zoe"), node: "elsewhere" };
  // The other node has not announced it yet.
  await scene.den.chat.bus.claim(room("den"), { ...elsewhere, rename: false });
  for (const [target, expected] of [["user_zoe", "Zoe"], ["user_max", "user_max"]]) {
    const [event] = eventsOf(await scene.act("mute", { room: "den", user: target }));
    assert.equal(Object(event).name, expected);
  }
});

Deno.test("A muted user may delete own messages, and read", async () => {
  using scene = new Scene();
  await scene.start();
  const said = await scene.guest.ask({ type: "say", id: "1", room: "den", text: "oops" });
  const of = said.find(({ type }) => type === "ack")?.position;
  await scene.act("mute");
  assert.equal(await scene.say(), "muted");
  const deleted = await scene.guest.ask({ type: "delete", id: "2", room: "den", of });
  assert.equal(outcome(deleted, "2"), "done");
  const history = await scene.guest.ask({ type: "history", id: "3", room: "den" });
  assert.equal(history[0]?.type, "history");
});

Deno.test("A user who is kicked has left, and may come back", async () => {
  using scene = new Scene();
  await scene.start();
  await scene.act("kick", { room: "den", reason: "calm down" });
  const [left] = (await scene.guest.ask()).filter(({ type }) => type === "left");
  assert.deepEqual([left?.reason, left?.message], ["kicked", "calm down"]);
  assert.equal(await scene.say(), "not_in_room");
  const joined = await scene.guest.ask({ type: "join", id: "1", room: "den" });
  assert.equal(joined[0]?.type, "joined");
});

Deno.test("A user who is banned from a room has left it and cannot come back, until the ban ends", async () => {
  using scene = new Scene();
  await scene.start();
  await scene.act("ban", { room: "den", seconds: 60, reason: "spam" });
  const [left] = (await scene.guest.ask()).filter(({ type }) => type === "left");
  assert.deepEqual([left?.reason, typeof left?.until], ["banned", "number"]);
  const [refusal] = await scene.guest.ask({ type: "join", id: "1", room: "den" });
  assert.deepEqual([refusal?.code, refusal?.message, refusal?.reason, refusal?.afterMs], [
    "banned",
    "you are banned from this room: spam",
    "spam",
    60_000,
  ]);
  const elsewhere = await scene.guest.ask({ type: "join", id: "2", room: "lobby" });
  assert.equal(elsewhere[0]?.type, "joined");
  await scene.den.chat.clock.advance(60_001);
  const later = await scene.guest.ask({ type: "join", room: "den" });
  assert.ok(later.some(({ type }) => type === "joined"));
});

Deno.test("A guest who is banned cannot come back from the same address as somebody else", async () => {
  for (const room of ["den", undefined]) {
    using scene = new Scene();
    await scene.start();
    await scene.act("ban", room === undefined ? {} : { room });
    await scene.guest.ask();
    const join = { type: "join", id: "1", room: "den" };
    const same = new Client(scene.den.chat, { address: "192.0.2.1" });
    const refused = await same.ask({ type: "hello", name: "Other" }, join);
    const isOut = same.socket.closeStatuses.length > 0 || outcome(refused, "1") === "banned";
    assert.ok(isOut, `room ${room}`);
    const another = new Client(scene.den.chat, { address: "192.0.2.2" });
    const joined = await another.ask({ type: "hello", name: "Third" }, join);
    assert.ok(joined.some(({ type }) => type === "joined"));
    // The address comes back with the guest.
    await scene.act("unban", room === undefined ? {} : { room });
    const back = new Client(scene.den.chat, { address: "192.0.2.1" });
    const frames = await back.ask({ type: "hello", name: "Fourth" }, join);
    assert.ok(frames.some(({ type }) => type === "joined"), `room ${room}`);
  }
});

Deno.test("The people of a room do not see the address of a guest who is banned there", async () => {
  using scene = new Scene();
  await scene.start();
  const watcher = new Client(scene.den.chat);
  await watcher.ask({ type: "hello", name: "Wim" }, { type: "join", room: "den" });
  await scene.act("ban");
  await scene.guest.ask();
  const seen = JSON.stringify([...await watcher.ask(), ...watcher.socket.sent]);
  assert.ok(seen.includes(scene.guestId));
  assert.ok(!seen.includes("ip_"));
});

Deno.test("A moderator ends the ban of an address in a room, and only _audit shows it", async () => {
  using scene = new Scene();
  await scene.start();
  await scene.act("ban");
  await scene.guest.ask();
  const join = { type: "join", id: "1", room: "den" };
  await scene.act("unban", { room: "den", user: "ip_c0000201", name: "Guy" });
  const same = new Client(scene.den.chat, { address: "192.0.2.1" });
  const frames = await same.ask({ type: "hello", name: "Other" }, join);
  assert.ok(frames.some(({ type }) => type === "joined"));
  const history = await same.ask({ type: "history", id: "2", room: "den" });
  assert.ok(!JSON.stringify(history).includes("ip_"));
});

Deno.test("A ban from the service closes the connection with a code of its own", async () => {
  using scene = new Scene();
  await scene.start();
  await scene.act("ban", { reason: "spam" });
  const frames = await scene.guest.ask();
  assert.equal(frames.find(({ code }) => code === "banned")?.message, "you are banned: spam");
  assert.equal(scene.guest.socket.closeStatuses[0]?.code, BANNED.code);
});

Deno.test("Nobody can mute, ban or kick a user of the same rank or a higher one", async () => {
  for (const action of ["mute", "ban", "kick"]) {
    using scene = new Scene();
    const { chat, authenticator } = scene.den;
    authenticator.users.set("owner", {
      user: user("a_olga0000"),
      name: name("Olga"),
      role: "owner",
      rights: null,
      issuedAt: chat.clock.date(),
      tokenId: undefined,
      expiresAt: Infinity,
    });
    await scene.start();
    const owner = new Client(chat);
    await owner.ask({ type: "hello", token: "owner" }, { type: "join", room: "den" });
    await scene.act(action, { room: "den", user: "a_olga0000" });
    const said = await owner.ask({ type: "say", id: "1", room: "den", text: "still here" });
    assert.equal(outcome(said, "1"), "done", action);
  }
});

Deno.test("In a read-only room only moderators send", async () => {
  using scene = new Scene();
  await scene.start();
  await scene.moderator.ask({ type: "room", room: "den", readOnly: true, topic: "News" });
  assert.equal(await scene.say(), "read_only");
  const said = await scene.moderator.ask({ type: "say", id: "1", room: "den", text: "news" });
  assert.equal(outcome(said, "1"), "done");
  const late = new Client(scene.den.chat);
  const frames = await late.ask({ type: "hello", name: "Late" }, { type: "join", room: "den" });
  const settings = frames.find(({ type }) => type === "joined")?.settings as Frame;
  assert.deepEqual([settings.readOnly, settings.topic], [true, "News"]);
});

Deno.test("The reason for a lockdown is in _audit", async () => {
  using scene = new Scene();
  await scene.start();
  await scene.act("lockdown", { user: undefined, reason: "a raid" });
  const { messages } = await scene.den.chat.bus.page(AUDIT_ROOM, undefined, 1);
  assert.deepEqual(messages.map(({ event }) => event), [
    { kind: "lockdown", on: true, reason: "a raid" },
  ]);
});

Deno.test("A request that changes no setting is refused, and enters nothing", async () => {
  using scene = new Scene();
  await scene.start();
  const { top } = await scene.den.chat.bus.state(room("den"));
  const frames = await scene.moderator.ask({ type: "room", id: "1", room: "den", colour: "red" });
  assert.equal(outcome(frames, "1"), "bad_frame");
  assert.deepEqual((await scene.den.chat.bus.state(room("den"))).top, top);
});

Deno.test("Slow mode lets a user send one message in the interval, and moderators more", async () => {
  using scene = new Scene();
  await scene.start();
  await scene.moderator.ask({ type: "room", room: "den", slowSeconds: 30 });
  assert.equal(await scene.say(), "done");
  const frames = await scene.guest.ask({ type: "say", id: "1", room: "den", text: "more" });
  const fault = frames.find(({ type }) => type === "fault");
  assert.deepEqual([fault?.code, fault?.scope, fault?.afterMs], ["slow_down", undefined, 30_000]);
  await scene.den.chat.clock.advance(30_000);
  assert.equal(await scene.say(), "done");
});

Deno.test("A guest who comes back as another one waits in slow mode as if still the first", async () => {
  using scene = new Scene();
  await scene.start();
  await scene.moderator.ask({ type: "room", room: "den", slowSeconds: 30 });
  const { clock } = scene.den.chat;
  const enter = async (address: string) => {
    const client = new Client(scene.den.chat, { address });
    await client.ask({ type: "hello" }, { type: "join", room: "den" });
    return client;
  };
  const say = async (by: Client, id: string) => {
    const frames = await by.ask({ type: "say", id, room: "den", text: "more" });
    const { type, code, afterMs } = frames.find((it) => it.id === id && it.type !== "said") ?? {};
    return type === "ack" ? type : [code, afterMs];
  };
  const beside = await enter("192.0.2.1");
  await clock.advance(1_000);
  assert.equal(await scene.say(), "done");
  await clock.advance(1_000);
  const again = await enter("192.0.2.1");
  assert.deepEqual(await say(again, "1"), ["slow_down", 29_000]);
  const address = addressUser("192.0.2.2");
  assert.ok(address);
  scene.den.chat.bus.signal(room("den"), { kind: "paced", address, at: clock.date() - 1_000 });
  assert.deepEqual(
    await say(await enter("192.0.2.2"), "2"),
    ["slow_down", 29_000],
    "on another node",
  );
  assert.equal(await say(await enter("192.0.2.3"), "2"), "ack");
  assert.equal(await say(beside, "3"), "ack", "was there before that message");
  await clock.advance(29_000);
  assert.equal(await say(again, "4"), "ack");
});

Deno.test("Clearing a room removes the earlier messages for everybody", async () => {
  using scene = new Scene();
  await scene.start();
  await scene.say("spam");
  await scene.act("clear", { room: "den", user: undefined });
  const history = await scene.guest.ask({ type: "history", id: "1", room: "den" });
  const messages = history.find(({ type }) => type === "history")?.messages;
  assert.ok(Array.isArray(messages) && messages.every((it: Frame) => it.event !== undefined));
});

Deno.test("While the service is locked down, guests neither join nor send", async () => {
  using scene = new Scene();
  await scene.start();
  await scene.act("lockdown", { user: undefined });
  assert.equal(await scene.say(), "locked_down");
  const late = new Client(scene.den.chat);
  const frames = await late.ask({ type: "hello" }, { type: "join", id: "1", room: "den" });
  assert.equal(outcome(frames, "1"), "locked_down");
  assert.equal(Object(frames.find(({ type }) => type === "hello")?.server).locked, true);
  await scene.act("unlock", { user: undefined });
  assert.equal(await scene.say(), "done");
});

Deno.test("What moderators do is in _audit, where only they can read and nobody can write", async () => {
  using scene = new Scene();
  await scene.start();
  await scene.act("mute", { room: "den", seconds: 60 });
  await scene.act("kick");
  await scene.moderator.ask({ type: "join", room: AUDIT_ROOM });
  const frames = await scene.moderator.ask(
    { type: "history", id: "1", room: AUDIT_ROOM },
    { type: "say", id: "2", room: AUDIT_ROOM, text: "a remark" },
  );
  assert.equal(outcome(frames, "2"), "not_allowed");
  const messages = frames.find(({ type }) => type === "history")?.messages;
  assert.ok(Array.isArray(messages));
  const kinds = eventsOf(messages).map((it) => [(it as Frame).kind, (it as Frame).room]);
  assert.deepEqual(kinds.filter(([, room]) => room === "den").slice(0, 1), [["mute", "den"]]);
  assert.ok(kinds.some(([kind]) => kind === "kick"));
  const join = await scene.guest.ask({ type: "join", id: "3", room: AUDIT_ROOM });
  assert.equal(outcome(join, "3"), "not_allowed");
});

Deno.test("Guests, and users whose token grants it elsewhere, can do nothing that moderators can", async () => {
  using scene = new Scene();
  await scene.start();
  for (const action of ["mute", "ban", "kick", "clear", "lockdown", "unban"]) {
    const frames = await scene.guest.ask({
      type: "moderate",
      id: action,
      action,
      user: "a_ann00000",
      ...(action === "lockdown" ? {} : { room: "den" }),
    });
    assert.equal(outcome(frames, action), "not_allowed", action);
  }
  const frames = await scene.guest.ask({ type: "room", id: "1", room: "den", topic: "mine" });
  assert.equal(outcome(frames, "1"), "not_allowed");
});

Deno.test("Plain text reports events as lines of the server, and closes a connection without a room", async () => {
  using scene = new Scene();
  await scene.start("lobby");
  const socket = new FakeSocket();
  const options = {
    name: "Pat",
    room: "lobby",
    since: undefined,
    history: "9",
    notices: undefined,
  };
  new TextHandler(socket, scene.den.chat.context, options, {});
  await flushMicrotasks();
  await scene.moderator.ask({ type: "room", room: "lobby", topic: "Tea\nBob: hi" });
  await scene.moderator.ask({ type: "room", room: "lobby", topic: "Tea" });
  const who = await scene.moderator.ask({ type: "who", id: "1", room: "lobby" });
  const members = who.find(({ type }) => type === "members")?.members as readonly Frame[];
  const pat = members.find(({ name }) => name === "Pat")?.user;
  await scene.act("kick", { room: "lobby", user: pat, reason: "bye" });
  assert.deepEqual(socket.sent.map(String), [
    "* Ann set the topic: Tea",
    "! a moderator has removed you from this room: bye",
  ]);
  assert.equal(socket.closeStatuses[0]?.code, NOT_ALLOWED.code);
});

Deno.test("Plain text says why a user who is banned from the room is not let in, and closes", async () => {
  using scene = new Scene();
  await scene.start();
  await scene.act("ban", { room: "den", reason: "spam" });
  const socket = new FakeSocket();
  const options = {
    name: "Pat",
    room: "den",
    since: undefined,
    history: undefined,
    notices: undefined,
  };
  new TextHandler(socket, scene.den.chat.context, options, { address: "192.0.2.1" });
  await flushMicrotasks();
  assert.deepEqual(socket.sent.map(String), ["! you are banned from this room: spam"]);
  assert.equal(socket.closeStatuses[0]?.code, NOT_ALLOWED.code);
});

Deno.test("Plain text says until when a mute or a ban lasts, and how long to wait in slow mode", async () => {
  using scene = new Scene();
  await scene.start();
  const socket = new FakeSocket();
  const options = { name: "Pat", room: "den", since: "", history: undefined, notices: undefined };
  const origin = { address: "192.0.2.9" };
  const handler = new TextHandler(socket, scene.den.chat.context, options, origin);
  await flushMicrotasks();
  const who = await scene.moderator.ask({ type: "who", id: "1", room: "den" });
  const members = who.find(({ type }) => type === "members")?.members as readonly Frame[];
  const pat = members.find(({ name }) => name === "Pat")?.user;
  const date = new Date(scene.den.chat.clock.date() + 600_000);
  const minute = new Date(Math.ceil(date.getTime() / 60_000) * 60_000).toISOString();
  const until = `(until ${minute.slice(0, 10)} ${minute.slice(11, 16)} UTC)`;
  const lines = async (text?: string) => {
    if (text) handler.onMessage(text);
    await flushMicrotasks();
    return socket.sent.splice(0).map(String).filter((it) => it.startsWith("!"));
  };
  await scene.moderator.ask({ type: "room", room: "den", slowSeconds: 30 });
  await lines("one");
  const [slow] = await lines("two");
  assert.equal(slow, "! slow down: the room is in slow mode (wait 30 s)");
  const terms = { room: "den", user: pat, seconds: 600, reason: "noise" };
  await scene.act("mute", terms);
  assert.deepEqual(await lines("three"), [`! you are muted: noise ${until}`]);
  await scene.act("ban", terms);
  assert.deepEqual(await lines(), [`! you are banned from this room: noise ${until}`]);
  const again = new FakeSocket();
  new TextHandler(again, scene.den.chat.context, options, origin);
  await flushMicrotasks();
  assert.deepEqual(again.sent.map(String), [`! you are banned from this room: noise ${until}`]);
});

Deno.test("joined says what the user may do in the room, by role or token", async () => {
  const grant = (allow: readonly RoomAction[]) => [{ match: "den", allow }] as const;
  const all = ["send", "react", "moderate", "configure"];
  for (
    const [who, room, may] of [
      [{ role: "moderator", rights: null }, "den", all],
      [{ role: "member", rights: null }, "den", ["send", "react"]],
      [{ role: undefined, rights: grant(["read"]) }, "den", []],
      [{ role: undefined, rights: grant(["read", "send", "moderate"]) }, "den", [
        "send",
        "moderate",
        "configure",
      ]],
      [{ role: "owner", rights: null }, "_reports", ["send", "react", "moderate"]],
      [{ role: "owner", rights: null }, AUDIT_ROOM, []],
    ] as const
  ) {
    using den = new Den(who);
    const client = new Client(den.chat);
    const frames = await client.ask({ type: "hello", token: "token" }, { type: "join", room });
    const joined = frames.find(({ type }) => type === "joined");
    assert.deepEqual(joined?.may, may, `${JSON.stringify(who)} in ${room}`);
  }
});

Deno.test("Whoever has created a room may configure it, wherever only moderators may", () => {
  const guest = { role: undefined, rights: null };
  assert.deepEqual(joinedRights(guest, "den", true), ["send", "react", "configure"]);
  assert.deepEqual(joinedRights(guest, "den", false), ["send", "react"]);
  assert.deepEqual(joinedRights(guest, AUDIT_ROOM, true), []);
});

Deno.test("A user who is muted everywhere is told in each room, and again when the mute is ended", async () => {
  using scene = new Scene();
  await scene.start();
  await scene.act("mute", { seconds: 60, reason: "spam" });
  const until = scene.den.chat.clock.date() + 60_000;
  const may = ["send", "react"];
  const rules = { type: "rules", room: "den" };
  assert.deepEqual(rulesOf(await scene.guest.ask()), [
    { ...rules, muted: { until, reason: "spam" }, may },
  ]);
  assert.deepEqual(rulesOf(await scene.moderator.ask()), []);
  await scene.act("unmute", {});
  assert.deepEqual(rulesOf(await scene.guest.ask()), [{ ...rules, may }]);
});

Deno.test("Guests are told when the service is closed to them, and opened", async () => {
  using scene = new Scene();
  await scene.start();
  await scene.act("lockdown", { user: undefined });
  const rules = { type: "rules", room: "den", may: ["send", "react"] };
  assert.deepEqual(rulesOf(await scene.guest.ask()), [{ ...rules, lockedDown: true }]);
  await scene.act("unlock", { user: undefined });
  assert.deepEqual(rulesOf(await scene.guest.ask()), [rules]);
});

Deno.test("A user whose new token grants something else is told in the rooms that stay", async () => {
  using den = new Den({ role: undefined, rights: [{ match: "*", allow: ["read"] }] });
  const client = new Client(den.chat);
  await client.ask({ type: "hello", token: "token" }, { type: "join", room: "den" });
  const known = den.authenticator.users.get("token");
  assert.ok(known);
  const rights = [{ match: "den", allow: ["read", "moderate"] }] as const;
  den.authenticator.users.set("new", { ...known, rights });
  const may = ["moderate", "configure"];
  const frames = await client.ask({ type: "auth", id: "1", token: "new" });
  assert.deepEqual(rulesOf(frames), [{ type: "rules", room: "den", may }]);
});
