/**
 * A TCP proxy that injects faults between clients and a server on this machine. It runs in the test's process and does
 * not parse what it forwards: a WebSocket client masks its frames, so {@linkcode FaultProxy.cutOn} finds text only in
 * protocols that send it as it is, such as Redis's.
 * @module
 */

/** From the client to the server (`up`), or from the server to the client (`down`). */
export type Direction = "up" | "down";

/** What {@linkcode FaultProxy.cutOn} drops: the chunk with the text, or the next one from the server. */
export type Loss = "request" | "reply";

/** Where {@linkcode FaultProxy.cutAfter} cuts. */
export interface Cut {
  readonly direction: Direction;
  readonly bytes: number;
}

interface Connection {
  readonly client: Deno.Conn;
  readonly server: Deno.Conn;
  losesReply: boolean;
}

/** Forwards everything until a test injects a fault. A connection that one side ends is closed on both. */
export class FaultProxy implements AsyncDisposable {
  /** The server's port for new connections. Open connections stay with the server that they have. */
  target: number;
  /** Number of connections accepted, including those that could not be forwarded. */
  accepted = 0;
  /** How many more times {@linkcode cutOn} cuts. */
  cutsLeft = 0;
  /** Bytes forwarded in each direction, over all connections. */
  readonly forwarded = { up: 0, down: 0 };
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #sockets = new Set<Deno.Conn>();
  readonly #running: Promise<void>;
  #isEnabled = true;
  #dropsReplies = false;
  #cutOn: { readonly text: string; readonly loss: Loss } | undefined;
  #limit: Cut | undefined;

  constructor(target: number) {
    this.target = target;
    this.#running = this.#run();
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** Host and port, as in a URL. */
  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Closes all connections and ends {@linkcode dropReplies}. New connections are forwarded. */
  cut(): void {
    this.#dropsReplies = false;
    for (const socket of this.#sockets) close(socket);
    this.#sockets.clear();
  }

  /** Closes all connections, and new ones at once, until {@linkcode enable}. */
  disable(): void {
    this.#isEnabled = false;
    this.cut();
  }

  enable(): void {
    this.#isEnabled = true;
  }

  /** Drops what the server sends, on new connections too, until the next cut: a stream with missing bytes cannot continue. */
  dropReplies(): void {
    this.#dropsReplies = true;
  }

  /** Cuts a connection once, after that many more bytes in one direction, counted over all connections. */
  cutAfter({ direction, bytes }: Cut): void {
    this.#limit = { direction, bytes: this.forwarded[direction] + bytes };
  }

  /** Cuts a connection when its client sends a text, which must be in one chunk. */
  cutOn(text: string, loss: Loss, times = Infinity): void {
    this.#cutOn = { text, loss };
    this.cutsLeft = times;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.cut();
    await this.#running;
  }

  async #run(): Promise<void> {
    const connections: Promise<void>[] = [];
    for await (const client of this.#listener) {
      this.accepted += 1;
      if (this.#isEnabled) connections.push(this.#forward(client));
      else client.close();
    }
    await Promise.all(connections);
  }

  async #forward(client: Deno.Conn): Promise<void> {
    this.#sockets.add(client);
    try {
      const server = await Deno.connect({ hostname: "127.0.0.1", port: this.target });
      this.#sockets.add(server);
      const connection = { client, server, losesReply: false };
      await Promise.all([this.#copy(connection, "up"), this.#copy(connection, "down")]);
    } catch {
      // The server does not accept connections.
      this.#close(client);
    }
  }

  async #copy(connection: Connection, direction: Direction): Promise<void> {
    const { client, server } = connection;
    const [from, to] = direction === "up" ? [client, server] : [server, client];
    const buffer = new Uint8Array(65_536);
    try {
      for (;;) {
        const count = await from.read(buffer);
        if (count === null) break;
        if (direction === "down" && this.#dropsReplies) continue;
        const chunk = buffer.subarray(0, count);
        const cutAt = this.#cutPoint(connection, direction, chunk);
        const part = chunk.subarray(0, cutAt);
        this.forwarded[direction] += part.length;
        for (let done = 0; done < part.length;) done += await to.write(part.subarray(done));
        if (cutAt !== undefined) break;
      }
    } catch {
      // The connection was cut, or one side reset it.
    }
    this.#close(client);
    this.#close(server);
  }

  /** How many bytes of a chunk are forwarded before the connection is cut; undefined if it is not cut. */
  #cutPoint(
    connection: Connection,
    direction: Direction,
    chunk: Uint8Array,
  ): number | undefined {
    if (direction === "down" && connection.losesReply) return 0;
    if (direction === "up" && this.#cutOn && this.cutsLeft > 0) {
      const { text, loss } = this.#cutOn;
      if (new TextDecoder().decode(chunk).includes(text)) {
        this.cutsLeft -= 1;
        if (loss === "request") return 0;
        connection.losesReply = true;
      }
    }
    if (this.#limit?.direction !== direction) return undefined;
    const left = this.#limit.bytes - this.forwarded[direction];
    if (chunk.length < left) return undefined;
    this.#limit = undefined;
    return left;
  }

  #close(socket: Deno.Conn): void {
    this.#sockets.delete(socket);
    close(socket);
  }
}

function close(socket: Deno.Conn): void {
  try {
    socket.close();
  } catch {
    // Already closed.
  }
}
