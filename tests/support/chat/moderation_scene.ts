/**
 * A moderator and guests of one service, for tests of what moderators do.
 * @module
 */
import type { FakeChat } from "../fakes.ts";
import { Client, Den, type Frame, outcome } from "./den.ts";

/** The address of most guests. */
export const ADDRESS = "192.0.2.1";
/** What stands for {@linkcode ADDRESS}. */
export const ADDRESS_USER = "ip_c0000201";
/** The address of others. */
export const OTHER_ADDRESS = "192.0.2.2";
/** Joins the room. */
export const JOIN = { type: "join", id: "join", room: "den" };

/** A moderator and guests of one service. */
export class ModerationScene implements Disposable {
  readonly den = new Den({ role: "moderator", rights: null });
  readonly moderator = new Client(this.den.chat);
  readonly #clients: Client[] = [this.moderator];
  #requests = 0;

  get chat(): FakeChat {
    return this.den.chat;
  }

  async start(): Promise<void> {
    await this.moderator.ask({ type: "hello", token: "token" }, JOIN);
  }

  /** Tells the sessions of changes, as workers do. */
  follow(): void {
    this.chat.followSanctions((event) => {
      for (const { handler } of this.#clients) handler.signIn?.recheckUser?.(event);
    });
  }

  /** A guest who has not joined yet. */
  async guest(
    address: string = ADDRESS,
    hello: Frame = { name: `G${this.#clients.length}` },
  ): Promise<{ readonly client: Client; readonly id: string; readonly resume: unknown }> {
    const client = new Client(this.chat, { address });
    this.#clients.push(client);
    const [frame] = await client.ask({ type: "hello", ...hello });
    const you = Object(frame).you ?? {};
    return { client, id: String(you.user), resume: Object(frame).resume };
  }

  /** The outcome of an action of the moderator. */
  async act(
    action: string,
    user: string | undefined,
    more: Frame = { room: "den" },
  ): Promise<string> {
    const id = `m${++this.#requests}`;
    const frames = await this.moderator.ask({ type: "moderate", id, action, user, ...more });
    return outcome(frames, String(more.id ?? id));
  }

  /** The authors of the messages in a room. */
  async authors(room = "den"): Promise<readonly string[]> {
    const frames = await this.moderator.ask({ type: "history", id: "h", room });
    return Object(frames.find(({ type }) => type === "history")).messages
      .filter(({ event }: Frame) => event === undefined).map(({ user }: Frame) => user);
  }

  [Symbol.dispose](): void {
    this.den[Symbol.dispose]();
  }
}
