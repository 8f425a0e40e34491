/**
 * Somebody who talks in `chat.v1.json` and loses nothing, as docs/protocol.md tells clients to do: comes back after every
 * cut with the last position, and says again what was not acknowledged, under the same id. It writes down all it is told.
 * @module
 */
import { systemClock } from "../lib/chat/clock.ts";
import { parsePosition, type Position } from "../lib/core/positions.ts";

/** What somebody was told, in its order: an entry of the log, or that something cannot be given. */
export type Told =
  | {
    readonly kind: "entry";
    readonly position: Position;
    readonly id: string;
    readonly text: string;
  }
  | { readonly kind: "lost"; readonly why: string; readonly upTo: Position };

/** Text waits here until it is acknowledged. */
interface Waiting {
  readonly id: string;
  readonly text: string;
  readonly answer: PromiseWithResolvers<Position>;
}

/** One person in one room. */
export class Talker implements AsyncDisposable {
  /** All that was told. */
  readonly told: Told[] = [];
  /** Where each of its own texts was acknowledged, by its id. */
  readonly acknowledged = new Map<string, Position>();
  /** How often it had to come back. */
  returns = -1;
  /** How often it has joined its room, the first time included. */
  joins = 0;
  readonly #urls: readonly string[];
  readonly #room: string;
  readonly #name: string;
  readonly #waiting = new Map<string, Waiting>();
  readonly #life = new AbortController();
  #socket: WebSocket | undefined;
  #resume: string | undefined;
  #last: Position | undefined;
  #hasJoined = false;
  #joined = Promise.withResolvers<void>();
  #ended = Promise.resolve();

  /** Comes at once. @param urls Of the nodes; it goes to the next one whenever it is cut off. */
  constructor(urls: readonly string[], room: string, name: string) {
    this.#urls = urls;
    this.#room = room;
    this.#name = name;
    this.#ended = this.#stay();
  }

  /** Resolves when it has joined for the first time. */
  get joined(): Promise<void> {
    return this.#joined.promise;
  }

  /** The position of what it was told last. */
  get last(): Position | undefined {
    return this.#last;
  }

  /** Says something; resolves when it is acknowledged, however often it takes. */
  say(text: string): Promise<Position> {
    const id = crypto.randomUUID();
    const waiting = { id, text, answer: Promise.withResolvers<Position>() };
    this.#waiting.set(id, waiting);
    if (this.#hasJoined) this.#send(waiting);
    return waiting.answer.promise;
  }

  /** Cuts the connection; it comes back by itself. */
  cut(): void {
    this.#socket?.close();
  }

  /** Goes for good. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#life.abort();
    this.#socket?.close();
    await this.#ended;
  }

  async #stay(): Promise<void> {
    const { signal } = this.#life;
    while (!signal.aborted) {
      this.returns += 1;
      const url = this.#urls[this.returns % this.#urls.length] ?? "";
      await this.#connect(url);
      // Refused at once, it must not run in circles.
      await systemClock.sleep(20, signal);
    }
  }

  #connect(url: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const socket = this.#socket = new WebSocket(url, "chat.v1.json");
    this.#hasJoined = false;
    socket.onopen = () => {
      const since = this.#last && `${this.#last.epoch}:${this.#last.seq}`;
      const hello = { type: "hello", name: this.#name, resume: this.#resume };
      const join = { type: "join", room: this.#room, since };
      socket.send(`${JSON.stringify(hello)}\n${JSON.stringify(join)}`);
    };
    socket.onmessage = ({ data }) => {
      for (const line of String(data).split("\n")) this.#take(JSON.parse(line));
    };
    socket.onerror = () => {};
    socket.onclose = () => resolve();
    return promise;
  }

  #take(frame: Record<string, string>): void {
    const position = parsePosition(frame.position ?? "");
    switch (frame.type) {
      case "hello":
      case "token":
        this.#resume = frame.resume ?? this.#resume;
        return;
      case "joined":
        return position && this.#arrive(frame, position);
      case "ack":
        return position && this.#acknowledge(frame.id ?? "", position);
      case "fault":
        // Cut off before it was given a token, it is a stranger to its own name for a while.
        if (frame.code === "name_taken") return this.cut();
        return this.#again(frame.id ?? "");
      case "ping":
        return this.#socket?.send('{"type":"pong"}');
      case "lost":
        this.#last = parsePosition(frame.until ?? "");
        if (this.#last) this.told.push({ kind: "lost", why: frame.reason ?? "", upTo: this.#last });
        return;
      case "said":
        if (position) this.#hear({ position, id: frame.id ?? "", text: frame.text ?? "" });
    }
  }

  #arrive(frame: Record<string, unknown>, position: Position): void {
    if (frame.recovered === false) {
      this.told.push({ kind: "lost", why: String(frame.reason), upTo: position });
    }
    this.#last = position;
    this.joins += 1;
    this.#hasJoined = true;
    this.#joined.resolve();
    for (const waiting of this.#waiting.values()) this.#send(waiting);
  }

  #hear(entry: { readonly position: Position; readonly id: string; readonly text: string }): void {
    this.#last = entry.position;
    this.told.push({ kind: "entry", ...entry });
  }

  #acknowledge(id: string, position: Position): void {
    this.acknowledged.set(id, position);
    this.#waiting.get(id)?.answer.resolve(position);
    this.#waiting.delete(id);
  }

  /** Not done, or nobody knows: it is asked for again in a while. */
  #again(id: string): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    systemClock.sleep(50, this.#life.signal).then(() =>
      this.#waiting.has(id) && this.#send(waiting)
    );
  }

  #send({ id, text }: Waiting): void {
    const socket = this.#socket;
    if (!this.#hasJoined || socket?.readyState !== WebSocket.OPEN) return;
    socket.send(JSON.stringify({ type: "say", id, room: this.#room, text }));
  }
}
