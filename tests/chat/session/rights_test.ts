/** What each request in a room, and each action of moderators, needs. rights_table_test.ts tries every cell of the table itself. */
import assert from "node:assert/strict";
import { ROLES } from "../../../lib/core/auth/member.ts";
import {
  isAllowed,
  type Rights,
  ROLES_OR_GUEST,
  ROOM_ACTIONS,
  type RoomAction,
} from "../../../lib/core/auth/rights.ts";
import { AUDIT_ROOM, REPORTS_ROOM } from "../../../lib/core/rooms/service_rooms.ts";
import { TextHandler } from "../../../lib/chat/handlers/text_handler.ts";
import { type ApiCall, callApi } from "../../support/chat/api_call.ts";
import { FakeSocket, flushMicrotasks } from "../../support/fakes.ts";
import { Client, Den, type Frame, outcome, type Who } from "../../support/chat/den.ts";

/** Everybody in the table, and tokens that grant one thing in the room, and one in another. */
const PEOPLE: readonly (readonly [string, Who])[] = [
  ...ROLES_OR_GUEST.map((standing) =>
    [standing, { role: ROLES.find((it) => it === standing), rights: null }] as const
  ),
  ...ROOM_ACTIONS.map((action) =>
    [`a token for ${action}`, { role: "owner", rights: grantOf(action) }] as const
  ),
];

function grantOf(action: RoomAction): Rights {
  const others = ROOM_ACTIONS.filter((it) => it !== action);
  return [{ match: "den", allow: ["read", action] }, { match: "attic", allow: others }];
}

for (const [who, standing] of PEOPLE) {
  Deno.test(`Over JSON, ${who} may do in a room what the table says, and nothing else`, async () => {
    using den = new Den(standing);
    await den.fill();
    const { of } = den;
    const ann = new Client(den.chat);
    const joined = await ann.ask({ type: "hello", token: "token" }, {
      type: "join",
      id: "join",
      room: "den",
    });
    const allowed = (action: RoomAction) => den.may(action) ? "done" : "not_allowed";
    assert.equal(outcome(joined, "join"), allowed("read"), "join");
    const answers = await ann.ask(
      { type: "who", id: "who", room: "den" },
      { type: "history", id: "history", room: "den" },
      { type: "read", id: "read", room: "den", position: of },
      { type: "say", id: "say", room: "den", text: "hello" },
      { type: "typing", id: "typing", room: "den" },
      { type: "react", id: "react", room: "den", of, emoji: "🐦" },
      { type: "edit", id: "edit", room: "den", of, text: "changed" },
      { type: "delete", id: "delete", room: "den", of, reason: "spam" },
    );
    for (const id of ["who", "history", "read"]) {
      assert.equal(outcome(answers, id), allowed("read"), id);
    }
    for (const id of ["say", "typing"]) assert.equal(outcome(answers, id), allowed("send"), id);
    assert.equal(outcome(answers, "react"), allowed("react"));
    assert.equal(outcome(answers, "edit"), den.may("send") ? "not_yours" : "not_allowed");
    const whyNot = den.may("send") ? "not_yours" : "not_allowed";
    assert.equal(outcome(answers, "delete"), den.may("moderate") ? "done" : whyNot);
    const [deleted] = answers.filter(({ type }) => type === "deleted");
    assert.equal(deleted?.reason, den.may("moderate") ? "spam" : undefined);
    assert.equal(deleted && "asModerator" in deleted, deleted && false);
  });

  Deno.test(`Over plain text, ${who} may read and send in a room as the table says`, async () => {
    using den = new Den(standing);
    await den.fill();
    const socket = new FakeSocket();
    const none = { name: undefined, since: undefined, history: undefined, notices: undefined };
    const options = { ...none, room: "den" };
    const handler = new TextHandler(socket, den.chat.context, options, { token: "token" });
    await flushMicrotasks();
    assert.equal(socket.closeStatuses[0]?.code, den.may("read") ? undefined : 4507);
    if (!den.may("read")) return;
    handler.onMessage("hello");
    await flushMicrotasks();
    const expected = den.may("send") ? "Ann: hello" : "! you may not do this";
    assert.ok(socket.sent.includes(expected), socket.sent.join());
  });
}

