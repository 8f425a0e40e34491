/**
 * A WebSocket client for tests: messages are taken one by one with `next()`, so that no test waits for time to pass.
 * @module
 */

import { DEADLINE_MS } from "../provision.ts";

/** How a connection ended. */
export interface CloseInfo {
  readonly code: number;
  readonly reason: string;
}

type Message = string | Uint8Array;

/** One connection to the service under test. */
export class TestClient implements AsyncDisposable {
  /** Resolves when the connection has ended, for any reason. */
  readonly closed: Promise<CloseInfo>;
  readonly #socket: WebSocket;
  readonly #messages: Message[] = [];
  #answer: (message: Message) => string | undefined = () => undefined;
  #wake: () => void = () => {};
  #closeInfo: CloseInfo | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    const { promise, resolve } = Promise.withResolvers<CloseInfo>();
    this.closed = promise;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      const message = typeof data === "string" ? data : new Uint8Array(data);
      const answer = this.#answer(message);
      if (answer !== undefined && socket.readyState === WebSocket.OPEN) socket.send(answer);
      this.#messages.push(message);
      this.#wake();
    };
    socket.onerror = () => {};
    socket.onclose = ({ code, reason }) => {
      this.#closeInfo = { code, reason };
      resolve(this.#closeInfo);
      this.#wake();
    };
  }

  /** Opens a connection; rejects when the server refuses it. */
  static async open(
    url: string,
    init: {
      protocols?: string[];
      headers?: Record<string, string>;
      client?: Deno.HttpClient;
    } = {},
  ): Promise<TestClient> {
    // When a test has the browser's types, for a page's module, they do not include Deno's options.
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

  /** Answers from now on what the function returns a text for, also while no message is taken. */
  answerAll(answer: (message: Message) => string | undefined): void {
    this.#answer = answer;
  }

  /** The next message; rejects when the connection ends first, or when none arrives in time. */
  async next(): Promise<Message> {
    let isLate = false;
    const timer = setTimeout(() => (isLate = true, this.#wake()), DEADLINE_MS);
    try {
      for (;;) {
        const message = this.#messages.shift();
        if (message !== undefined) return message;
        if (this.#closeInfo) {
          throw new Error(`Closed with ${this.#closeInfo.code} before a message came`);
        }
        if (isLate) throw new Error(`No message within ${DEADLINE_MS} ms`);
        await new Promise<void>((resolve) => this.#wake = resolve);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** The next messages, this many. */
  async take(count: number): Promise<Message[]> {
    const messages: Message[] = [];
    while (messages.length < count) messages.push(await this.next());
    return messages;
  }

  /** The messages that arrived and were not taken yet. */
  get unread(): readonly Message[] {
    return this.#messages;
  }

  /** Drops the messages that arrived and were not taken yet. */
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
