/**
 * The place where the client library runs, made by hand: a clock that stands until it is turned, sockets on which the test
 * is the server, and a storage that can be full. What is sent on a socket is kept there as frames, pings and all.
 * @module
 */
import assert from "node:assert/strict";
import { type Chat, connect, type Room } from "../../static/client.js";
import type { ChatOptions } from "../../static/client/chat.js";
import type { Socket, Surroundings } from "../../static/client/surroundings.js";
import { settle } from "../fakes.ts";

/** A frame, either way. */
export interface Frame {
  readonly type: string;
  readonly id?: string;
  readonly room?: string;
  readonly [field: string]: unknown;
}

/** One WebSocket, of which the test is the other end. */
export class FakeSocket implements Socket {
  protocol = "";
  onopen: ((event: unknown) => void) | null = null;
  onmessage: ((event: unknown) => void) | null = null;
  onclose: ((event: unknown) => void) | null = null;
  onerror: ((event: unknown) => void) | null = null;
  /** Where it was opened to. */
  readonly url: string;
  /** What the library has sent. */
  readonly sent: Frame[] = [];
  /** With which code the library has closed it. */
  closedWith: number | undefined;

  constructor(url: string) {
    this.url = url;
  }

  send(data: string): void {
    assert.equal(this.closedWith, undefined, "nothing is sent on a socket that was closed");
    this.sent.push(...data.split("\n").map((line) => JSON.parse(line)));
  }

  close(code?: number): void {
    this.closedWith ??= code;
  }

  /** The handshake is done. */
  async open(protocol = "chat.v1.json"): Promise<void> {
    this.protocol = protocol;
    this.onopen?.({});
    await settle();
  }

  /** The server says something, in one message. */
  async tell(...frames: readonly Frame[]): Promise<void> {
    this.onmessage?.({ data: frames.map((it) => JSON.stringify(it)).join("\n") });
    await settle();
  }

  /** The server answers the latest request of a type, and in a room where one is named. */
  async answer(request: string, frame: Frame): Promise<void> {
    await this.tell({ ...frame, id: this.lastOf(request, frame.room).id });
  }

  /** The connection ends from the other side. */
  async drop(code = 1006, reason = ""): Promise<void> {
    this.onclose?.({ code, reason });
    await settle();
  }

  /** The server greets. */
  greet(
    { user = "u1", name = "Ann", perSecond = 10, bytesPerSecond = 0, seconds = 25, ...told }: {
      readonly user?: string;
      readonly name?: string;
      readonly perSecond?: number;
      readonly bytesPerSecond?: number;
      readonly seconds?: number;
      readonly maxMessageBytes?: number;
      /** None where the server does not know its secret yet. */
      readonly resume?: string | undefined;
      /** The id of the service. */
      readonly service?: string;
    } = {},
  ): Promise<void> {
    return this.answer("hello", {
      type: "hello",
      limits: {
        maxTextBytes: 65_535,
        maxMessageBytes: told.maxMessageBytes ?? 1_000,
        maxRooms: 32,
        messagesPerSecond: perSecond,
        bytesPerSecond,
        recoverLimit: 1_000,
      },
      server: { name: "parley", version: "0.1.0", ...(told.service && { id: told.service }) },
      heartbeat: { seconds },
      you: { user, name },
      ...("resume" in told ? { resume: told.resume } : { resume: "token" }),
    });
  }

  /** The server lets somebody into a room. */
  joined(room: string, fields: Readonly<Record<string, unknown>> = {}): Promise<void> {
    return this.answer("join", {
      ...{ type: "joined", room, name: "Ann", position: "e:0", count: 1 },
      ...{ top: fields["position"] ?? "e:0", members: [{ user: "u1", name: "Ann" }], unread: 0 },
      ...fields,
    });
  }

  /** What was sent of a type, the earliest first. */
  sentOf(type: string): readonly Frame[] {
    return this.sent.filter((it) => it.type === type);
  }

  /** The latest of a type. */
  lastOf(type: string, room?: string): Frame {
    const last = this.sent.findLast((it) =>
      it.type === type && (type !== "join" || it.room === room)
    );
    if (last === undefined) assert.fail(`no ${type} was sent: ${JSON.stringify(this.sent)}`);
    return last;
  }
}

interface Timer {
  readonly at: number;
  readonly deed: () => void;
}

/** A machine with a network, for one page or program. */
export class FakeWorld implements Surroundings {
  /** All sockets that were opened, the first one first. */
  readonly sockets: FakeSocket[] = [];
  /** What is drawn next; 0 when there is nothing more. */
  readonly draws: number[] = [];
  #now = Date.UTC(2026, 0, 1);
  #timers: Timer[] = [];
  readonly #wakes = new Set<() => void>();
  readonly #rests = new Set<() => void>();

  open(url: string): FakeSocket {
    const socket = new FakeSocket(url);
    this.sockets.push(socket);
    return socket;
  }

