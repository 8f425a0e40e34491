/**
 * One connection of the load generator's: reads as long as it is let, answers pings and closes by itself, and sends without
 * anybody waiting for it. What it hears it hands on as bytes; the same buffer is read into again.
 * @module
 */
import { clientFrame, FrameReader, OPCODE } from "./frames.ts";
import { close, type Opened, writeAll } from "./target.ts";

/** Who is told what a link hears. */
export interface Ear {
  /** A message is in `bytes`, from `from` to before `to`; it is good only during the call. */
  message(bytes: Uint8Array, from: number, to: number): void;
  /** It has ended; told once. @param code The other side's close code; 1005 where it gave none, 1006 where it just went. */
  ended(code: number): void;
}

const NO_STATUS = 1005;
const ABNORMAL = 1006;
const PROTOCOL_ERROR = 1002;
const MASK = crypto.getRandomValues(new Uint8Array(4));
const encoder = new TextEncoder();

/** A connection after its handshake. */
export class Link {
  readonly #connection: Deno.Conn;
  readonly #ear: Ear;
  readonly #reader: FrameReader;
  readonly #rest: (() => Promise<void>) | undefined;
  #waiting: Uint8Array[] = [];
  #isWriting = false;
  #isPaused = false;
  #isOpen = true;
  #hasSaidGoodbye = false;
  #code = ABNORMAL;

  /** Reads nothing yet. @param rest Waited for after each read. */
  constructor({ connection }: Opened, ear: Ear, rest?: () => Promise<void>) {
    this.#rest = rest;
    this.#connection = connection;
    this.#ear = ear;
    this.#reader = new FrameReader({
      message: (bytes, from, to) => ear.message(bytes, from, to),
      control: (opcode, payload) => this.#control(opcode, payload),
    });
  }

  /** Whether it has not ended, as far as is known: one that is paused does not notice. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Reads until it ends or is paused. Never rejects. @param rest What has been read already. */
  async run(rest: Uint8Array): Promise<void> {
    try {
      if (this.#takeRest(rest)) await this.#read();
    } catch (error) {
      // What breaks the protocol is ours to tell; all else that can happen here is that the connection is gone.
      if (error instanceof TypeError || error instanceof RangeError) this.#code = PROTOCOL_ERROR;
    }
    if (!this.#isPaused) this.#end();
  }

  /** Reads nothing more, for good, but for what is being read at this moment. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Sends a text, behind what waits to be sent. */
  send(text: string): void {
    this.#write(clientFrame(OPCODE.text, encoder.encode(text), MASK));
  }

  /** Begins to say goodbye; it ends when the other side has answered. */
  leave(): void {
    this.#sayGoodbye(new Uint8Array([0x03, 0xe8]));
  }

  /** Ends it, whatever the other side does. */
  cut(): void {
    this.#end();
  }

  /** A server may speak in the same packet as it shakes hands. Says whether to read on. */
  #takeRest(rest: Uint8Array): boolean {
    for (let at = 0; at < rest.length;) {
      const { space } = this.#reader;
      const part = rest.subarray(at, at + space.length);
      space.set(part);
      this.#reader.take(part.length);
      at += part.length;
    }
    return this.#isOpen;
  }

  async #read(): Promise<void> {
    while (this.#isOpen && !this.#isPaused) {
      const count = await this.#connection.read(this.#reader.space);
      if (count === null) return;
      this.#reader.take(count);
      if (this.#rest) await this.#rest();
    }
  }

  #control(opcode: number, payload: Uint8Array): void {
    if (opcode === OPCODE.ping) this.#write(clientFrame(OPCODE.pong, payload, MASK));
    if (opcode !== OPCODE.close) return;
    const [high, low] = payload;
    this.#code = high === undefined || low === undefined ? NO_STATUS : high * 256 + low;
    this.#sayGoodbye(payload.subarray(0, 2));
  }

  /** Once only, whoever begins (RFC 6455 §5.5.1). */
  #sayGoodbye(payload: Uint8Array): void {
    if (!this.#hasSaidGoodbye) this.#write(clientFrame(OPCODE.close, payload, MASK));
    this.#hasSaidGoodbye = true;
  }

  #write(bytes: Uint8Array): void {
    if (!this.#isOpen) return;
    this.#waiting.push(bytes);
    if (!this.#isWriting) this.#flush();
  }

  async #flush(): Promise<void> {
    this.#isWriting = true;
    // What is said in the same turn goes out in one write.
    await undefined;
    try {
      while (this.#waiting.length > 0 && this.#isOpen) {
        await writeAll(this.#connection, concatenated(this.#waiting.splice(0)));
      }
    } catch {
      // Gone: reading tells with which code, and one that is paused is not to notice.
      this.#waiting = [];
    }
    this.#isWriting = false;
  }

  #end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    close(this.#connection);
    this.#ear.ended(this.#code);
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
