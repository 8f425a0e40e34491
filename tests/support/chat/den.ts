/**
 * A room with another user's message, and a user with a role or a token, for tests of rights.
 * @module
 */
import { isAllowed, type RoomAction } from "../../../lib/core/auth/rights.ts";
import type { TokenUser } from "../../../lib/chat/ports/authenticator.ts";
import { JsonHandler } from "../../../lib/chat/handlers/json_handler.ts";
import { user } from "../../contract/fixtures.ts";
import { FakeAuthenticator, FakeChat, FakeSocket, flushMicrotasks, name } from "../fakes.ts";

/** A frame of either direction. */
export type Frame = Readonly<Record<string, unknown>>;
/** What decides about rights. */
export type Who = Pick<TokenUser, "role" | "rights">;

/** A room in which somebody else has said something, and a user. */
export class Den implements Disposable {
  readonly authenticator = new FakeAuthenticator();
  readonly chat = new FakeChat(undefined, { authenticator: this.authenticator });
  readonly who: Who;
  of = "";

  constructor(who: Who) {
    this.who = who;
    this.authenticator.users.set("token", {
      ...who,
      user: user("a_ann00000"),
      name: name("Ann"),
      issuedAt: this.chat.clock.date(),
      tokenId: undefined,
      expiresAt: Infinity,
    });
  }

  /** Another user's message is in the room. */
  async fill(): Promise<void> {
    const bob = new Client(this.chat);
    await bob.ask({ type: "hello", name: "Bob" }, { type: "join", room: "den" });
    const [said] = (await bob.ask({ type: "say", room: "den", text: "hi" })).filter(
      ({ type }) => type === "said",
    );
    this.of = String(said?.position);
  }

  may(action: RoomAction): boolean {
    return isAllowed({ role: this.who.role, rights: this.who.rights }, action, "den");
  }

  [Symbol.dispose](): void {
    this.chat[Symbol.dispose]();
  }
}

/** A client that speaks JSON. */
export class Client {
  readonly socket = new FakeSocket();
  readonly handler: JsonHandler;
  #seen = 0;

  constructor(chat: FakeChat, origin: { readonly address?: string } = {}) {
    this.handler = new JsonHandler(this.socket, chat.context, origin);
  }

  async ask(...frames: readonly Frame[]): Promise<readonly Frame[]> {
    this.handler.onMessage(frames.map((frame) => JSON.stringify(frame)).join("\n"));
    await flushMicrotasks();
    return this.fresh();
  }

  /** The frames that have arrived since the last time. */
  fresh(): readonly Frame[] {
    const fresh = this.socket.sent.slice(this.#seen).flatMap((it) => String(it).split("\n"));
    this.#seen = this.socket.sent.length;
    return fresh.map((line) => JSON.parse(line));
  }
}

/** The code of a fault, or "done". */
export function outcome(frames: readonly Frame[], id: string): string {
  const answer = frames.find((it) => it.id === id && it.type !== "said");
  return answer?.type === "fault" ? String(answer.code) : "done";
}