  now(): number {
    return this.#now;
  }

  draw(): number {
    return this.draws.shift() ?? 0;
  }

  after(deed: () => void, ms: number): () => void {
    const timer = { at: this.#now + ms, deed };
    this.#timers.push(timer);
    return () => this.#timers = this.#timers.filter((it) => it !== timer);
  }

  onWake(wake: () => void, rest: () => void): () => void {
    this.#wakes.add(wake);
    this.#rests.add(rest);
    return () => {
      this.#wakes.delete(wake);
      this.#rests.delete(rest);
    };
  }

  /** Nobody looks any more. */
  rest(): void {
    for (const rest of this.#rests) rest();
  }

  /** The latest socket. */
  get socket(): FakeSocket {
    return this.sockets.at(-1) ?? assert.fail("no socket was opened");
  }

  /** How many timers run. */
  get timers(): number {
    return this.#timers.length;
  }

  /** How many listen for a wake. */
  get sleepers(): number {
    return this.#wakes.size;
  }

  /** The network is back, or the reader. */
  async wake(): Promise<void> {
    for (const wake of this.#wakes) wake();
    await settle();
  }

  /** Turns the clock, and lets all happen on the way that is due. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    for (;;) {
      const [next] = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((it) => it !== next);
      this.#now = Math.max(this.#now, next.at);
      next.deed();
      await settle();
    }
    this.#now = until;
  }

  /** Somebody puts the clock, forwards or back, and no time passes. */
  setClock(byMs: number): void {
    this.#now += byMs;
    this.#timers = this.#timers.map((it) => ({ ...it, at: it.at + byMs }));
  }
}

/** A storage for one browser profile. */
export class FakeStorage {
  /** Whether it takes nothing more. */
  isFull = false;
  readonly #items = new Map<string, string>();

  get length(): number {
    return this.#items.size;
  }

  key(index: number): string | null {
    return [...this.#items.keys()][index] ?? null;
  }

  getItem(key: string): string | null {
    return this.#items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    if (this.isFull) throw new DOMException("full", "QuotaExceededError");
    this.#items.set(key, value);
  }

  removeItem(key: string): void {
    this.#items.delete(key);
  }

  /** All keys. */
  get keys(): readonly string[] {
    return [...this.#items.keys()];
  }

  /** The keys of the deeds that lie there. */
  get deeds(): readonly string[] {
    return [...this.#items.keys()].filter((it) => it.includes(" deed."));
  }
}

/** A conversation, and the world that it is in. */
export interface Begun {
  readonly chat: Chat;
  readonly world: FakeWorld;
}

/** The same, in a room; the socket is the first one. */
export interface InRoom extends Begun {
  readonly room: Room;
  readonly socket: FakeSocket;
}

/** Begins a conversation in a world of its own; nothing has been answered yet. */
export function begin(options: ChatOptions = {}, world = new FakeWorld()): Begun {
  const chat: Chat = connect("ws://test/ws", { name: "Ann", surroundings: world, ...options });
  return { chat, world };
}

/** As above, and goes on until one has been greeted. */
export async function beginOnline(options: ChatOptions = {}, world?: FakeWorld): Promise<Begun> {
  const begun = begin(options, world);
  await begun.world.socket.open();
  await begun.world.socket.greet();
  return begun;
}

/** As above, and joins a room, where nothing has been said. */
export async function beginInRoom(options: ChatOptions = {}, world?: FakeWorld): Promise<InRoom> {
  const begun = begin(options, world);
  const room: Room = begun.chat.join("lobby");
  const { socket } = begun.world;
  await socket.open();
  await socket.greet();
  await socket.joined("lobby");
  return { ...begun, room, socket };
}

/** Cuts the connection and comes back to one that was greeted; the room is not joined yet. */
export async function comeBack(world: FakeWorld, user = "u1"): Promise<FakeSocket> {
  await world.socket.drop();
  await world.advance(20_000);
  const { socket } = world;
  await socket.open();
  await socket.greet({ user });
  return socket;
}

/** An entry that says something. */
export function said(
  seq: number,
  text: string,
  fields: Readonly<Record<string, unknown>> = {},
): Frame & { readonly position: string } {
  return {
    ...{ type: "said", room: "lobby", position: `e:${seq}`, at: 1_000 + seq, user: "u2" },
    ...{ name: "Bob", id: `b-${seq}`, text },
    ...fields,
  };
}

/** What a value or a feed tells from now on. */
export function heard<T>(feed: { subscribe(listener: (item: T) => void): unknown }): readonly T[] {
  const all: T[] = [];
  feed.subscribe((item) => all.push(item));
  return all;
}

/** The code with which a promise rejects. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error && "code" in error) return String(error.code);
    throw error;
  }
  return assert.fail("it was done");
}

/** How something stands; a call, so that the compiler does not believe that it stays so. */
export function kindOf({ value }: { readonly value: { readonly kind: string } }): string {
  return value.kind;
}
