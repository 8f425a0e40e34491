/**
 * Batch windows in whole rooms: what waits, for how long, and that nothing is lost, repeated or reordered by it. The rooms
 * are tiny, so the tests let a window have its full length from the first delivery on.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Hub } from "../../../lib/chat/room/hub.ts";
import type { Subscription } from "../../../lib/chat/room/subscription.ts";
import { workerMetrics } from "../../../lib/chat/metrics.ts";
import { JsonHandler } from "../../../lib/chat/handlers/json_handler.ts";
import { BATCH_RATES, type BatchPolicy } from "../../../lib/core/limits/batch_window.ts";
import { Metrics } from "../../../lib/core/metrics/metrics.ts";
import type { FrameEncoder } from "../../../lib/core/protocol/encoder.ts";
import { jsonEncoder } from "../../../lib/core/protocol/json_protocol.ts";
import { textEncoder } from "../../../lib/core/protocol/text_protocol.ts";
import {
  FakeChat,
  FakeSessionTokens,
  FakeSocket,
  fakeSubscriber,
  flushMicrotasks,
  name,
  room,
} from "../../support/fakes.ts";

const lobby = room("lobby");
const sessionTokens = new FakeSessionTokens();
const WINDOW_MS = 25;
const BUSY: BatchPolicy = { maxMs: WINDOW_MS, quietRate: 0, busyRate: 1 };

function openChat(
  batchPolicy = BUSY,
  sharesWrites = false,
  metrics = workerMetrics(new Metrics()),
): FakeChat {
  return new FakeChat(undefined, {}, 1_000, { batchPolicy, sharesWrites, metrics });
}

interface Member {
  /** The messages that it received, each with the time. */
  readonly received: { readonly message: string; readonly at: number }[];
  readonly subscription: Subscription;
}

async function join(
  chat: FakeChat,
  as: string,
  encoder: FrameEncoder = jsonEncoder,
): Promise<Member> {
  const author = { user: sessionTokens.newUserId(), name: name(as) };
  const received: Member["received"] = [];
  const deliver = (messages: readonly string[]) => {
    for (const message of messages) received.push({ message, at: chat.clock.now() });
  };
  const subscriber = fakeSubscriber(author.user, encoder, { deliver, replay: deliver });
  const request = { ...author, pickName: undefined, since: undefined, limit: 0 };
  const subscription = chat.hub.join(lobby, subscriber, request);
  await flushMicrotasks();
  return { received, subscription };
}

const ann = { user: sessionTokens.newUserId(), name: name("Ann") };

async function say(chat: FakeChat, text: string): Promise<void> {
  const action = { kind: "said", text } as const;
  await chat.bus.publish({ ...ann, room: lobby, id: text.slice(-20), action });
  await flushMicrotasks();
}

/** A room with these members, whose window has passed. */
async function openRoom(chat: FakeChat, ...encoders: readonly FrameEncoder[]): Promise<Member[]> {
  const members = [];
  for (const [index, encoder] of encoders.entries()) {
    members.push(await join(chat, `m${index}`, encoder));
  }
  // The presence of all of them, in the first cycle.
  await chat.clock.advance(300);
  for (const { received } of members) received.length = 0;
  return members;
}

/** The texts of the messages, one list for each. */
function textsIn({ received }: Member): string[][] {
  return received.map(({ message }) =>
    message.split("\n").map((line) => line.startsWith("{") ? JSON.parse(line).text : line.slice(5))
  );
}

Deno.test("Hub delivers the first message after a silence at once, and the next at the window's end as one", async () => {
  using chat = openChat();
  const [bob] = await openRoom(chat, jsonEncoder);
  assert.ok(bob);
  const start = chat.clock.now();
  await say(chat, "1");
  await chat.clock.advance(10);
  await say(chat, "2");
  await chat.clock.advance(5);
  await say(chat, "3");
  assert.deepEqual(textsIn(bob), [["1"]]);
  await chat.clock.advance(10);
  assert.deepEqual(textsIn(bob), [["1"], ["2", "3"]]);
  await chat.clock.advance(30);
  await say(chat, "4");
  assert.deepEqual(textsIn(bob), [["1"], ["2", "3"], ["4"]]);
  assert.deepEqual(bob.received.map(({ at }) => at - start), [0, 25, 55]);
});

