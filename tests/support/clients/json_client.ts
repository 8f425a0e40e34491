/**
 * A test's connection that speaks `chat.v1.json`, frame by frame.
 * @module
 */
import { JSON_SUBPROTOCOL } from "../../../lib/core/protocol/json_protocol.ts";
import { TestClient } from "./test_client.ts";

/** A frame, not validated. */
export type Frame = Readonly<Record<string, unknown>>;

const PONG = JSON.stringify({ type: "pong" });

/** A connection without a hello yet. It answers pings by itself, as a test may take longer than the service waits. */
export class JsonClient implements AsyncDisposable {
  readonly connection: TestClient;
  readonly #frames: Frame[] = [];

  private constructor(connection: TestClient) {
    this.connection = connection;
    connection.answerAll((message) => /^\{"type":"ping"/m.test(String(message)) ? PONG : undefined);
  }

  static async open(
    service: { readonly url: string },
    { path = "/ws", headers = {} }: { path?: string; headers?: Record<string, string> } = {},
  ): Promise<JsonClient> {
    const init = { protocols: [JSON_SUBPROTOCOL], headers };
    return new JsonClient(await TestClient.open(`${service.url}${path}`, init));
  }

  send(...frames: readonly Frame[]): void {
    this.connection.send(frames.map((frame) => JSON.stringify(frame)).join("\n"));
  }

  /** The next frame of one of these types; others before it are dropped. */
  async next(...types: readonly string[]): Promise<Frame> {
    for (;;) {
      for (let frame = this.#frames.shift(); frame; frame = this.#frames.shift()) {
        if (types.includes(String(frame.type))) return frame;
      }
      const message = String(await this.connection.next());
      this.#frames.push(...message.split("\n").map((line) => JSON.parse(line)));
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.connection[Symbol.asyncDispose]();
  }
}
