/**
 * A WebSocket client by hand over TCP, for what no correct client does: odd handshakes, fragments, silence, disconnecting
 * without a close frame.
 * @module
 */

/** A key and the accept header that answers it (from the write-ups that the service began with). */
export const KNOWN_KEYS = [
  ["lkUx3lTpjFwO5OI7xY3+1Q==", "2T9o4TGeL7V6QJ/PnOsqmx4nEBk="],
  ["lGrvj+i7B76RB3YYbScQ9g==", "nImJE2gpj1XLtrOb+5cBMJn7bNQ="],
  ["D0QLjvO4fnHcXaE0/gqn6A==", "OedKikXLqz4gzGARLjmhZzRcNjk="],
] as const;

/** A header's value, or undefined to omit it. */
export type Headers = Readonly<Record<string, string | undefined>>;

/** The response: status, headers in lower case, body or whatever else followed. */
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

/** The text of a handshake; `headers` replace the correct ones or, if undefined, remove them. */
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

/** Sends a request unchanged and reads the response, completely if it has a length. */
export async function sendRequest(port: number, text: string): Promise<RawResponse> {
  using peer = await RawSocket.connect(port);
  await peer.write(encoder.encode(text));
  return await peer.response();
}

/** A TCP connection that speaks WebSocket by hand. */
export class RawSocket implements Disposable {
  readonly #connection: Deno.TcpConn;
  #buffered: Uint8Array = new Uint8Array();

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  static async connect(port: number): Promise<RawSocket> {
    return new RawSocket(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  /** Connects and performs the handshake; throws if it is refused. */
  static async open(port: number, path: string, headers: Headers = {}): Promise<RawSocket> {
    const peer = await RawSocket.connect(port);
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

  /** The next frame; undefined if the connection ended first. */
  async next(): Promise<Frame | undefined> {
    const head = await this.#read(2);
    if (head === undefined) return undefined;
    const [first = 0, second = 0] = head;
    const extra = await this.#read(second === 126 ? 2 : second === 127 ? 8 : 0);
    const length = second < 126 ? second : extra?.reduce((n, byte) => n * 256 + byte, 0) ?? 0;
    const payload = await this.#read(length);
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
      const byte = await this.#read(1);
      if (byte === undefined) throw new Error(`Ended in the midst of a response: ${head}`);
      head += decoder.decode(byte);
    }
    const [first = "", ...lines] = head.trimEnd().split("\r\n");
    const headers = new Map(lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }));
    const body = await this.#read(Number(headers.get("content-length") ?? 0));
    return { status: Number(first.split(" ")[1]), headers, body: decoder.decode(body) };
  }

  /** Disconnects without a close frame: the socket is closed, including unread bytes. */
  [Symbol.dispose](): void {
    try {
      this.#connection.close();
    } catch {
      // Already closed.
    }
  }

  async #read(count: number): Promise<Uint8Array | undefined> {
    const buffer = new Uint8Array(65_536);
    while (this.#buffered.length < count) {
      // A reset peer has ended just like a closed one.
      const length = await this.#connection.read(buffer).catch(() => null);
      if (length === null) return undefined;
      const joined = new Uint8Array(this.#buffered.length + length);
      joined.set(this.#buffered);
      joined.set(buffer.subarray(0, length), this.#buffered.length);
      this.#buffered = joined;
    }
    const taken = this.#buffered.slice(0, count);
    this.#buffered = this.#buffered.slice(count);
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

/** The code of a close frame; 1005 if it has none. */
export function closeCode(frame: Frame | undefined): number | undefined {
  if (frame?.opcode !== OPCODE.close) return undefined;
  const [high, low] = frame.payload;
  return high === undefined || low === undefined ? 1005 : high * 256 + low;
}