Deno.test("Hub delays nothing in small and quiet rooms, or with a maximum of 0", async () => {
  for (const policy of [{ ...BATCH_RATES, maxMs: WINDOW_MS }, { ...BUSY, maxMs: 0 }]) {
    using chat = openChat(policy);
    const [bob] = await openRoom(chat, jsonEncoder);
    assert.ok(bob);
    for (let text = 0; text < 20; text++) {
      await say(chat, `${text}`);
      assert.equal(bob.received.length, text + 1);
    }
  }
});

Deno.test("Hub delivers plain text at once if each line costs a write, and with the others if lines share one", async () => {
  for (const sharesWrites of [false, true]) {
    using chat = openChat(BUSY, sharesWrites);
    const [json, text] = await openRoom(chat, jsonEncoder, textEncoder);
    assert.ok(json && text);
    for (const said of ["1", "2", "3"]) await say(chat, said);
    assert.deepEqual(textsIn(json), [["1"]]);
    assert.deepEqual(textsIn(text), sharesWrites ? [["1"]] : [["1"], ["2"], ["3"]]);
    await chat.clock.advance(WINDOW_MS);
    assert.deepEqual(textsIn(json), [["1"], ["2", "3"]]);
    assert.deepEqual(textsIn(text), [["1"], ["2"], ["3"]]);
  }
});

Deno.test("Hub holds nothing back in a room without members who can wait", async () => {
  using chat = openChat();
  const [text] = await openRoom(chat, textEncoder);
  assert.ok(text);
  const sleeping = chat.clock.sleeping;
  for (const said of ["1", "2", "3"]) await say(chat, said);
  assert.deepEqual(textsIn(text), [["1"], ["2"], ["3"]]);
  assert.equal(text.subscription.room.hasPending, false);
  assert.equal(chat.clock.sleeping, sleeping);
});

Deno.test("Hub delays presence and typing with the messages, in order", async () => {
  using chat = openChat();
  const [bob] = await openRoom(chat, jsonEncoder);
  assert.ok(bob);
  const { clock, bus } = chat;
  // Just before a cycle of presence.
  await clock.advance(500 - 10 - clock.now());
  await say(chat, "1");
  const cat = { user: sessionTokens.newUserId(), name: name("Cat") };
  bus.signal(lobby, { kind: "here", ...cat, node: "other" });
  bus.signal(lobby, { kind: "typing", ...cat, on: true });
  await clock.advance(10);
  assert.equal(bob.received.length, 1);
  await clock.advance(WINDOW_MS - 10);
  const types = bob.received.map(({ message }) =>
    message.split("\n").map((line) => JSON.parse(line).type)
  );
  assert.deepEqual(types, [["said"], ["typing", "presence"]]);
});

Deno.test("A message in a busy room is acknowledged at once", async () => {
  using chat = openChat();
  await openRoom(chat, jsonEncoder);
  const socket = new FakeSocket();
  const handler = new JsonHandler(socket, chat.context);
  const ask = async (frame: Record<string, unknown>) => {
    socket.sent.length = 0;
    handler.onMessage(JSON.stringify(frame));
    await flushMicrotasks();
    const frames = socket.sent.flatMap((message) => String(message).split("\n"));
    return frames.map((frame) => JSON.parse(frame).type);
  };
  await ask({ type: "hello", name: "Cat" });
  await ask({ type: "join", room: "lobby" });
  await chat.clock.advance(300);
  const first = await ask({ type: "say", id: "1", room: "lobby", text: "1" });
  assert.deepEqual(first.toSorted(), ["ack", "said"]);
  assert.deepEqual(await ask({ type: "say", id: "2", room: "lobby", text: "2" }), ["ack"]);
  socket.sent.length = 0;
  await chat.clock.advance(WINDOW_MS);
  assert.equal(JSON.parse(String(socket.sent[0])).type, "said");
});

