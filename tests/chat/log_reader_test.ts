/** The reads of one connection are bounded, paced by its peer, charged, and take turns with those of others. */
import assert from "node:assert/strict";
import type { ConnectionHandler } from "../../lib/chat/ports/connection_handler.ts";
import { JsonHandler } from "../../lib/chat/handlers/json_handler.ts";
import type { SessionContext } from "../../lib/chat/session/session.ts";
import { TextHandler, type TextOptions } from "../../lib/chat/handlers/text_handler.ts";
import { SharedBudgets } from "../../lib/core/limits/rate_limiter.ts";
import type { Action } from "../../lib/core/log/entry.ts";
import { TOO_MANY_MESSAGES } from "../../lib/core/protocol/close_codes.ts";
import { formatPosition } from "../../lib/core/log/position.ts";
import {
  estimateEntrySize,
  estimateMessageSize,
  MAX_READ_BYTES,
} from "../../lib/core/log/reading/read_size.ts";
import { FakeChat, FakeSessionTokens, flushMicrotasks, name, room } from "../support/fakes.ts";
import { SlowSocket } from "../support/chat/slow_socket.ts";

const lobby = room("lobby");
const MAX_BYTES = 65_536;
const LENGTH = 4_000;
const sessionTokens = new FakeSessionTokens();
const ann = { user: sessionTokens.newUserId(), name: name("Ann") };
const NOTHING: TextOptions = {
  name: undefined,
  room: undefined,
  since: undefined,
  history: undefined,
  notices: undefined,
};

/** A chat that counts the reads of its store. */
class Library {
  readonly chat: FakeChat;
  /** The size of each read. */
  readonly readings: number[] = [];
  /** The reads in progress, and their maximum. */
  underWay = 0;
  mostUnderWay = 0;
  /** While it is closed, reads wait. */
  isOpen = true;
  readonly #waiting: (() => void)[] = [];
  #said = 0;

  constructor(settings: Partial<SessionContext> = {}) {
    const limits = new SharedBudgets({ messagesPerSecond: 0, bytesPerSecond: 0 });
    const chat = this.chat = new FakeChat("at once", { limits, ...settings }, 500);
    const page = chat.bus.page.bind(chat.bus), replay = chat.bus.replay.bind(chat.bus);
    chat.bus.page = (...asked) =>
      this.#read(() => page(...asked), ({ messages }) => messages.map(estimateMessageSize));
    chat.bus.replay = (...asked) =>
      this.#read(() => replay(...asked), ({ entries }) => entries.map(estimateEntrySize));
  }

  /** Lets all reads complete. */
  async open(): Promise<void> {
    this.isOpen = true;
    for (const resolve of this.#waiting.splice(0)) resolve();
    await flushMicrotasks();
  }

  async say(count: number, length = LENGTH): Promise<void> {
    for (let i = 0; i < count; i++) {
      const action: Action = { kind: "said", text: `${++this.#said} `.padEnd(length, "x") };
      await this.chat.bus.publish({ ...ann, room: lobby, id: `id${this.#said}`, action });
    }
    await flushMicrotasks();
  }

  async #read<T>(reading: () => Promise<T>, weights: (read: T) => readonly number[]): Promise<T> {
    this.underWay += 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    if (!this.isOpen) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const read = await reading().finally(() => this.underWay -= 1);
    const weight = weights(read).reduce((sum, each) => sum + each, 0);
    if (weight > 0) this.readings.push(weight);
    return read;
  }

  [Symbol.dispose](): void {
    this.chat[Symbol.dispose]();
  }
}

/** A peer that reads when the test lets it. */
class Guest {
  readonly socket = new SlowSocket(MAX_BYTES);
  readonly #handler: ConnectionHandler;
  readonly #library: Library;

  constructor(library: Library, begin: (socket: SlowSocket) => ConnectionHandler) {
    this.#library = library;
    this.#handler = this.socket.handler = begin(this.socket);
  }

