/**
 * Users of private rooms: Ann and Bob, whom an app has signed in, Mia, who is a moderator of the service, and guests.
 * @module
 */
import assert from "node:assert/strict";
import type { TokenUser } from "../../../lib/chat/ports/authenticator.ts";
import type { SessionContext } from "../../../lib/chat/session/session.ts";
import { user } from "../../contract/fixtures.ts";
import { FakeAuthenticator, FakeChat, flushMicrotasks, name } from "../fakes.ts";
import { Client, type Frame, outcome } from "./den.ts";

/** The ids of the app's users. */
export const ANN = "a_ann00000", BOB = "a_bob00000", CAT = "a_cat00000", MIA = "a_mia00000";

const USERS: readonly (readonly [string, Pick<TokenUser, "user" | "name" | "role" | "rights">])[] =
  [
    ["ann", { user: user(ANN), name: name("Ann"), role: undefined, rights: null }],
    ["bob", { user: user(BOB), name: name("Bob"), role: undefined, rights: null }],
    ["cat", { user: user(CAT), name: name("Cat"), role: undefined, rights: null }],
    ["mia", { user: user(MIA), name: name("Mia"), role: "moderator", rights: null }],
    ["all", {
      user: user("a_all00000"),
      name: name("All"),
      role: undefined,
      rights: [{ match: "*", allow: ["read", "send", "react", "moderate"] }],
    }],
  ];

/** A chat with these users. */
export class RoomsScene implements Disposable {
  readonly authenticator = new FakeAuthenticator();
  readonly chat: FakeChat;
  #requests = 0;

  constructor(settings: Partial<SessionContext> = {}) {
    this.chat = new FakeChat(undefined, { authenticator: this.authenticator, ...settings });
    const common = { issuedAt: 0, tokenId: undefined, expiresAt: Infinity };
    for (const [token, known] of USERS) {
      this.authenticator.users.set(token, { ...known, ...common });
    }
    this.chat.followSanctions(() => {});
  }

  /** A client of one of the users. @param token The user's first name, in lower case. */
  async enter(token: string): Promise<Client> {
    const client = new Client(this.chat);
    await client.ask({ type: "hello", token });
    return client;
  }

  /** A client of a guest, and the guest's id. */
  async enterGuest(as = "Guy"): Promise<{ readonly client: Client; readonly user: string }> {
    const client = new Client(this.chat);
    const [hello] = await client.ask({ type: "hello", name: as });
    return { client, user: String((hello?.you as Frame).user) };
  }

  /** Sends a request, which may have an id of its own, and returns its answer. */
  async ask(client: Client, request: Frame): Promise<Frame> {
    const id = request.id ?? `r${++this.#requests}`;
    const frames = [...await client.ask({ ...request, id })];
    for (let turn = 0; turn < 3; turn++) await flushMicrotasks();
    frames.push(...client.fresh());
    return frames.find((it) => it.id === id && it.type !== "said") ?? assert.fail("no answer");
  }

  /** The code of the fault that answers a request, or the type of the answer. */
  async outcome(client: Client, request: Frame): Promise<string> {
    const { type, code } = await this.ask(client, request);
    return String(code ?? type);
  }

  /** Makes a private room. Returns its id. */
  async createPrivate(client: Client, more: Frame = {}): Promise<string> {
    const { room } = await this.ask(client, { type: "create", kind: "private", ...more });
    return String(room);
  }

  /** The rooms in a user's list. */
  async list(client: Client): Promise<readonly Frame[]> {
    const { rooms } = await this.ask(client, { type: "rooms" });
    assert.ok(Array.isArray(rooms));
    return rooms;
  }

  /** Lets the chat do what waits, for some time. */
  async beat(ms = 300): Promise<void> {
    await this.chat.clock.advance(ms);
    await flushMicrotasks();
  }

  [Symbol.dispose](): void {
    this.chat[Symbol.dispose]();
  }
}

export { Client, type Frame, outcome };
