/**
 * A simulated platform for the client library: a clock that the test advances, sockets on which the test is the server,
 * and a storage that can be full. Sockets record everything sent on them as frames, including pings.
 * @module
 */
import assert from "node:assert/strict";
import { type Chat, connect, type Room } from "../../../static/client.js";
import type { ChatOptions } from "../../../static/client/chat.js";
import type { Platform, Socket } from "../../../static/client/connection/platform.js";
import { flushMicrotasks } from "../../support/fakes.ts";

/** A frame in either direction. */
export interface Frame {
  readonly type: string;
  readonly id?: string;
  readonly room?: string;
  readonly [field: string]: unknown;
}

/** One WebSocket, with the test as its server. */
export class FakeSocket implements Socket {
  protocol = "";
  onopen: ((event: unknown) => void) | null = null;
  onmessage: ((event: unknown) => void) | null = null;
  onclose: ((event: unknown) => void) | null = null;
  onerror: ((event: unknown) => void) | null = null;
  /** The URL that it was opened for. */
  readonly url: string;
  /** The frames that the library has sent. */
  readonly sent: Frame[] = [];
  /** The code that the library has closed it with. */
  closedWith: number | undefined;

  constructor(url: string) {
    this.url = url;
  }

  send(data: string): void {
    assert.equal(this.closedWith, undefined, "a frame was sent on a closed socket");
    this.sent.push(...data.split("\n").map((line) => JSON.parse(line)));
  }

  close(code?: number): void {
    this.closedWith ??= code;
  }

  /** Completes the handshake. */
  async open(protocol = "chat.v1.json"): Promise<void> {
    this.protocol = protocol;
    this.onopen?.({});
    await flushMicrotasks();
  }

  /** Sends frames from the server in one message. */
  async serverSends(...frames: readonly Frame[]): Promise<void> {
    this.onmessage?.({ data: frames.map((it) => JSON.stringify(it)).join("\n") });
    await flushMicrotasks();
  }

  /** Answers the latest request of a type, if given in one room. */
  async serverAnswers(request: string, frame: Frame): Promise<void> {
    await this.serverSends({ ...frame, id: this.lastOf(request, frame.room).id });
  }

  /** Closes the connection from the server's side. */
  async serverCloses(code = 1006, reason = ""): Promise<void> {
    this.onclose?.({ code, reason });
    await flushMicrotasks();
  }

  /** Sends the server's hello. */
  sendHello(
    { user = "u1", name = "Ann", perSecond = 10, bytesPerSecond = 0, seconds = 25, ...options }: {
      readonly user?: string;
      readonly name?: string;
      readonly perSecond?: number;
      readonly bytesPerSecond?: number;
      readonly seconds?: number;
      readonly maxMessageBytes?: number;
      /** None if the server does not know its secret yet. */
      readonly resume?: string | undefined;
      /** The service's id. */
      readonly service?: string;
      /** The role of a member. */
      readonly role?: string;
      /** The rooms of an invite. */
      readonly rooms?: readonly string[];
    } = {},
  ): Promise<void> {
    return this.serverAnswers("hello", {
      type: "hello",
      limits: {
        maxTextBytes: 65_535,
        maxMessageBytes: options.maxMessageBytes ?? 1_000,
        maxRooms: 32,
        messagesPerSecond: perSecond,
        bytesPerSecond,
        recoverLimit: 1_000,
      },
      server: { name: "parley", version: "0.1.0", ...(options.service && { id: options.service }) },
      heartbeat: { seconds },
      you: { user, name, ...(options.role && { role: options.role }) },
      ...(options.rooms && { rooms: options.rooms }),
      ...("resume" in options ? { resume: options.resume } : { resume: "token" }),
    });
  }

  /** Sends a `joined` frame for a room. */
  sendJoined(room: string, fields: Readonly<Record<string, unknown>> = {}): Promise<void> {
    return this.serverAnswers("join", {
      ...{ type: "joined", room, name: "Ann", position: "e:0", count: 1 },
      ...{ top: fields["position"] ?? "e:0", members: [{ user: "u1", name: "Ann" }], unread: 0 },
      ...fields,
    });
  }

  /** The sent frames of a type, in order. */
  sentOf(type: string): readonly Frame[] {
    return this.sent.filter((it) => it.type === type);
  }

  /** The last sent frame of a type. */
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
  readonly fn: () => void;
}

/** A machine with a network, for one page or program. */
export class FakePlatform implements Platform {
  /** All opened sockets, in order. */
  readonly sockets: FakeSocket[] = [];
  /** The next random numbers; 0 when the list is empty. */
  readonly randoms: number[] = [];
  /** The server's reason for refusing a WebSocket; undefined if it cannot be reached. */
  readonly refusals: unknown[] = [];
  /** Number of requests for the reason. */
  refusalFetches = 0;
  #now = Date.UTC(2026, 0, 1);
  #timers: Timer[] = [];
  readonly #resumeListeners = new Set<() => void>();
  readonly #hideListeners = new Set<() => void>();
  readonly #offlineListeners = new Set<() => void>();