  say(...messages: readonly string[]): void {
    for (const message of messages) this.#handler.onMessage(message);
  }

  /** Reads everything, until nothing more arrives. */
  async readAll(): Promise<void> {
    do {
      this.socket.take();
      await this.#library.chat.clock.advance(100);
    } while (this.socket.unread > 0);
  }

  /** The numbers of the texts that were read. */
  get numbers(): number[] {
    const texts = this.socket.read.flatMap((message) => {
      if (!message.startsWith("{")) return [/^Ann: (\d+)/.exec(message)?.[1]];
      const frames = message.split("\n").map((line) => JSON.parse(line));
      return frames.flatMap((frame) => {
        const said = frame.messages ?? (frame.type === "said" ? [frame] : []);
        return said.map(({ text }: { text: string }) => text.split(" ")[0]);
      });
    });
    return texts.filter((text) => text !== undefined).map(Number);
  }

  faults(): Record<string, unknown>[] {
    const lines = this.socket.read.flatMap((message) => message.split("\n"));
    return lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line))
      .filter(({ type }) => type === "fault");
  }
}

async function enterText(library: Library, options: Partial<TextOptions>): Promise<Guest> {
  const { context } = library.chat;
  const begin = (socket: SlowSocket) =>
    new TextHandler(socket, context, { ...NOTHING, ...options });
  const guest = new Guest(library, begin);
  await flushMicrotasks();
  return guest;
}

async function enterJson(library: Library, join: Record<string, unknown> = {}): Promise<Guest> {
  const guest = new Guest(library, (socket) => new JsonHandler(socket, library.chat.context));
  guest.say(
    '{"type":"hello"}',
    JSON.stringify({ type: "join", room: "lobby", id: "join", ...join }),
  );
  await flushMicrotasks();
  return guest;
}

