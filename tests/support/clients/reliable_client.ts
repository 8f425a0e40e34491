/**
 * A client of `chat.v1.json` that loses nothing, as docs/reference/protocol.md describes: it reconnects after every
 * disconnection with the last position, and resends what was not acknowledged under the same id. It records all it receives.
 * @module
 */
import { systemClock } from "../../../lib/chat/ports/clock.ts";
import { parsePosition, type Position } from "../../../lib/core/log/position.ts";

/** What the client received, in order: an entry of the log, or the report of a loss. */
export type ReceivedItem =
  | {
    readonly kind: "entry";
    readonly position: Position;
    readonly id: string;
    readonly text: string;
  }
  | { readonly kind: "lost"; readonly why: string; readonly upTo: Position };

/** A text waits here until it is acknowledged. */
interface PendingText {
  readonly id: string;
  readonly text: string;
  readonly answer: PromiseWithResolvers<Position>;
}

/** One user in one room. */
export class ReliableClient implements AsyncDisposable {
  /** Everything received. */
  readonly received: ReceivedItem[] = [];
  /** The position at which each of its own texts was acknowledged, by its id. */
  readonly acknowledged = new Map<string, Position>();
  /** The number of reconnections. */
  reconnects = -1;
  /** The number of joins, including the first. */
  joins = 0;
  readonly #urls: readonly string[];
  readonly #room: string;
  readonly #name: string;
  readonly #pending = new Map<string, PendingText>();
  readonly #life = new AbortController();
  #socket: WebSocket | undefined;
  #resume: string | undefined;
  #last: Position | undefined;
  #hasJoined = false;
  #joined = Promise.withResolvers<void>();
  #ended = Promise.resolve();

  /** Connects immediately. @param urls Of the instances; it moves to the next one whenever it is disconnected. */
  constructor(urls: readonly string[], room: string, name: string) {
    this.#urls = urls;
    this.#room = room;
    this.#name = name;
    this.#ended = this.#keepConnected();
  }

  /** Resolves when it has joined for the first time. */
  get joined(): Promise<void> {
    return this.#joined.promise;
  }

  /** The position that it received last. */
  get last(): Position | undefined {
    return this.#last;
  }

  /** Sends a text; resolves when it is acknowledged, after any number of attempts. */
  say(text: string): Promise<Position> {
    const id = crypto.randomUUID();
    const waiting = { id, text, answer: Promise.withResolvers<Position>() };
    this.#pending.set(id, waiting);
    if (this.#hasJoined) this.#send(waiting);
    return waiting.answer.promise;
  }

  /** Cuts the connection; the client reconnects by itself. */
  disconnect(): void {
    this.#socket?.close();
  }

  /** Disconnects for good. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#life.abort();
    this.#socket?.close();
    await this.#ended;
  }

  async #keepConnected(): Promise<void> {
    const { signal } = this.#life;
    while (!signal.aborted) {
      this.reconnects += 1;
      const url = this.#urls[this.reconnects % this.#urls.length] ?? "";
      await this.#connect(url);
      // If it is refused immediately, it must not loop without a pause.
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
      for (const line of String(data).split("\n")) this.#onFrame(JSON.parse(line));
    };
    socket.onerror = () => {};
    socket.onclose = () => resolve();
    return promise;
  }

  #onFrame(frame: Record<string, string>): void {
    const position = parsePosition(frame.position ?? "");
    switch (frame.type) {
      case "hello":
      case "token":
        this.#resume = frame.resume ?? this.#resume;
        return;
      case "joined":
        return position && this.#onJoined(frame, position);
      case "ack":
        return position && this.#onAck(frame.id ?? "", position);
      case "fault":
        // Disconnected before it received a token, it is not recognized as the user of its own name for a while.
        if (frame.code === "name_taken") return this.disconnect();
        return this.#retryLater(frame.id ?? "");
      case "ping":
        return this.#socket?.send('{"type":"pong"}');
      case "lost":
        this.#last = parsePosition(frame.until ?? "");
        if (this.#last) {
          this.received.push({ kind: "lost", why: frame.reason ?? "", upTo: this.#last });
        }
        return;
      case "said":
        if (position) this.#onSaid({ position, id: frame.id ?? "", text: frame.text ?? "" });
    }
  }

  #onJoined(frame: Record<string, unknown>, position: Position): void {
    if (frame.recovered === false) {
      this.received.push({ kind: "lost", why: String(frame.reason), upTo: position });
    }
    this.#last = position;
    this.joins += 1;
    this.#hasJoined = true;
    this.#joined.resolve();
    for (const waiting of this.#pending.values()) this.#send(waiting);
  }

  #onSaid(
    entry: { readonly position: Position; readonly id: string; readonly text: string },
  ): void {
    this.#last = entry.position;
    this.received.push({ kind: "entry", ...entry });
  }

  #onAck(id: string, position: Position): void {
    this.acknowledged.set(id, position);
    this.#pending.get(id)?.answer.resolve(position);
    this.#pending.delete(id);
  }

  /** Not applied, or unknown: it is sent again after a while. */
  #retryLater(id: string): void {
    const waiting = this.#pending.get(id);
    if (waiting === undefined) return;
    systemClock.sleep(50, this.#life.signal).then(() =>
      this.#pending.has(id) && this.#send(waiting)
    );
  }

  #send({ id, text }: PendingText): void {
    const socket = this.#socket;
    if (!this.#hasJoined || socket?.readyState !== WebSocket.OPEN) return;
    socket.send(JSON.stringify({ type: "say", id, room: this.#room, text }));
  }
}
