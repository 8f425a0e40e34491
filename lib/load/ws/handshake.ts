/**
 * Opens connections to a server, with an error message for the user for each way in which that can fail. Key and mask are
 * generated once per run: masking protects intermediaries from hostile scripts (RFC 6455 §10.3), which do not occur in a
 * load test, and generating a mask for each message would cost more than sending it.
 * @module
 */

/** A connection could not be opened; the message is one line for the user. */
export class ConnectFailed extends Error {
  /** For log records; check with `instanceof`. */
  override readonly name = "ConnectFailed";
}

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** Timeout of a handshake. */
const HANDSHAKE_MS = 30_000;
const MAX_HEAD_BYTES = 16 * 1024;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A connection just after its handshake, and the bytes read with the response. */
export interface OpenedConnection {
  /** The connection; of the bytes after the response's head, only `leftover` has been read. */
  readonly connection: Deno.Conn;
  /** Bytes read after the head: the first frames, or parts of them. */
  readonly leftover: Uint8Array;
}

/** Opens connections to one URL, all with the same request. */
export class HandshakeTarget {
  readonly #hostname: string;
  readonly #port: number;
  readonly #isTls: boolean;
  readonly #request: Uint8Array;
  readonly #accept: string;
  readonly #subprotocol: string | undefined;

  private constructor(
    url: URL,
    request: Uint8Array,
    accept: string,
    subprotocol: string | undefined,
  ) {
    this.#hostname = url.hostname.replace(/^\[(.*)\]$/, "$1");
    this.#isTls = url.protocol === "wss:";
    this.#port = Number(url.port || (this.#isTls ? 443 : 80));
    this.#request = request;
    this.#accept = accept;
    this.#subprotocol = subprotocol;
  }

  /** Prepares the request. @param url `ws:` or `wss:` */
  static async prepare(url: string, subprotocol: string | undefined): Promise<HandshakeTarget> {
    const parsed = new URL(url);
    if (!/^wss?:$/.test(parsed.protocol)) {
      throw new RangeError(`Cannot make load: the address must begin with ws:// or wss://: ${url}`);
    }
    const key = crypto.getRandomValues(new Uint8Array(16)).toBase64();
    const digest = await crypto.subtle.digest("SHA-1", encoder.encode(key + GUID));
    const request = handshakeRequest(parsed, key, subprotocol);
    const accept = new Uint8Array(digest).toBase64();
    return new HandshakeTarget(parsed, encoder.encode(request), accept, subprotocol);
  }

  /** Connects and performs the handshake. Rejects with {@linkcode ConnectFailed}. */
  async open(): Promise<OpenedConnection> {
    const connection = await this.#connect();
    const timer = setTimeout(() => closeQuietly(connection), HANDSHAKE_MS);
    try {
      await writeAll(connection, this.#request);
      return { connection, leftover: await this.#readResponse(connection) };
    } catch (error) {
      closeQuietly(connection);
      if (error instanceof ConnectFailed) throw error;
      throw new ConnectFailed(`The handshake was cut off: ${messageOf(error)}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  async #connect(): Promise<Deno.Conn> {
    const options = { hostname: this.#hostname, port: this.#port };
    try {
      if (this.#isTls) return await Deno.connectTls(options);
      const connection = await Deno.connect(options);
      connection.setNoDelay();
      return connection;
    } catch (error) {
      throw new ConnectFailed(connectFailure(error, `${this.#hostname}:${this.#port}`), {
        cause: error,
      });
    }
  }

  async #readResponse(connection: Deno.Conn): Promise<Uint8Array> {
    const buffer = new Uint8Array(MAX_HEAD_BYTES);
    for (let held = 0; held < buffer.length;) {
      const count = await connection.read(buffer.subarray(held));
      if (count === null) {
        throw new ConnectFailed("The server closed the connection during the handshake");
      }
      held += count;
      const text = decoder.decode(buffer.subarray(0, held));
      const end = text.indexOf("\r\n\r\n");
      if (end < 0) continue;
      this.#checkResponse(text.slice(0, end), text.slice(end + 4));
      // The head is ASCII, so its length in characters is its length in bytes.
      return buffer.slice(end + 4, held);
    }
    throw new ConnectFailed(`The response to the handshake is longer than ${MAX_HEAD_BYTES} bytes`);
  }

  #checkResponse(head: string, body: string): void {
    const status = /^HTTP\/1\.1 (\d{3})/.exec(head)?.[1];
    if (status === undefined) throw new ConnectFailed("The server does not speak HTTP");
    if (status !== "101") {
      const why = /^content-type: text\/html/im.test(head) ? "" : body.trim().split("\n")[0];
      throw new ConnectFailed(`The handshake was refused: ${`${status} ${why}`.trim()}`);
    }
    const accept = /^sec-websocket-accept: *(\S+)/im.exec(head)?.[1];
    if (accept !== this.#accept) {
      throw new ConnectFailed(
        "The response to the handshake is invalid: Sec-WebSocket-Accept does not match",
      );
    }
    const chosen = /^sec-websocket-protocol: *(\S+)/im.exec(head)?.[1];
    if (chosen !== this.#subprotocol) {
      const wanted = this.#subprotocol ?? "without a subprotocol";
      throw new ConnectFailed(
        `The server speaks ${chosen ?? "no subprotocol"}, not ${wanted}`,
      );
    }
  }
}

function handshakeRequest(url: URL, key: string, subprotocol: string | undefined): string {
  return [
    `GET ${url.pathname}${url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${key}`,
    ...(subprotocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${subprotocol}`]),
    "",
    "",
  ].join("\r\n");
}

function connectFailure(error: unknown, where: string): string {
  const message = messageOf(error);
  if (error instanceof Deno.errors.ConnectionRefused) return `Nothing listens on ${where}`;
  // EMFILE, for which the runtime has no class.
  if (message.includes("os error 24")) {
    return "Too many open files in this process: raise the limit (ulimit -n)";
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return `No free port is left to connect to ${where} from: one source address has some 28,000 ` +
      "(net.ipv4.ip_local_port_range), and closed ones count for another minute";
  }
  return `Cannot connect to ${where}: ${message}`;
}

/** Writes all bytes. */
export async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** Closes a connection that may already be closed. */
export function closeQuietly(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // The runtime has closed it itself after an error.
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
