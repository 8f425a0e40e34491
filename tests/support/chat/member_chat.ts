/**
 * A chat with members, without a network: sessions on a directory whose store can fail.
 * @module
 */
import assert from "node:assert/strict";
import { announceEvent } from "../../../lib/chat/moderation/moderate.ts";
import { KnownNames } from "../../../lib/chat/members/known_names.ts";
import type { MemberDirectory } from "../../../lib/chat/members/member_directory.ts";
import type { Clock } from "../../../lib/chat/ports/clock.ts";
import type { KnownRevocations } from "../../../lib/chat/revocations/known_revocations.ts";
import { JsonHandler } from "../../../lib/chat/handlers/json_handler.ts";
import type { SessionContext } from "../../../lib/chat/session/session.ts";
import type { HandshakeInfo } from "../../../lib/chat/sign_in/sign_in_context.ts";
import type { Revocation } from "../../../lib/core/auth/revocations.ts";
import type { UserId } from "../../../lib/core/log/entry.ts";
import { FakeChat, FakeSocket, flushMicrotasks, noRevocations } from "../fakes.ts";
import { memberDirectory } from "../identity/members.ts";
import { FaultyStore, INVITE, OPERATOR, secretOf } from "../../chat/members/member_world.ts";

/** A frame, or a request. */
export type Frame = Readonly<Record<string, unknown>>;

/** The chat. */
export class MemberChat implements Disposable {
  readonly store = new FaultyStore();
  readonly names = new KnownNames();
  readonly revocations: KnownRevocations = noRevocations();
  readonly directory: MemberDirectory;
  readonly chat: FakeChat;
  readonly #clients = new Set<JsonClient>();
  readonly #life = new AbortController();

  constructor(settings: Partial<SessionContext> = {}) {
    const { store, names, revocations } = this;
    const clock: Clock = {
      now: () => this.chat.clock.now(),
      date: () => this.chat.clock.date(),
      sleep: (ms, signal) => this.chat.clock.sleep(ms, signal),
    };
    this.directory = memberDirectory(clock, {
      store,
      revoke: async (revocation) => await this.revoke(revocation),
      announce: (event, author) => announceEvent(event, author, this.chat.context),
      isRevoked: (issued) => revocations.isRevoked(issued),
    });
    const members = { directory: this.directory, names, revocations };
    this.chat = new FakeChat(undefined, { ...members, guestName: "guest", ...settings });
    const { signal } = this.#life;
    names.follow(this.directory, () => this.chat.hub.onNamesChanged(), signal);
    const check = () => this.#checkSessions();
    const onNewRoles = (users: readonly UserId[]) => {
      this.chat.hub.onRolesChanged(users);
      check();
    };
    names.moderators.follow(this.directory, onNewRoles, { clock, random: () => 0 }, signal);
    this.chat.followSanctions((event) => {
      if (event === undefined || event.kind === "role") names.onRolesChanged();
      check();
    });
  }

  /** Makes an invite as an operator; returns its secret. */
  async invite(terms: Partial<typeof INVITE> = {}): Promise<string> {
    return secretOf(await this.directory.manage(OPERATOR, { ...INVITE, ...terms }));
  }

  /** A client that has connected. */
  connect(origin: HandshakeInfo = {}): JsonClient {
    const client = new JsonClient(this.chat, origin);
    this.#clients.add(client);
    return client;
  }

  /** A client whose hello has been answered, in some rooms. */
  async enter(hello: Frame, ...rooms: readonly string[]): Promise<JsonClient> {
    const client = this.connect();
    const joins = rooms.map((room) => ({ type: "join", room, temporaryName: true }));
    await client.ask({ type: "hello", ...hello }, ...joins);
    return client;
  }

  /** A new member, in some rooms. */
  async become(
    name: string,
    terms: Partial<typeof INVITE> = {},
    ...rooms: readonly string[]
  ): Promise<JsonClient> {
    return await this.enter({ invite: await this.invite(terms), name }, ...rooms);
  }

  /** Revokes something, as the heartbeat of a node learns it. */
  async revoke(revocation: Revocation): Promise<void> {
    if (!this.revocations.learn({ version: 1, added: [revocation] })) return;
    this.#checkSessions();
    await Promise.resolve();
  }

  #checkSessions(): void {
    for (const { handler } of this.#clients) handler.signIn.recheckUser();
  }

  /** Lets the hub do its regular work. */
  async beat(ms: number = 300): Promise<void> {
    await this.chat.clock.advance(ms);
    await flushMicrotasks();
  }

  [Symbol.dispose](): void {
    this.#life.abort();
    this.chat[Symbol.dispose]();
  }
}

/** A client. */
export class JsonClient {
  readonly socket = new FakeSocket();
  readonly handler: JsonHandler;

  constructor(chat: FakeChat, origin: HandshakeInfo) {
    this.handler = new JsonHandler(this.socket, chat.context, origin);
  }

  /** Sends frames as one message; returns the frames received since. */
  async ask(...frames: readonly Frame[]): Promise<Frame[]> {
    const before = this.frames.length;
    this.handler.onMessage(frames.map((frame) => JSON.stringify(frame)).join("\n"));
    // Some requests read and write the store several times.
    for (let turn = 0; turn < 5; turn++) await flushMicrotasks();
    return this.frames.slice(before);
  }

  /** The only frame that answers a request. */
  async answer(frame: Frame): Promise<Frame> {
    const [answer, ...others] = await this.ask(frame);
    assert.deepEqual(others, []);
    return answer ?? assert.fail("no answer");
  }

  /** All that was received. */
  get frames(): Frame[] {
    const lines = this.socket.sent.flatMap((message) => String(message).split("\n"));
    return lines.map((line) => JSON.parse(line));
  }

  /** The last frame of a type. */
  last(type: string): Frame | undefined {
    return this.frames.findLast((it) => it.type === type);
  }

  /** Whom the hello has made of the client. */
  get you(): Frame {
    return Object(this.last("hello")?.you);
  }

  /** The newest token. */
  get resume(): unknown {
    return this.frames.findLast((it) => it.resume !== undefined)?.resume;
  }

  /** With what the connection was closed. */
  get closeCode(): number | undefined {
    return this.socket.closeStatuses[0]?.code;
  }

  /** The connection is lost. */
  async drop(): Promise<void> {
    this.handler.onClose();
    await flushMicrotasks();
  }
}

/** The types of frames, and the codes of faults. */
export function typesOf(frames: readonly Frame[]): readonly unknown[] {
  return frames.map(({ type, code }) => code ?? type);
}