/** What moderators do to somebody, to a room, and to the service. */
const IN_ROOMS = ["mute", "unmute", "ban", "unban", "kick", "clear"] as const;
const IN_SERVICE = ["mute", "unmute", "ban", "unban", "lockdown", "unlock"] as const;

/** A request of a moderator. @param room Undefined for the whole service. */
function moderate(action: string, room?: string): Frame {
  const isAboutUser = !/^(clear|lockdown|unlock)$/.test(action);
  return {
    type: "moderate",
    id: `${action}-${room}`,
    action,
    ...(room && { room }),
    ...(isAboutUser && { user: "u_somebody" }),
  };
}

for (const [who, standing] of PEOPLE) {
  Deno.test(`Over JSON, ${who} may moderate where the table says, and nowhere else`, async () => {
    using den = new Den(standing);
    den.chat.followSanctions(() => {});
    const ann = new Client(den.chat);
    await ann.ask({ type: "hello", token: "token" }, { type: "join", room: "den" });
    const requests = [
      ...["den", "attic", AUDIT_ROOM, REPORTS_ROOM].flatMap((room) => [
        ...IN_ROOMS.map((action) => ({ room, request: moderate(action, room) })),
        { room, request: { type: "room", id: `settings-${room}`, room, topic: "Tea" } },
      ]),
      ...IN_SERVICE.map((action) => ({ room: undefined, request: moderate(action) })),
    ];
    const authority = { role: standing.role, rights: standing.rights };
    for (const { room, request } of requests) {
      const isForService = room === AUDIT_ROOM || room === REPORTS_ROOM;
      const isAllowedThere = !isForService && isAllowed(authority, "moderate", room);
      const answer = outcome(await ann.ask(request), String(request.id));
      assert.equal(answer, isAllowedThere ? "done" : "not_allowed", String(request.id));
      // Not faster than the rate limit allows.
      await den.chat.clock.advance(1_000);
    }
    if (!den.may("read")) return;
    const frames = await ann.ask({ type: "leave", room: "den" }, {
      type: "join",
      id: "again",
      room: "den",
    });
    const settings = Object(frames.find(({ id }) => id === "again")).settings;
    assert.equal(settings?.topic, den.may("moderate") ? "Tea" : undefined);
  });

  Deno.test(`Over plain text, ${who} may lock the service down as the table says`, async () => {
    using den = new Den(standing);
    den.chat.followSanctions(() => {});
    await den.fill();
    const socket = new FakeSocket();
    const none = { name: undefined, since: undefined, history: undefined, notices: undefined };
    const handler = new TextHandler(socket, den.chat.context, { ...none, room: "den" }, {
      token: "token",
    });
    await flushMicrotasks();
    handler.onMessage("/lockdown");
    await flushMicrotasks();
    const { role, rights } = standing;
    const mayLock = den.may("read") && isAllowed({ role, rights }, "moderate");
    assert.equal(den.chat.context.sanctions.isLockedDown, mayLock);
  });
}

/** Makes a call, not faster than the rate limits allow; see {@linkcode callApi}. */
async function call({ chat }: Den, ...call: ApiCall): Promise<string> {
  const answer = await callApi(chat, { token: "token" }, call);
  await chat.clock.advance(1_000);
  return answer;
}

