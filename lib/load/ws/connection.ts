/**
 * A WebSocket connection of the load generator. It reads until paused, answers pings and close frames by itself, and
 * queues what it sends. Messages are passed on as bytes in a reused buffer: do not keep them after the call.
 * @module
 */
import { clientFrame, FrameReader, OPCODE } from "./frames.ts";
import { closeQuietly, type OpenedConnection, writeAll } from "./handshake.ts";

/** Is notified of a connection's events. */
export interface ConnectionListener {
  /** Called with a message in `bytes`, from `from` to before `to`; valid only during the call. */
  onMessage(bytes: Uint8Array, from: number, to: number): void;
  /**
   * Called once when it has ended.
   *
   * @param code The server's close code; 1005 if it sent none, 1006 without a close frame.
   */
  onEnded(code: number): void;
}

const NO_STATUS = 1005;
const ABNORMAL = 1006;
const PROTOCOL_ERROR = 1002;
const MASK = crypto.getRandomValues(new Uint8Array(4));
const encoder = new TextEncoder();

/** A connection after its handshake. */
export class LoadConnection {
  readonly #connection: Deno.Conn;
  readonly #listener: ConnectionListener;
  readonly #reader: FrameReader;
  readonly #beforeNextRead: (() => Promise<void>) | undefined;
  #queued: Uint8Array[] = [];
  #isWriting = false;
  #isPaused = false;
  #isOpen = true;
  #hasSentClose = false;
  #code = ABNORMAL;

  /** Does not read before {@linkcode run}. @param beforeNextRead Awaited after each read. */
  constructor(
    { connection }: OpenedConnection,
    listener: ConnectionListener,
    beforeNextRead?: () => Promise<void>,
  ) {
    this.#beforeNextRead = beforeNextRead;
    this.#connection = connection;
    this.#listener = listener;
    this.#reader = new FrameReader({
      onMessage: (bytes, from, to) => listener.onMessage(bytes, from, to),
      onControl: (opcode, payload) => this.#onControl(opcode, payload),
    });
  }

  /** Whether it is open, as far as known: a paused connection does not notice its end. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Reads until it ends or is paused. Never rejects. @param leftover Bytes that the handshake has already read. */
  async run(leftover: Uint8Array): Promise<void> {
    try {
      if (this.#readLeftover(leftover)) await this.#read();
    } catch (error) {
      // These two are protocol errors, thrown by the frame reader; any other error means that the connection is lost.
      if (error instanceof TypeError || error instanceof RangeError) this.#code = PROTOCOL_ERROR;
    }
    if (!this.#isPaused) this.#end();
  }

  /** Stops reading permanently; a read in progress still completes. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Queues a text message. */
  send(text: string): void {
    this.#write(clientFrame(OPCODE.text, encoder.encode(text), MASK));
  }

  /** Sends a close frame; the connection ends when the server has answered. */
  close(): void {
    this.#sendClose(new Uint8Array([0x03, 0xe8]));
  }

  /** Ends the connection without waiting for the server. */
  abort(): void {
    this.#end();
  }

  /** Handles frames that came in the same packet as the handshake response. Returns whether to read on. */
  #readLeftover(leftover: Uint8Array): boolean {
    for (let at = 0; at < leftover.length;) {
      const { space } = this.#reader;
      const part = leftover.subarray(at, at + space.length);
      space.set(part);
      this.#reader.commit(part.length);
      at += part.length;
    }
    return this.#isOpen;
  }

  async #read(): Promise<void> {
    while (this.#isOpen && !this.#isPaused) {
      const count = await this.#connection.read(this.#reader.space);
      if (count === null) return;
      this.#reader.commit(count);
      if (this.#beforeNextRead) await this.#beforeNextRead();
    }
  }

  #onControl(opcode: number, payload: Uint8Array): void {
    if (opcode === OPCODE.ping) this.#write(clientFrame(OPCODE.pong, payload, MASK));
    if (opcode !== OPCODE.close) return;
    const [high, low] = payload;
    this.#code = high === undefined || low === undefined ? NO_STATUS : high * 256 + low;
    this.#sendClose(payload.subarray(0, 2));
  }

  /** Sends one close frame at most, as initiator or as answer (RFC 6455 §5.5.1). */
  #sendClose(payload: Uint8Array): void {
    if (!this.#hasSentClose) this.#write(clientFrame(OPCODE.close, payload, MASK));
    this.#hasSentClose = true;
  }

  #write(bytes: Uint8Array): void {
    if (!this.#isOpen) return;
    this.#queued.push(bytes);
    if (!this.#isWriting) this.#flush();
  }

  async #flush(): Promise<void> {
    this.#isWriting = true;
    // Combine all messages of the same turn into one write.
    await undefined;
    try {
      while (this.#queued.length > 0 && this.#isOpen) {
        await writeAll(this.#connection, concatenated(this.#queued.splice(0)));
      }
    } catch {
      // The connection is lost: the reader reports the code, and a paused connection must not notice.
      this.#queued = [];
    }
    this.#isWriting = false;
  }

  #end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeQuietly(this.#connection);
    this.#listener.onEnded(this.#code);
  }
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
