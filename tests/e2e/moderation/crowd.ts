/**
 * People in the rooms of a whole service, each from an address of their own, and everything that they are sent.
 * @module
 */
import assert from "node:assert/strict";
import { JSON_SUBPROTOCOL } from "../../../lib/core/protocol/json_protocol.ts";
import type { Frame } from "../../support/clients/json_client.ts";
import { type CloseInfo, TestClient } from "../../support/clients/test_client.ts";
import { withinDeadline } from "../../support/provision.ts";

/** Settings of a service that believes the addresses of {@linkcode Person}. */
export const PROXIED = { TRUST_PROXY: "127.0.0.1/32" };

/** One connection. */
export class Person implements AsyncDisposable {
  /** Everything that was sent to it, in order. */
  readonly frames: Frame[] = [];
  /** Resolves when the connection has ended. */
  readonly closed: Promise<CloseInfo>;
  readonly #connection: TestClient;
  #wakers: (() => void)[] = [];
  #requests = 0;

  private constructor(connection: TestClient) {
    this.#connection = connection;
    this.closed = withinDeadline("the connection to end", connection.closed);
    this.closed.catch(() => {});
    this.#read();
  }

  /** Connects from an address, and says hello. */
  static async open(
    service: { readonly url: string },
    address: string,
    hello: Frame,
  ): Promise<Person> {
    const init = { protocols: [JSON_SUBPROTOCOL], headers: { "X-Forwarded-For": address } };
    const person = new Person(await TestClient.open(`${service.url}/ws`, init));
    person.#send({ type: "hello", ...hello });
    return person;
  }

  /** The user, once the hello is answered. */
  async user(): Promise<string> {
    const { you } = await this.when(({ type }) => type === "hello", "the hello");
    return String(Object(you).user);
  }

  /** Sends a request; resolves with its answer. */
  async ask(request: Frame): Promise<Frame> {
    const id = String(request.id ?? `r${++this.#requests}`);
    this.#send({ ...request, id });
    const isAnswer = (frame: Frame) => frame.id === id && !("user" in frame);
    return await this.when(isAnswer, `the answer to ${JSON.stringify(request)}`);
  }

  /** Sends a request that must be carried out. */
  async mustAsk(request: Frame): Promise<Frame> {
    const answer = await this.ask(request);
    assert.notEqual(answer.type, "fault", JSON.stringify([request, answer]));
    return answer;
  }

  /** The first frame like this, sent already or later. */
  async when(isLike: (frame: Frame) => boolean, what: string): Promise<Frame> {
    return await withinDeadline(what, this.#find(isLike));
  }

  /** The entries of a room that it was sent, as positions and texts. */
  said(room: string): readonly string[] {
    return this.frames.filter((it) => it.type === "said" && it.room === room)
      .map(({ position, text }) => `${position} ${text}`);
  }

  async #find(isLike: (frame: Frame) => boolean): Promise<Frame> {
    for (let next = 0;;) {
      for (; next < this.frames.length; next++) {
        const frame = this.frames[next];
        if (frame && isLike(frame)) return frame;
      }
      await new Promise<void>((resolve) => this.#wakers.push(resolve));
    }
  }

  #send(frame: Frame): void {
    this.#connection.send(JSON.stringify(frame));
  }

  async #read(): Promise<void> {
    try {
      for (;;) {
        const lines = String(await this.#connection.next()).split("\n");
        this.frames.push(...lines.map((line) => JSON.parse(line)));
        for (const wake of this.#wakers.splice(0)) wake();
      }
    } catch {
      // It has ended, which `closed` says.
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#connection[Symbol.asyncDispose]();
  }
}
