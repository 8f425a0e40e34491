import assert from "node:assert/strict";
import { EventStream, type StreamedRoom } from "../../../lib/chat/calls/event_stream.ts";
import { parseStreamId } from "../../../lib/core/protocol/event_protocol.ts";
import { parsePosition } from "../../../lib/core/log/position.ts";
import type { HandshakeInfo } from "../../../lib/chat/sign_in/sign_in_context.ts";
import { FakeChat, FakeSocket, flushMicrotasks, name, room } from "../../support/fakes.ts";
import { user } from "../../contract/fixtures.ts";
import { RoomsScene } from "../../support/chat/rooms_scene.ts";

const ann = { user: user("user_no_99"), name: name("Ann") };
let ids = 0;

/** Publishes a message, and returns its position as clients see it. */
async function say(chat: FakeChat, text: string, where = "den"): Promise<string> {
  const action = { kind: "said", text } as const;
  const draft = { ...ann, room: room(where), id: `s${++ids}`, action };
  const result = await chat.bus.publish(draft);
  await flushMicrotasks();
  assert.ok(result.kind === "entered");
  return `${result.position.epoch}:${result.position.seq}`;
}

interface Listener {
  readonly socket: FakeSocket;
  readonly stream: EventStream;
  /** Its events so far, without comments and retry times. */
  events(): readonly { readonly id?: string; readonly type: string; readonly data: Frame }[];
  /** The last id that it has received. */
  lastId(): string | undefined;
}

type Frame = Readonly<Record<string, unknown>>;

async function listen(
  chat: FakeChat,
  rooms: readonly StreamedRoom[] = [{ room: "den", since: undefined }],
  { origin = {}, listsRooms = rooms.length > 1 }: {
    readonly origin?: HandshakeInfo;
    readonly listsRooms?: boolean;
  } = {},
): Promise<Listener> {
  const socket = new FakeSocket();
  const stream = new EventStream(socket, chat.context, { origin, hello: {}, rooms, listsRooms });
  for (let turn = 0; turn < 3; turn++) await flushMicrotasks();
  const blocks = () => socket.sent.map(String).join("").split("\n\n").map((it) => it.trim());
  const field = (block: string, of: string) =>
    block.split("\n").find((line) => line.startsWith(`${of}: `))?.slice(of.length + 2);
  const events = () =>
    blocks().flatMap((block) => {
      const type = field(block, "event");
      if (type === undefined) return [];
      const id = field(block, "id");
      return [{
        ...(id !== undefined && { id }),
        type,
        data: JSON.parse(field(block, "data") ?? ""),
      }];
    });
  const lastId = () => blocks().map((block) => field(block, "id")).findLast((it) => it);
  return { socket, stream, events, lastId };
}

const textsOf = (listener: Listener) => listener.events().map(({ data }) => data.text);

Deno.test("An event stream has each entry once, with its position as the id", async () => {
  using chat = new FakeChat();
  await say(chat, "before");
  const listener = await listen(chat);
  const position = await say(chat, "hello");
  assert.deepEqual(listener.events().map(({ id, type }) => ({ id, type })), [{
    id: position,
    type: "said",
  }]);
  assert.equal(listener.events()[0]?.data.text, "hello");
  assert.match(String(listener.socket.sent[0]), /^retry: \d+\n\n$/);
});

Deno.test("An event stream that has just begun can be resumed, though nothing has happened", async () => {
  using chat = new FakeChat();
  const position = await say(chat, "before");
  assert.equal((await listen(chat)).lastId(), position);
});

Deno.test("An event stream resumes after the last event, and says what is lost", async () => {
  using chat = new FakeChat(undefined, {}, 3);
  const first = await say(chat, "1");
  for (const text of ["2", "3"]) await say(chat, text);
  const resume = (since: string) => listen(chat, [{ room: "den", since: parsePosition(since) }]);
  assert.deepEqual(textsOf(await resume(first)), ["2", "3"]);
  for (const text of ["4", "5"]) await say(chat, text);
  const late = await resume(first);
  const [lost] = late.events();
  assert.equal(lost?.type, "lost");
  assert.deepEqual([lost?.data.after, lost?.data.reason], [first, "too_many"]);
  assert.equal(lost?.id, lost?.data.until);
  const last = await say(chat, "6");
  assert.deepEqual([late.lastId(), textsOf(late)], [last, [undefined, "6"]]);
});