Deno.test("No message waits for longer than the window, and a busy room sends one message per window", async () => {
  using chat = openChat();
  const [bob] = await openRoom(chat, jsonEncoder);
  assert.ok(bob);
  const saidAt: number[] = [];
  const start = chat.clock.now();
  // 1,500 messages, 1 to 7 ms apart.
  for (let text = 0; text < 1_500; text++) {
    saidAt.push(chat.clock.now());
    await say(chat, `${text}`);
    await chat.clock.advance(1 + (text * text) % 7);
  }
  const windows = (chat.clock.now() - start) / WINDOW_MS;
  await chat.clock.advance(WINDOW_MS);
  assert.deepEqual(textsIn(bob).flat(), saidAt.map((_, text) => `${text}`));
  const waits = bob.received.flatMap(({ message, at }) =>
    message.split("\n").map((line) => at - (saidAt[Number(JSON.parse(line).text)] ?? NaN))
  );
  assert.ok(Math.max(...waits) <= WINDOW_MS, `${Math.max(...waits)} ms`);
  assert.ok(bob.received.length <= windows + 2, `${bob.received.length} in ${windows} windows`);
});

Deno.test("A member who joins within a window receives what follows, and the others lose nothing", async () => {
  using chat = openChat();
  const [bob] = await openRoom(chat, jsonEncoder);
  assert.ok(bob);
  await say(chat, "1");
  await say(chat, "2");
  const cat = await join(chat, "Cat");
  await say(chat, "3");
  await chat.clock.advance(WINDOW_MS);
  assert.deepEqual(textsIn(bob), [["1"], ["2"], ["3"]]);
  assert.deepEqual(textsIn(cat), [["3"]]);
});

Deno.test("A member who leaves within a window receives nothing more, and the others lose nothing", async () => {
  using chat = openChat();
  const [bob, cat] = await openRoom(chat, jsonEncoder, jsonEncoder);
  assert.ok(bob && cat);
  await say(chat, "1");
  await say(chat, "2");
  cat.subscription.leave(false);
  await flushMicrotasks();
  await chat.clock.advance(WINDOW_MS);
  assert.deepEqual(textsIn(bob), [["1"], ["2"]]);
  assert.deepEqual(textsIn(cat), [["1"]]);
});

Deno.test("A room that is found to lack messages within a window delivers all at once, in order", async () => {
  using chat = openChat();
  const [bob] = await openRoom(chat, jsonEncoder);
  assert.ok(bob);
  await say(chat, "1");
  await say(chat, "2");
  chat.dropsAnnouncements = true;
  await say(chat, "3");
  chat.dropsAnnouncements = false;
  await say(chat, "4");
  assert.deepEqual(textsIn(bob), [["1"], ["2", "3", "4"]]);
});

Deno.test("Hub.flush() and the end of a hub deliver what waits", async () => {
  for (const end of [(hub: Hub) => hub.flush(), (hub: Hub) => hub[Symbol.dispose]()]) {
    using chat = openChat();
    const [bob] = await openRoom(chat, jsonEncoder);
    assert.ok(bob);
    await say(chat, "1");
    await say(chat, "2");
    end(chat.hub);
    assert.deepEqual(textsIn(bob), [["1"], ["2"]]);
    await chat.clock.advance(WINDOW_MS);
    assert.equal(bob.received.length, 2);
  }
});

Deno.test("Hub does not wait for the window's end when the rooms of the worker hold back too much together", async () => {
  using chat = openChat();
  const [bob] = await openRoom(chat, jsonEncoder);
  assert.ok(bob);
  await say(chat, "1");
  const long = "x".repeat(50_000);
  await say(chat, `${long}2`);
  await say(chat, `${long}3`);
  assert.equal(bob.received.length, 1);
  await say(chat, `${long}4`);
  assert.deepEqual(textsIn(bob).map((texts) => texts.map((text) => text.slice(-1))), [
    ["1"],
    ["2", "3", "4"],
  ]);
});

