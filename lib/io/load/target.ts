/**
 * Where a load goes: the address, the connection to it and the handshake, with every way in which it can fail put into
 * words for whoever started the load. Key and mask are drawn once for a run: a server that is under test is no stranger
 * to be protected from (RFC 6455 §10.3), and drawing them anew for each message would cost more than sending it.
 * @module
 */

/** Why somebody could not be connected, in one line. */
export class ConnectFailed extends Error {
  /** As of every error. */
  override readonly name = "ConnectFailed";
}

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** A server that has not answered by then is not waited for. */
const HANDSHAKE_MS = 30_000;
const MAX_HEAD_BYTES = 16 * 1024;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A connection just after its handshake, and what came along with the answer. */
export interface Opened {
  /** Nothing after the answer's head was taken from it but the rest. */
  readonly connection: Deno.Conn;
  /** What came behind the head: the first frames, or some bytes of them. */
  readonly rest: Uint8Array;
}

/** Where connections are opened, all in the same way. */
export class Target {
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

  /** Makes the handshake ready. @param url `ws:` or `wss:` */
  static async at(url: string, subprotocol: string | undefined): Promise<Target> {
    const parsed = new URL(url);
    if (!/^wss?:$/.test(parsed.protocol)) {
      throw new RangeError(`Cannot make load: the address must begin with ws:// or wss://: ${url}`);
    }
    const key = crypto.getRandomValues(new Uint8Array(16)).toBase64();
    const digest = await crypto.subtle.digest("SHA-1", encoder.encode(key + GUID));
    const request = handshake(parsed, key, subprotocol);
    const accept = new Uint8Array(digest).toBase64();
    return new Target(parsed, encoder.encode(request), accept, subprotocol);
  }

  /** Connects and shakes hands. Rejects with {@linkcode ConnectFailed}. */
  async open(): Promise<Opened> {
    const connection = await this.#connect();
    const timer = setTimeout(() => close(connection), HANDSHAKE_MS);
    try {
      await writeAll(connection, this.#request);
      return { connection, rest: await this.#readAnswer(connection) };
    } catch (error) {
      close(connection);
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
      throw new ConnectFailed(whyNot(error, `${this.#hostname}:${this.#port}`), { cause: error });
    }
  }

  async #readAnswer(connection: Deno.Conn): Promise<Uint8Array> {
    const buffer = new Uint8Array(MAX_HEAD_BYTES);
    for (let held = 0; held < buffer.length;) {
      const count = await connection.read(buffer.subarray(held));
      if (count === null) {
        throw new ConnectFailed("The server closed in the midst of the handshake");
      }
      held += count;
      const text = decoder.decode(buffer.subarray(0, held));
      const end = text.indexOf("\r\n\r\n");
      if (end < 0) continue;
      this.#check(text.slice(0, end), text.slice(end + 4));
      // The head is ASCII, so that its length in characters is its length in bytes.
      return buffer.slice(end + 4, held);
    }
    throw new ConnectFailed(`The answer to the handshake is longer than ${MAX_HEAD_BYTES} bytes`);
  }

  #check(head: string, body: string): void {
    const status = /^HTTP\/1\.1 (\d{3})/.exec(head)?.[1];
    if (status === undefined) throw new ConnectFailed("What answers there does not speak HTTP");
    if (status !== "101") {
      const why = /^content-type: text\/html/im.test(head) ? "" : body.trim().split("\n")[0];
      throw new ConnectFailed(`The handshake was refused: ${`${status} ${why}`.trim()}`);
    }
    const accept = /^sec-websocket-accept: *(\S+)/im.exec(head)?.[1];
    if (accept !== this.#accept) {
      throw new ConnectFailed(
        "The handshake was answered wrongly: Sec-WebSocket-Accept does not fit",
      );
    }
    const chosen = /^sec-websocket-protocol: *(\S+)/im.exec(head)?.[1];
    if (chosen !== this.#subprotocol) {
      const wanted = this.#subprotocol ?? "without a subprotocol";
      throw new ConnectFailed(
        `The server speaks ${chosen ?? "no subprotocol"} there, not ${wanted}`,
      );
    }
  }
}

function handshake(url: URL, key: string, subprotocol: string | undefined): string {
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

function whyNot(error: unknown, where: string): string {
  const message = messageOf(error);
  if (error instanceof Deno.errors.ConnectionRefused) return `Nobody listens on ${where}`;
  // EMFILE, for which the runtime has no class.
  if (message.includes("os error 24")) {
    return "No more files may be open in this process: raise the limit (ulimit -n)";
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return `No free port is left to connect to ${where} from: one source address has some 28,000 ` +
      "(net.ipv4.ip_local_port_range), and closed ones count for a minute more";
  }
  return `Cannot connect to ${where}: ${message}`;
}

/** Writes all of it. */
export async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** Closes what may be closed already. */
export function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // The runtime has closed it itself after an error.
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