async function position(library: Library): Promise<string> {
  return formatPosition((await library.chat.bus.page(lobby, undefined, 0)).top);
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

for (
  const [who, enter] of [
    ["A reader in plain text", (library: Library, since: string) => enterText(library, { since })],
    ["A reader in JSON", (library: Library, since: string) => enterJson(library, { since })],
  ] as const
) {
  Deno.test(`${who} gets far more than its backlog may hold, in order, and is not dropped`, async () => {
    using library = new Library();
    const since = await position(library);
    await library.say(400);
    const guest = await enter(library, since);
    await guest.readAll();
    assert.deepEqual(guest.numbers, upTo(400));
    assert.equal(guest.socket.isDropped, false);
    await library.say(1);
    await guest.readAll();
    assert.deepEqual(guest.numbers, upTo(401));
  });

  Deno.test(`${who} that does not read causes only one read of a chunk`, async () => {
    using library = new Library();
    const since = await position(library);
    await library.say(400);
    const guest = await enter(library, since);
    await library.chat.clock.advance(60_000);
    assert.equal(library.readings.length, 1);
    assert.ok(library.readings.every((weight) => weight <= MAX_READ_BYTES));
    await guest.readAll();
    assert.deepEqual(guest.numbers, upTo(400));
    assert.ok(library.readings.every((weight) => weight <= MAX_READ_BYTES));
  });

  Deno.test(`${who} that is slower than the room gets everything, although it never catches up`, async () => {
    using library = new Library();
    const since = await position(library);
    await library.say(100);
    const guest = await enter(library, since);
    for (let round = 0; round < 50; round++) {
      await library.say(4);
      guest.socket.take(1);
      await library.chat.clock.advance(100);
    }
    await guest.readAll();
    assert.deepEqual(guest.numbers, upTo(300));
    assert.equal(guest.socket.isDropped, false);
  });
}

Deno.test("A reader that catches up receives joins, departures and renames once it has joined", async () => {
  using library = new Library();
  const since = await position(library);
  await library.say(200);
  const others = await Promise.all([enterJson(library), enterJson(library), enterJson(library)]);
  const guest = await enterJson(library, { since });
  const [leaver, renamer] = others;
  leaver?.say('{"type":"leave","room":"lobby"}');
  renamer?.say('{"type":"name","name":"Cleo"}');
  others.push(await enterJson(library));
  await library.chat.clock.advance(1_000);
  await guest.readAll();
  const frames = guest.socket.read.flatMap((message) => message.split("\n")).map((it) =>
    JSON.parse(it)
  );
  const people = new Map<string, string>();
  for (const frame of frames) {
    for (const { user, name } of frame.members ?? []) people.set(user, name);
    for (const { user, name } of frame.joined ?? []) people.set(user, name);
    for (const { user } of frame.left ?? []) people.delete(user);
    if (frame.type === "renamed") people.set(frame.user, frame.name);
  }
  const listed = frames.findLast(({ type }) => type === "presence" || type === "joined");
  assert.equal(listed?.count, people.size);
  guest.say('{"type":"who","room":"lobby","id":"who"}');
  await flushMicrotasks();
  await guest.readAll();
  const answer = guest.socket.read.flatMap((message) => message.split("\n")).map((it) =>
    JSON.parse(it)
  )
    .find(({ type }) => type === "members");
  const expected = answer.members.map(({ user, name }: Record<string, string>) => [user, name]);
  assert.deepEqual([...people].toSorted(), expected.toSorted());
});

Deno.test("A page in plain text is sent as it is read, followed by the messages sent meanwhile", async () => {
  using library = new Library();
  await library.say(60);
  const guest = await enterText(library, { history: "999" });
  await library.say(2, 10);
  await guest.readAll();
  assert.deepEqual(guest.numbers, upTo(62));
  assert.equal(guest.socket.isDropped, false);
});

Deno.test("A thousand short lines of history do not look like a slow consumer", async () => {
  using library = new Library();
  await library.say(900, 10);
  const guest = await enterText(library, {});
  guest.say("/history 999");
  await flushMicrotasks();
  await guest.readAll();
  assert.deepEqual(guest.numbers, upTo(900));
  assert.equal(guest.socket.isDropped, false);
});

Deno.test("A page of messages of the maximum length is cut in the store, however many are requested", async () => {
  using library = new Library();
  await library.say(50, 65_000);
  const guest = await enterText(library, { history: "999" });
  guest.say("/history 999");
  await guest.readAll();
  assert.equal(library.readings.length, 2);
  assert.ok(library.readings.every((weight) => weight <= MAX_READ_BYTES), `${library.readings}`);
  assert.deepEqual(guest.numbers, [47, 48, 49, 50, 47, 48, 49, 50]);
  assert.deepEqual(
    guest.socket.read.filter((line) => line.startsWith("*")),
    Array(2).fill("* only the newest 4, because they are long"),
  );
  assert.equal(guest.socket.isDropped, false);
});

Deno.test("A connection has few reads in progress and a bounded number waiting, and is rate limited beyond", async () => {
  using library = new Library();
  const guest = await enterJson(library);
  library.isOpen = false;
  for (let i = 0; i < 100; i++) guest.say(`{"type":"history","room":"lobby","id":"${i}"}`);
  await flushMicrotasks();
  assert.equal(library.underWay, 2);
  await guest.readAll();
  assert.deepEqual(
    guest.faults().map(({ code, afterMs }) => [code, afterMs]),
    Array(66).fill(["slow_down", 1_000]),
  );
  while (library.underWay > 0) await library.open();
  await guest.readAll();
  const ids = guest.socket.read.flatMap((it) => it.split("\n")).filter((it) =>
    it.includes('"history"')
  );
  assert.equal(ids.length, 34);
  assert.equal(library.mostUnderWay, 2);
});

Deno.test("A connection with many requests does not delay another one's read", async () => {
  using library = new Library();
  const greedy = await Promise.all(Array.from({ length: 20 }, () => enterJson(library)));
  const modest = await enterJson(library);
  library.isOpen = false;
  for (const guest of greedy) {
    for (let i = 0; i < 30; i++) guest.say(`{"type":"history","room":"lobby","id":"${i}"}`);
  }
  await flushMicrotasks();
  assert.equal(library.underWay, 16);
  modest.say('{"type":"history","room":"lobby","id":"mine"}');
  // One round among the connections, not one for each of their requests.
  for (let round = 0; round < 3; round++) {
    await library.open();
    library.isOpen = false;
    modest.socket.take();
  }
  assert.ok(modest.socket.read.some((message) => message.includes('"id":"mine"')));
});

Deno.test("A connection's responses are charged by their size, and the fault says how long to wait", async () => {
  const limits = new SharedBudgets({ messagesPerSecond: 0, bytesPerSecond: 1_024 });
  using library = new Library({ limits });
  await library.say(100);
  const guest = await enterJson(library);
  const ask = async (id: string) => {
    guest.say(`{"type":"history","room":"lobby","limit":30,"id":"${id}"}`);
    await flushMicrotasks();
    await guest.readAll();
  };
  // 126,000 of 131,072 bytes at once; the second response goes into debt.
  await ask("1");
  await ask("2");
  assert.deepEqual(guest.faults(), []);
  await ask("3");
  guest.say('{"type":"who","room":"lobby","id":"4"}', '{"type":"join","room":"attic","id":"5"}');
  await flushMicrotasks();
  await guest.readAll();
  assert.deepEqual(guest.faults().map(({ id, code }) => [id, code]), [["3", "slow_down"], [
    "4",
    "slow_down",
  ], ["5", "slow_down"]]);
  const afterMs = guest.faults()[0]?.afterMs;
  assert.ok(Number(afterMs) > 10_000 && Number(afterMs) < 20_000, `${afterMs}`);
  await library.chat.clock.advance(Number(afterMs));
  await ask("6");
  assert.equal(guest.faults().length, 3);
  assert.ok(library.readings.every((weight) => weight <= MAX_READ_BYTES));
});

Deno.test("A long replay is sent no faster than the budget allows, and none of it is refused", async () => {
  const limits = new SharedBudgets({ messagesPerSecond: 0, bytesPerSecond: 1_024 });
  using library = new Library({ limits });
  const since = await position(library);
  await library.say(400);
  const guest = await enterText(library, { since });
  const { clock } = library.chat;
  const beganAt = clock.now();
  while (guest.numbers.length < 400 && clock.now() < 600_000) await guest.readAll();
  assert.deepEqual(guest.numbers, upTo(400));
  // 1.6 MB, of which 128 KiB at once and the rest at 8 KiB a second, except for the last chunk.
  const seconds = (clock.now() - beganAt) / 1_000;
  assert.ok(seconds > 100 && seconds < 250, `${seconds} s`);
});

Deno.test("A user from an address that has read too much waits to join, and is not refused", async () => {
  const limits = new SharedBudgets({ messagesPerSecond: 0, bytesPerSecond: 1_024 });
  using library = new Library({ limits });
  await library.say(30);
  const { clock, context } = library.chat;
  // A debt of ten seconds.
  limits.readsOfAddresses.of("office", clock.now()).charge(clock.now(), 0, (2_048 + 640) * 1_024);
  const options = { ...NOTHING, history: "5" };
  const guest = new Guest(
    library,
    (socket) => new TextHandler(socket, context, options, { address: "office" }),
  );
  await guest.readAll();
  guest.say("/history 5");
  await clock.advance(5_000);
  await guest.readAll();
  assert.deepEqual(guest.numbers, []);
  assert.deepEqual(guest.socket.closeStatuses, []);
  await clock.advance(5_000);
  await guest.readAll();
  assert.deepEqual(guest.numbers, [26, 27, 28, 29, 30]);
  const loopback = await enterText(library, { history: "5" });
  await loopback.readAll();
  assert.equal(loopback.numbers.length, 5);
});

Deno.test("Many connections together read at most at the worker's rate, in turn, and are not refused", async () => {
  const limits = new SharedBudgets({ messagesPerSecond: 0, bytesPerSecond: 1_024 });
  using library = new Library({ limits });
  await library.say(100);
  const { clock } = library.chat;
  const read = () => library.readings.reduce((sum, weight) => sum + weight, 0);
  const guests: Guest[] = [];
  for (let i = 0; i < 50; i++) guests.push(await enterText(library, { history: "25" }));
  // 1 MiB at once, and the reads in progress.
  assert.ok(read() < 3_000_000, `${read()} at once`);
  while (guests.some(({ numbers }) => numbers.length < 25) && clock.now() < 60_000) {
    for (const guest of guests) guest.socket.take();
    await clock.advance(100);
  }
  assert.ok(guests.every(({ numbers, socket }) => numbers.length === 25 && !socket.isDropped));
  const seconds = clock.now() / 1_000;
  assert.ok(seconds > 3 && seconds < 10, `${seconds} s`);
});

Deno.test("A connection that keeps requesting when it should wait is closed", async () => {
  const limits = new SharedBudgets({ messagesPerSecond: 10, bytesPerSecond: 1_024 });
  using library = new Library({ limits });
  await library.say(100);
  const guest = await enterText(library, { history: "100" });
  await guest.readAll();
  for (let second = 0; second < 60 && guest.socket.closeStatuses.length === 0; second++) {
    for (let i = 0; i < 9; i++) guest.say("/history 999");
    await flushMicrotasks();
    guest.socket.take();
    await library.chat.clock.advance(1_000);
  }
  assert.ok(guest.socket.read.some((line) => String(line).startsWith("! slow down")));
  assert.deepEqual(guest.socket.closeStatuses, [TOO_MANY_MESSAGES]);
});

Deno.test("One user's responses are charged together, for any number of connections", async () => {
  const limits = new SharedBudgets({ messagesPerSecond: 0, bytesPerSecond: 1_024 });
  using library = new Library({ limits });
  await library.say(100);
  const guests: Guest[] = [];
  for (let i = 0; i < 6; i++) {
    const guest = new Guest(
      library,
      (socket) => new JsonHandler(socket, library.chat.context),
    );
    guest.say(
      '{"type":"hello","resume":"user_no_77/Bob"}',
      '{"type":"join","room":"lobby","id":"join"}',
      '{"type":"history","room":"lobby","limit":30,"id":"history"}',
    );
    await flushMicrotasks();
    await guest.readAll();
    guests.push(guest);
  }
  // 256 KiB at once for the user, and the third goes into debt; the others wait to join.
  assert.deepEqual(guests.map(({ numbers }) => numbers.length), [30, 30, 30, 0, 0, 0]);
  await library.chat.clock.advance(60_000);
  for (const guest of guests) await guest.readAll();
  assert.ok(guests.every(({ socket }) => socket.read.join().includes('"type":"joined"')));
});

Deno.test("Joins that wait for the store take no turn from requests, which are answered with unavailable", async () => {
  using library = new Library({ maxRooms: 10 });
  const guest = await enterJson(library);
  library.chat.bus.availability = "away";
  for (let i = 0; i < 9; i++) guest.say(`{"type":"join","room":"other${i}","id":"other${i}"}`);
  guest.say('{"type":"history","room":"lobby","id":"history"}');
  await flushMicrotasks();
  guest.socket.take();
  assert.deepEqual(guest.faults().map(({ id, code }) => [id, code]), [["history", "unavailable"]]);
  library.chat.bus.availability = "well";
  await library.chat.clock.advance(10_000);
  guest.socket.take();
  const joined = guest.socket.read.join("\n").match(/"type":"joined"/g);
  assert.equal(joined?.length, 10);
});
