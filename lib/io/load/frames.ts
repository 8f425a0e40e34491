/**
 * The client's side of RFC 6455's frames, on bytes: what is sent is masked, what comes is found in the buffer that it was
 * read into and handed on without a copy. Cheap where it is used a hundred thousand times a second, and no more than the
 * load generator needs: what a server may not send ends the connection.
 * @module
 */

/** The opcodes (RFC 6455 §5.2). */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Who is told what comes. The bytes are good only during the call. */
export interface FrameSink {
  /** A whole message is in `bytes`, from `from` to before `to`. */
  message(bytes: Uint8Array, from: number, to: number): void;
  /** A ping, pong or close, with its payload. */
  control(opcode: number, payload: Uint8Array): void;
}

/** A longer message is taken for an error of the server's. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
const LARGEST_IDLE_BUFFER = 64 * 1024;

/** One frame as a client must send it: whole, and masked. @param mask Four bytes (§5.3). */
export function clientFrame(
  opcode: number,
  payload: Uint8Array,
  mask: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const { length } = payload;
  const head = length < 126 ? 6 : length < 65_536 ? 8 : 14;
  const frame = new Uint8Array(head + length);
  const view = new DataView(frame.buffer);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (head === 8) view.setUint16(2, length);
  if (head === 14) view.setBigUint64(2, BigInt(length));
  frame.set(mask, head - 4);
  for (let i = 0; i < length; i++) frame[head + i] = (payload[i] ?? 0) ^ (mask[i & 3] ?? 0);
  return frame;
}

/** Finds frames in what is read. It owns the buffer to read into, which grows as far as reads fill it. */
export class FrameReader {
  readonly #sink: FrameSink;
  #buffer = new Uint8Array(2048);
  #held = 0;
  // A message that comes in fragments, so far.
  #fragments: Uint8Array | undefined;

  /** Holds nothing. */
  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Where the next bytes are to be read into; never empty. */
  get space(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(this.#held);
  }

  /** Takes so many bytes that were read into {@linkcode space}. Throws where the server breaks the protocol. */
  take(count: number): void {
    const end = this.#held + count;
    const isFull = end === this.#buffer.length;
    let at = 0;
    for (let next = this.#frame(at, end); next > at; next = this.#frame(at, end)) at = next;
    if (at > 0) this.#buffer.copyWithin(0, at, end);
    this.#held = end - at;
    if (isFull) this.#grow();
  }

  /** Hands on the frame that begins at `at`, if it is there whole: where the next one begins, or `at` where it is not. */
  #frame(at: number, end: number): number {
    if (end - at < 2) return at;
    const buffer = this.#buffer;
    const first = buffer[at] ?? 0;
    const short = buffer[at + 1] ?? 0;
    if ((first & 0x70) !== 0) throw new TypeError("Cannot read frame: a reserved bit is set");
    if (short > 127) throw new TypeError("Cannot read frame: a server may not mask");
    const from = at + (short < 126 ? 2 : short === 126 ? 4 : 10);
    if (end < from) return at;
    const length = short < 126 ? short : this.#longLength(at, short);
    if (end < from + length) return at;
    this.#hand(first, from, from + length);
    return from + length;
  }

  #longLength(at: number, short: number): number {
    const view = new DataView(this.#buffer.buffer, at + 2);
    const length = short === 126 ? view.getUint16(0) : Number(view.getBigUint64(0));
    if (length > MAX_MESSAGE_BYTES) {
      throw new RangeError(`Cannot read frame: it is too long: received ${length} bytes`);
    }
    return length;
  }

  #hand(first: number, from: number, to: number): void {
    const opcode = first & 0x0f;
    const isLast = first >= 0x80;
    if (opcode >= OPCODE.close) return this.#sink.control(opcode, this.#buffer.subarray(from, to));
    if ((opcode === OPCODE.continuation) !== (this.#fragments !== undefined)) {
      throw new TypeError("Cannot read frame: fragments are out of place");
    }
    if (isLast && this.#fragments === undefined) return this.#sink.message(this.#buffer, from, to);
    this.#fragments = joined(this.#fragments, this.#buffer.subarray(from, to));
    if (!isLast) return;
    const whole = this.#fragments;
    this.#fragments = undefined;
    this.#sink.message(whole, 0, whole.length);
  }

  /** A read that filled the buffer would have brought more; a frame that fills it needs more. */
  #grow(): void {
    const { length } = this.#buffer;
    if (length >= LARGEST_IDLE_BUFFER && this.#held < length) return;
    const buffer = new Uint8Array(length * 2);
    buffer.set(this.#buffer.subarray(0, this.#held));
    this.#buffer = buffer;
  }
}

function joined(before: Uint8Array | undefined, after: Uint8Array): Uint8Array {
  const held = before?.length ?? 0;
  if (held + after.length > MAX_MESSAGE_BYTES) {
    throw new RangeError("Cannot read message: its fragments are too long together");
  }
  const all = new Uint8Array(held + after.length);
  if (before) all.set(before);
  all.set(after, held);
  return all;
}