for (const [who, standing] of PEOPLE) {
  Deno.test(`Over HTTP, ${who} may do in a room what the table says, and nothing else`, async () => {
    using den = new Den(standing);
    await den.fill();
    const [room, position] = ["den", den.of];
    const message = { room, position };
    const allowed = (action: RoomAction) => den.may(action) ? "done" : "not_allowed";
    const notYours = den.may("send") ? "not_yours" : "not_allowed";
    const tea = { topic: "Tea" };
    for (
      const [id, expected, parameters, body] of [
        ["listMembers", allowed("read"), { room }, {}],
        ["listMessages", allowed("read"), { room }, {}],
        ["markRead", allowed("read"), { room }, { position }],
        ["reportMessage", allowed("read"), message, {}],
        ["sendMessage", allowed("send"), { room }, { text: "hello" }],
        ["addReaction", allowed("react"), { ...message, emoji: "🐦" }, {}],
        ["removeReaction", allowed("react"), { ...message, emoji: "🐦" }, {}],
        ["editMessage", notYours, message, { text: "changed" }],
        ["configureRoom", allowed("moderate"), { room }, tea],
        ["deleteMessage", den.may("moderate") ? "done" : notYours, message, {}],
        ["deleteRoom", allowed("moderate"), { room }, {}],
      ] as const
    ) assert.equal(await call(den, id, parameters, body), expected, id);
  });

  Deno.test(`Over HTTP, ${who} may moderate where the table says, and nowhere else`, async () => {
    using den = new Den(standing);
    den.chat.followSanctions(() => {});
    await den.fill();
    const authority = { role: standing.role, rights: standing.rights };
    for (const room of ["den", "attic", AUDIT_ROOM, REPORTS_ROOM]) {
      const isForService = room === AUDIT_ROOM || room === REPORTS_ROOM;
      const isAllowedThere = !isForService && isAllowed(authority, "moderate", room);
      for (const action of IN_ROOMS) {
        const { type: _type, id: _id, room: _room, ...body } = moderate(action, room);
        const answer = await call(den, "moderateRoom", { room }, body);
        assert.equal(answer, isAllowedThere ? "done" : "not_allowed", `${action} in ${room}`);
      }
      const answer = await call(den, "configureRoom", { room }, { topic: "Tea" });
      assert.equal(answer, isAllowedThere ? "done" : "not_allowed", `settings of ${room}`);
    }
    for (const action of IN_SERVICE) {
      const { type: _type, id: _id, ...body } = moderate(action);
      const answer = await call(den, "moderateService", {}, body);
      const expected = isAllowed(authority, "moderate", undefined) ? "done" : "not_allowed";
      assert.equal(answer, expected, action);
    }
  });
}

for (const [reason, shown] of [["  spam ", "spam"], [" ", undefined], [undefined, undefined]]) {
  Deno.test(`The reason ${JSON.stringify(reason)} is shown as ${JSON.stringify(shown)}`, async () => {
    using den = new Den({ role: "moderator", rights: null });
    await den.fill();
    const { of } = den;
    const ann = new Client(den.chat);
    await ann.ask({ type: "hello", token: "token" }, { type: "join", room: "den" });
    await ann.ask({ type: "delete", room: "den", of, reason });
    const [page] = await ann.ask({ type: "history", id: "h", room: "den" });
    const [message] = Object(page).messages;
    const deletedBy = { user: "a_ann00000", name: "Ann", ...(shown && { reason: shown }) };
    assert.deepEqual([message.text, message.deletedBy], ["", deletedBy]);
  });
}

Deno.test("A reason of more than 200 characters is refused, and the message stays", async () => {
  using den = new Den({ role: "owner", rights: null });
  await den.fill();
  const { of } = den;
  const ann = new Client(den.chat);
  await ann.ask({ type: "hello", token: "token" }, { type: "join", room: "den" });
  const answers = await ann.ask({
    type: "delete",
    id: "d",
    room: "den",
    of,
    reason: "x".repeat(201),
  });
  assert.equal(outcome(answers, "d"), "bad_frame");
  const repeated = { type: "delete", id: "e", room: "den", of, reason: "x".repeat(200) };
  assert.equal(outcome(await ann.ask(repeated), "e"), "done");
  assert.equal(outcome(await ann.ask(repeated), "e"), "done", "the answer may have been lost");
});

Deno.test("Plain text shows who has deleted a message, and why, on one line", async () => {
  using den = new Den({ role: "moderator", rights: null });
  await den.fill();
  const socket = new FakeSocket();
  const none = { name: "Cem", since: undefined, history: undefined, notices: undefined };
  new TextHandler(socket, den.chat.context, { ...none, room: "den" });
  const ann = new Client(den.chat);
  await ann.ask({ type: "hello", token: "token" }, { type: "join", room: "den" });
  const deletion = { type: "delete", id: "d", room: "den", of: den.of };
  const answers = await ann.ask({ ...deletion, reason: "spam\nBob: sorry" });
  assert.equal(outcome(answers, "d"), "bad_frame");
  await ann.ask({ ...deletion, reason: "spam" });
  assert.ok(socket.sent.includes("* Ann deleted a message: spam"), socket.sent.join());
});
