/**
 * A WebSocket for tests: messages are taken one by one with `next()`, so that no test waits for time to pass.
 * @module
 */

/** Far longer than anything takes: only a message that never comes is found by it. */
const DEADLINE_MS = 10_000;

/** How a connection ended. */
export interface Ending {
  readonly code: number;
  readonly reason: string;
}

type Message = string | Uint8Array;

/** One connection to the service under test. */
export class TestClient implements AsyncDisposable {
  /** Resolves when the connection has ended, however it ended. */
  readonly closed: Promise<Ending>;
  readonly #socket: WebSocket;
  readonly #messages: Message[] = [];
  #wake: () => void = () => {};
  #ending: Ending | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    const { promise, resolve } = Promise.withResolvers<Ending>();
    this.closed = promise;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      this.#messages.push(typeof data === "string" ? data : new Uint8Array(data));
      this.#wake();
    };
    socket.onerror = () => {};
    socket.onclose = ({ code, reason }) => {
      this.#ending = { code, reason };
      resolve(this.#ending);
      this.#wake();
    };
  }

  /** Opens a connection; rejects where the server refuses it. */
  static async open(
    url: string,
    init: { protocols?: string[]; headers?: Record<string, string> } = {},
  ): Promise<TestClient> {
    // Where a test has the browser's types, for a page's module, they know nothing of Deno's options.
    const socket: WebSocket = Reflect.construct(WebSocket, [url.replace(/^http/, "ws"), init]);
    const client = new TestClient(socket);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    client.#socket.onopen = () => resolve();
    client.closed.then(({ code }) => reject(new Error(`Cannot open ${url}: closed with ${code}`)));
    await promise;
    return client;
  }

  /** The subprotocol that the server chose; "" for none. */
  get protocol(): string {
    return this.#socket.protocol;
  }

  send(message: string | Uint8Array<ArrayBuffer>): void {
    this.#socket.send(message);
  }

  /** The next message; rejects where the connection ends first, or nothing comes for 10 s. */
  async next(): Promise<Message> {
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    deadline.addEventListener("abort", () => this.#wake());
    for (;;) {
      const message = this.#messages.shift();
      if (message !== undefined) return message;
      if (this.#ending) throw new Error(`Closed with ${this.#ending.code} before a message came`);
      if (deadline.aborted) throw new Error(`No message within ${DEADLINE_MS} ms`);
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** The next so many messages. */
  async take(count: number): Promise<Message[]> {
    const messages: Message[] = [];
    while (messages.length < count) messages.push(await this.next());
    return messages;
  }

  /** What has come and was not taken. */
  get untaken(): readonly Message[] {
    return this.#messages;
  }

  /** Forgets what has come and was not taken. */
  clear(): void {
    this.#messages.length = 0;
  }

  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.closed;
  }
}
