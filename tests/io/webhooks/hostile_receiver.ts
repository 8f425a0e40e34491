/**
 * A receiver that answers as the test wants, byte by byte if need be.
 * @module
 */

/** What a receiver does with a connection. It may leave it open. */
export type Behavior = (connection: Deno.Conn) => Promise<void>;

/** Accepts connections until it is disposed. */
export class HostileReceiver implements AsyncDisposable {
  readonly #listener: Deno.Listener;
  readonly #connections = new Set<Deno.Conn>();
  readonly #running: Promise<void>;
  /** The heads and bodies of all requests so far. */
  readonly requests: string[] = [];

  private constructor(listener: Deno.Listener, behavior: Behavior) {
    this.#listener = listener;
    this.#running = this.#accept(behavior);
  }

  static plain(behavior: Behavior): HostileReceiver {
    return new HostileReceiver(Deno.listen({ hostname: "127.0.0.1", port: 0 }), behavior);
  }

  static tls(
    key: { readonly cert: string; readonly key: string },
    behavior: Behavior,
  ): HostileReceiver {
    const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...key });
    return new HostileReceiver(listener, behavior);
  }

  /** Answers every request with a text. */
  static answering(text: string): HostileReceiver {
    const receiver: HostileReceiver = HostileReceiver.plain(async (connection) => {
      receiver.requests.push(await readRequest(connection));
      await writeText(connection, text);
    });
    return receiver;
  }

  get port(): number {
    const { addr } = this.#listener;
    return addr.transport === "tcp" ? addr.port : 0;
  }

  /** Number of connections that were ever accepted. */
  accepted = 0;

  async #accept(behavior: Behavior): Promise<void> {
    const handling: Promise<void>[] = [];
    try {
      for await (const connection of this.#listener) {
        this.accepted += 1;
        this.#connections.add(connection);
        // The sender may close the connection at any time.
        handling.push(behavior(connection).catch(() => {}));
      }
    } catch {
      // A TLS handshake has failed, or the listener is closed.
    }
    await Promise.all(handling);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections) {
      try {
        connection.close();
      } catch {
        // It is closed.
      }
    }
    await this.#running;
  }
}

/** Reads one request with its body. */
export async function readRequest(connection: Deno.Conn): Promise<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65_536);
  for (let text = "";;) {
    const count = await connection.read(buffer);
    if (count === null) return text;
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
    const end = text.indexOf("\r\n\r\n");
    const length = Number(/^content-length: (\d+)/im.exec(text)?.[1] ?? 0);
    if (end >= 0 && new TextEncoder().encode(text.slice(end + 4)).length >= length) return text;
  }
}

/** Writes a text. */
export async function writeText(connection: Deno.Conn, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) {
    written += await connection.write(bytes.subarray(written));
  }
}
