/**
 * A WebSocket spoken by hand over TCP, for what no decent client does: odd handshakes, fragments, falling silent, going
 * without a word.
 * @module
 */

/** A key and the accept header that answers it (from the write-ups that the service began with). */
export const KNOWN_KEYS = [
  ["lkUx3lTpjFwO5OI7xY3+1Q==", "2T9o4TGeL7V6QJ/PnOsqmx4nEBk="],
  ["lGrvj+i7B76RB3YYbScQ9g==", "nImJE2gpj1XLtrOb+5cBMJn7bNQ="],
  ["D0QLjvO4fnHcXaE0/gqn6A==", "OedKikXLqz4gzGARLjmhZzRcNjk="],
] as const;

/** A header's value, or undefined to leave it out. */
export type Headers = Readonly<Record<string, string | undefined>>;

/** What came back: status, headers in small letters, body or what else followed. */
export interface RawResponse {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** One frame, unmasked (RFC 6455 §5.2). */
export interface Frame {
  readonly fin: boolean;
  readonly opcode: number;
  readonly payload: Uint8Array;
}

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The text of a handshake; `headers` replace or, where undefined, leave out the right ones. */
export function handshake(
  port: number,
  path: string,
  headers: Headers = {},
  method = "GET",
): string {
  const all: Headers = {
    Host: `127.0.0.1:${port}`,
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": KNOWN_KEYS[0][0],
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : `${name}: ${value}`
  );
  return [`${method} ${path} HTTP/1.1`, ...lines, "", ""].join("\r\n");
}

/** Sends a request as it is and reads the answer, whole where it has a length. */
export async function request(port: number, text: string): Promise<RawResponse> {
  using peer = await RawPeer.connect(port);
  await peer.write(encoder.encode(text));
  return await peer.response();
}

/** A TCP connection that speaks WebSocket by hand. */
export class RawPeer implements Disposable {
  readonly #connection: Deno.TcpConn;
  #held: Uint8Array = new Uint8Array();

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  static async connect(port: number): Promise<RawPeer> {
    return new RawPeer(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  /** Connects and shakes hands; throws where it is refused. */
  static async open(port: number, path: string, headers: Headers = {}): Promise<RawPeer> {
    const peer = await RawPeer.connect(port);
    await peer.write(encoder.encode(handshake(port, path, headers)));
    const { status, body } = await peer.response();
    if (status !== 101) throw new Error(`Cannot open ${path}: ${status} ${body}`);
    return peer;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#connection.write(bytes.subarray(at));
  }

  /** Sends one masked frame. */
  async send(opcode: number, payload: string | Uint8Array, fin = true): Promise<void> {
    await this.write(
      encodeFrame(opcode, typeof payload === "string" ? encoder.encode(payload) : payload, fin),
    );
  }

  /** The next frame; undefined where the connection ended first. */
  async next(): Promise<Frame | undefined> {
    const head = await this.#take(2);
    if (head === undefined) return undefined;
    const [first = 0, second = 0] = head;
    const extra = await this.#take(second === 126 ? 2 : second === 127 ? 8 : 0);
    const length = second < 126 ? second : extra?.reduce((n, byte) => n * 256 + byte, 0) ?? 0;
    const payload = await this.#take(length);
    if (payload === undefined) return undefined;
    return { fin: (first & 0x80) !== 0, opcode: first & 0x0f, payload };
  }

  /** The text of the next frame. */
  async nextText(): Promise<string | undefined> {
    const frame = await this.next();
    return frame && decoder.decode(frame.payload);
  }

  async response(): Promise<RawResponse> {
    let head = "";
    while (!head.endsWith("\r\n\r\n")) {
      const byte = await this.#take(1);
      if (byte === undefined) throw new Error(`Ended in the midst of a response: ${head}`);
      head += decoder.decode(byte);
    }
    const [first = "", ...lines] = head.trimEnd().split("\r\n");
    const headers = new Map(lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }));
    const body = await this.#take(Number(headers.get("content-length") ?? 0));
    return { status: Number(first.split(" ")[1]), headers, body: decoder.decode(body) };
  }

  /** Goes without a word: the socket is closed, unread bytes and all. */
  [Symbol.dispose](): void {
    try {
      this.#connection.close();
    } catch {
      // Gone already.
    }
  }

  async #take(count: number): Promise<Uint8Array | undefined> {
    const buffer = new Uint8Array(65_536);
    while (this.#held.length < count) {
      // A peer that was reset has ended just like one that was closed.
      const length = await this.#connection.read(buffer).catch(() => null);
      if (length === null) return undefined;
      const joined = new Uint8Array(this.#held.length + length);
      joined.set(this.#held);
      joined.set(buffer.subarray(0, length), this.#held.length);
      this.#held = joined;
    }
    const taken = this.#held.slice(0, count);
    this.#held = this.#held.slice(count);
    return taken;
  }
}

/** One frame as a client sends it; the mask is all zeros, which leaves the payload readable. */
export function encodeFrame(opcode: number, payload: Uint8Array, fin = true): Uint8Array {
  const { length } = payload;
  const size = length < 126
    ? [length]
    : length < 65_536
    ? [126, length >> 8, length & 0xff]
    : [127, 0, 0, 0, 0, ...[24, 16, 8, 0].map((shift) => (length >>> shift) & 0xff)];
  const [first = 0, ...rest] = size;
  const head = [(fin ? 0x80 : 0) | opcode, 0x80 | first, ...rest, 0, 0, 0, 0];
  const frame = new Uint8Array(head.length + length);
  frame.set(head);
  frame.set(payload, head.length);
  return frame;
}

/** The code of a close frame; 1005 where it has none. */
export function closeCode(frame: Frame | undefined): number | undefined {
  if (frame?.opcode !== OPCODE.close) return undefined;
  const [high, low] = frame.payload;
  return high === undefined || low === undefined ? 1005 : high * 256 + low;
}