Deno.test("Hub observes the window with each fan-out to members for whom waiting saves something", async () => {
  const metrics = workerMetrics(new Metrics());
  using chat = openChat(BUSY, false, metrics);
  const { batchWindowSeconds } = metrics;
  const count = () => batchWindowSeconds.counts.reduce((sum, count) => sum + count);
  await join(chat, "Text", textEncoder);
  await say(chat, "1");
  assert.equal(count(), 0);
  await join(chat, "Json");
  await chat.clock.advance(WINDOW_MS);
  await say(chat, "2");
  await say(chat, "3");
  assert.equal(count(), 1);
  await chat.clock.advance(WINDOW_MS);
  assert.equal(count(), 2);
  assert.equal(batchWindowSeconds.sum, 2 * WINDOW_MS / 1000);
});

Deno.test("Hub waits longer when the event loop is late", async () => {
  using chat = openChat({ maxMs: WINDOW_MS, quietRate: 100, busyRate: 1_000 });
  const [bob] = await openRoom(chat, jsonEncoder);
  assert.ok(bob);
  const countAtOnce = async () => {
    bob.received.length = 0;
    for (let text = 0; text < 50; text++) await say(chat, `${text} at ${chat.clock.now()}`);
    return bob.received.length;
  };
  assert.equal(await countAtOnce(), 50);
  const { clock } = chat;
  const sleep = clock.sleep.bind(clock);
  clock.sleep = (ms, signal) => sleep(ms + 50, signal);
  await clock.advance(5_000);
  assert.ok(await countAtOnce() < 50);
});

type Step = "say" | "drop" | "json joins" | "text joins" | "leaves" | "waits";

const steps = fc.array(
  fc.tuple(
    fc.constantFrom<Step>(
      "say",
      "say",
      "say",
      "drop",
      "json joins",
      "text joins",
      "leaves",
      "waits",
    ),
    fc.integer({ min: 0, max: 60 }),
  ),
  { maxLength: 60 },
);

Deno.test("Members receive each message once and in order, from joining to leaving, whatever happens within windows", async () => {
  const windows = fc.constantFrom(0, 1, WINDOW_MS, 200);
  await fc.assert(
    fc.asyncProperty(steps, windows, fc.boolean(), async (steps, maxMs, sharesWrites) => {
      using chat = openChat({ ...BUSY, maxMs }, sharesWrites);
      let said = 0;
      let joined = 0;
      const present: { readonly member: Member; readonly from: number }[] = [];
      const check = ({ member, from }: typeof present[number], isComplete: boolean) => {
        const texts = textsIn(member).flat().filter((it) => /^\d+$/.test(it ?? "")).map(Number);
        const first = from + 1;
        assert.deepEqual(texts, texts.map((_, index) => first + index));
        if (isComplete) assert.equal(texts.length, said - from);
      };
      // It keeps the room open, so that no message is missing from its log's end.
      await join(chat, "Keeper", textEncoder);
      for (const [step, number] of steps) {
        if (step === "waits") await chat.clock.advance(number);
        else if (step === "leaves") {
          const [left] = present.splice(number % Math.max(1, present.length), 1);
          left?.member.subscription.leave(false);
          await flushMicrotasks();
          if (left) check(left, false);
        } else if (step === "say" || step === "drop") {
          chat.dropsAnnouncements = step === "drop";
          await say(chat, `${++said}`);
          chat.dropsAnnouncements = false;
        } else {
          const encoder = step === "json joins" ? jsonEncoder : textEncoder;
          present.push({
            // A name that somebody has left behind may still be taken.
            member: await join(chat, `m${++joined}`, encoder),
            from: said,
          });
        }
      }
      // Shows what is missing.
      await say(chat, `${++said}`);
      await chat.clock.advance(1_000);
      for (const one of present) check(one, true);
    }),
    { numRuns: 300 },
  );
});