  open(url: string): FakeSocket {
    const socket = new FakeSocket(url);
    this.sockets.push(socket);
    return socket;
  }

  fetchRefusal(): Promise<unknown> {
    this.refusalFetches++;
    const reason = this.refusals.shift();
    return reason === undefined ? Promise.reject(new TypeError("no")) : Promise.resolve(reason);
  }

  now(): number {
    return this.#now;
  }

  random(): number {
    return this.randoms.shift() ?? 0;
  }

  after(fn: () => void, ms: number): () => void {
    const timer = { at: this.#now + ms, fn };
    this.#timers.push(timer);
    return () => this.#timers = this.#timers.filter((it) => it !== timer);
  }

  onLifecycle(onResume: () => void, onHide: () => void, onOffline: () => void): () => void {
    this.#resumeListeners.add(onResume);
    this.#hideListeners.add(onHide);
    this.#offlineListeners.add(onOffline);
    return () => {
      this.#resumeListeners.delete(onResume);
      this.#hideListeners.delete(onHide);
      this.#offlineListeners.delete(onOffline);
    };
  }

  /** The browser reports that it is offline. */
  async goOffline(): Promise<void> {
    for (const doubt of this.#offlineListeners) doubt();
    await flushMicrotasks();
  }

  /** The page is hidden. */
  hide(): void {
    for (const rest of this.#hideListeners) rest();
  }

  /** The latest socket. */
  get socket(): FakeSocket {
    return this.sockets.at(-1) ?? assert.fail("no socket was opened");
  }

  /** Number of running timers. */
  get timers(): number {
    return this.#timers.length;
  }

  /** Number of listeners for a resume. */
  get lifecycleListeners(): number {
    return this.#resumeListeners.size;
  }

  /** The network is back, or the page is visible again. */
  async resume(): Promise<void> {
    for (const wake of this.#resumeListeners) wake();
    await flushMicrotasks();
  }

  /** Advances the clock, and runs all timers due on the way. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    for (;;) {
      const [next] = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((it) => it !== next);
      this.#now = Math.max(this.#now, next.at);
      next.fn();
      await flushMicrotasks();
    }
    this.#now = until;
  }

  /** Sets the wall clock, while no time passes. */
  setClock(byMs: number): void {
    this.#now += byMs;
    this.#timers = this.#timers.map((it) => ({ ...it, at: it.at + byMs }));
  }
}

/** The storage of one browser profile. */
export class FakeStorage {
  /** Whether the storage is full. */
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

  /** The keys of the stored actions. */
  get actionKeys(): readonly string[] {
    return [...this.#items.keys()].filter((it) => it.includes(" deed."));
  }
}

/** A chat and its platform. */
export interface StartedChat {
  readonly chat: Chat;
  readonly world: FakePlatform;
}

/** The same, in a room; the socket is the first one. */
export interface InRoom extends StartedChat {
  readonly room: Room;
  readonly socket: FakeSocket;
}

/** Starts a chat on a new platform; nothing has been answered yet. */
export function startChat(options: ChatOptions = {}, world = new FakePlatform()): StartedChat {
  const chat: Chat = connect("ws://test/ws", { name: "Ann", platform: world, ...options });
  return { chat, world };
}

/** As `startChat()`, and answers the hello. */
export async function startOnline(
  options: ChatOptions = {},
  world?: FakePlatform,
): Promise<StartedChat> {
  const begun = startChat(options, world);
  await begun.world.socket.open();
  await begun.world.socket.sendHello();
  return begun;
}

/** As `startOnline()`, and joins an empty room. */
export async function startInRoom(
  options: ChatOptions = {},
  world?: FakePlatform,
): Promise<InRoom> {
  const begun = startChat(options, world);
  const room: Room = begun.chat.join("lobby");
  const { socket } = begun.world;
  await socket.open();
  await socket.sendHello();
  await socket.sendJoined("lobby");
  return { ...begun, room, socket };
}

/** Cuts the connection, reconnects and answers the hello; the room has not been joined yet. */
export async function dropAndReconnect(world: FakePlatform, user = "u1"): Promise<FakeSocket> {
  await world.socket.serverCloses();
  await world.advance(20_000);
  const { socket } = world;
  await socket.open();
  await socket.sendHello({ user });
  return socket;
}

/** A `said` entry. */
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

/** Collects everything from a value or feed from now on. */
export function collect<T>(
  feed: { subscribe(listener: (item: T) => void): unknown },
): readonly T[] {
  const all: T[] = [];
  feed.subscribe((item) => all.push(item));
  return all;
}

/** The code that a promise rejects with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error && "code" in error) return String(error.code);
    throw error;
  }
  return assert.fail("it was done");
}

/** The kind of a state; a call, so that the compiler does not assume that it stays the same. */
export function kindOf({ value }: { readonly value: { readonly kind: string } }): string {
  return value.kind;
}