Deno.test("The ids of a stream of several rooms say what the client has in all of them", async () => {
  using chat = new FakeChat();
  const [den, attic] = [await say(chat, "1"), await say(chat, "1", "café")];
  const both = await listen(chat, [{ room: "den", since: undefined }, {
    room: "café",
    since: undefined,
  }]);
  assert.deepEqual(parseStreamId(both.lastId() ?? ""), new Map([["den", den], ["café", attic]]));
  const next = await say(chat, "2", "café");
  assert.deepEqual(parseStreamId(both.lastId() ?? ""), new Map([["den", den], ["café", next]]));
  assert.match(both.lastId() ?? "", /^[\x21-\x7e]+$/);
});

Deno.test("A stream of several rooms that ends while it joins loses nothing of the others", async () => {
  using chat = new FakeChat();
  const [den, attic] = [await say(chat, "1"), await say(chat, "1", "attic")];
  const rooms = [["den", den], ["attic", attic]].map(([room = "", since = ""]) => ({
    room,
    since: parsePosition(since),
  }));
  const listener = await listen(chat, rooms);
  const ids = listener.socket.sent.map(String).filter((it) => it.startsWith("id: "));
  for (const id of ids) assert.equal(parseStreamId(id.slice(4).trim())?.size, 2, id);
});

Deno.test("Nobody sees who listens to an event stream", async () => {
  using chat = new FakeChat();
  const listener = await listen(chat);
  assert.deepEqual(await chat.bus.people(room("den")), []);
  listener.stream.onClose();
  await flushMicrotasks();
  assert.deepEqual(chat.bus.unsubscribed, chat.bus.subscribed);
});

Deno.test("An event stream sends a comment every 15 seconds", async () => {
  using chat = new FakeChat();
  const { socket } = await listen(chat);
  const comments = () => socket.sent.filter((it) => it === ":\n\n").length;
  await chat.clock.advance(14_999);
  assert.equal(comments(), 0);
  await chat.clock.advance(15_001);
  assert.equal(comments(), 2);
});

Deno.test("An event stream does not begin for who may not read", async (t) => {
  using scene = new RoomsScene();
  const secret = await scene.createPrivate(await scene.enter("ann"));
  for (
    const [what, origin, where, code] of [
      ["a bad token", { token: "nobody" }, "den", "bad_token"],
      ["somebody else's private room", { token: "bob" }, secret, "not_allowed"],
      ["a bad room", {}, "a b", "bad_room"],
    ] as const
  ) {
    await t.step(what, async () => {
      const { stream } = await listen(scene.chat, [{ room: where, since: undefined }], { origin });
      assert.equal((await stream.started)?.code, code);
    });
  }
});

Deno.test("An event stream ends when its user may no longer read, and says why", async () => {
  using scene = new RoomsScene();
  const mia = await scene.enter("mia");
  const listener = await listen(scene.chat, undefined, { origin: { token: "bob" } });
  const ban = { type: "moderate", action: "ban", room: "den", user: "a_bob00000", reason: "spam" };
  assert.equal(await scene.outcome(mia, ban), "ack");
  await scene.beat();
  const left = listener.events().at(-1);
  assert.deepEqual([left?.type, left?.data.reason, left?.data.message], ["left", "banned", "spam"]);
  assert.equal(listener.socket.closeStatuses.length, 1);
  await say(scene.chat, "not for Bob");
  assert.equal(textsOf(listener).includes("not for Bob"), false);
});

Deno.test("A listener is told how long to wait before a restart", async () => {
  using chat = new FakeChat();
  const { socket, stream } = await listen(chat);
  stream.sendRetryAfter(1_234);
  assert.equal(socket.sent.at(-1), "retry: 1234\n\n");
});
