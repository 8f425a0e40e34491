/**
 * Every cell of the table of rights, role × action, over JSON, plain text and HTTP; and for tokens that grant one action
 * everywhere. Members are real ones of the directory; plain text, with which no member can sign in, is spoken by users of an app
 * with the same role.
 */
import assert from "node:assert/strict";
import { ROLES } from "../../../lib/core/auth/member.ts";
import {
  type Permission,
  PERMISSIONS,
  type Rights,
  ROLES_OR_GUEST,
  ROOM_ACTIONS,
  type RoomAction,
} from "../../../lib/core/auth/rights.ts";
import type { Role } from "../../../lib/core/log/role.ts";
import { TextHandler } from "../../../lib/chat/handlers/text_handler.ts";
import { user } from "../../contract/fixtures.ts";
import { FakeAuthenticator, FakeSocket, flushMicrotasks, name } from "../../support/fakes.ts";
import { type ApiCall, callApi } from "../../support/chat/api_call.ts";
import { type Frame, type JsonClient, MemberChat } from "../../support/chat/member_chat.ts";

/** Somebody who tries something. */
interface Person {
  readonly who: string;
  readonly role?: Role | undefined;
  readonly rights: Rights;
  /** Whether the table allows an action. */
  readonly may: (action: Permission) => boolean;
}

/** What a token has to grant where there is no such role; nothing helps with the rest. */
const GRANTS: Readonly<Partial<Record<Permission, RoomAction>>> = {
  ...Object.fromEntries(ROOM_ACTIONS.map((action) => [action, action])),
  "create private room": "send",
  "message directly": "send",
  "remove from room": "moderate",
  "list room": "send",
};

const PEOPLE: readonly Person[] = [
  ...ROLES_OR_GUEST.map((role): Person => ({
    who: role,
    role: ROLES.find((it) => it === role),
    rights: null,
    may: (action) => PERMISSIONS[action].allowed.includes(role),
  })),
  ...ROOM_ACTIONS.map((granted): Person => ({
    who: `a token for ${granted}`,
    rights: [{ match: "*", allow: ["read", granted] }],
    may: (action) => [granted, "read"].includes(GRANTS[action] ?? ""),
  })),
  {
    who: "a token for other rooms",
    role: "owner",
    rights: [{ match: "elsewhere", allow: ROOM_ACTIONS }],
    may: () => false,
  },
];

/** How an action is tried. */
interface Trial {
  readonly json: (world: World) => Frame;
  readonly http: (world: World) => ApiCall;
  /** Lines of plain text, each with what it is answered with if it is allowed. */
  readonly text?: (world: World) => readonly (readonly [line: string, done: RegExp])[];
}

const room = "den";

/** How each action is tried. Nobody can ask for what is `null`. */
const TRIALS: Readonly<Record<Permission, Trial | null>> = {
  "read": {
    json: () => ({ type: "join", room: "attic" }),
    http: () => ["listMessages", { room }],
    text: () => [["/history", /^Otto: hi$/], ["/join attic", /^\* joined attic$/]],
  },
  "send": {
    json: () => ({ type: "say", room, text: "hello" }),
    http: () => ["sendMessage", { room }, { text: "hello" }],
    text: () => [["hello", /^Ann: hello$/]],
  },
  "react": {
    json: ({ of }) => ({ type: "react", room, of, emoji: "🐦" }),
    http: ({ of }) => ["addReaction", { room, position: of, emoji: "🐦" }],
  },
  "moderate": {
    json: () => ({ type: "moderate", room, action: "clear" }),
    http: () => ["moderateRoom", { room }, { action: "clear" }],
    text: () => [["/topic Tea", /^\* Ann set the topic: Tea$/]],
  },
  "invite": {
    json: ({ nook, cat }) => ({ type: "member", room: nook, user: cat, on: true }),
    http: ({ nook, cat }) => ["addMember", { room: nook, user: cat }],
    text: ({ nook }) => [[`/invite Cat ${nook}`, /^\* added to _private\./]],
  },
  "invite people": {
    json: () => ({ type: "invite", role: "member" }),
    http: () => ["createInvite", {}, { role: "member" }],
  },
  "list invites": {
    json: () => ({ type: "invites" }),
    http: () => ["listInvites", {}],
  },
  "revoke invite": {
    json: ({ invite }) => ({ type: "revoke", invite }),
    http: ({ invite }) => ["revokeInvite", { invite }],
  },
  "list members": {
    json: () => ({ type: "users" }),
    http: () => ["listUsers", {}],
  },
  "change role": {
    json: ({ bob }) => ({ type: "role", user: bob, role: "moderator" }),
    http: ({ bob }) => ["changeRole", { user: bob }, { role: "moderator" }],
  },
  "create private room": {
    json: () => ({ type: "create", kind: "private" }),
    http: () => ["createRoom", {}, { kind: "private" }],
  },
  "message directly": {
    json: ({ bob }) => ({ type: "open", user: bob }),
    http: ({ bob }) => ["openDirectRoom", { user: bob }],
    text: () => [["/msg Bob psst", /^\* to Bob, in the direct room /]],
  },
  "remove from room": {
    json: ({ nook, bob }) => ({ type: "member", room: nook, user: bob, on: false }),
    http: ({ nook, bob }) => ["removeMember", { room: nook, user: bob }],
  },
  "list room": {
    json: () => ({ type: "create", kind: "listed", room: "tea" }),
    http: () => ["createRoom", {}, { kind: "listed", room: "tea" }],
  },
  "first owner": null,
  "add device": {
    json: () => ({ type: "invite", device: true }),
    http: () => ["createInvite", {}, { device: true }],
  },
  "list devices": {
    json: () => ({ type: "devices" }),
    http: () => ["listDevices", {}],
  },
  "remove device": {
    json: ({ device }) => ({ type: "revoke", device }),
    http: ({ device }) => ["removeDevice", { device }],
  },
};

/**
 * Otto, Bob and Cat are members in the room `den`, where Otto has said something; Otto and Bob are in the private room `nook`. Ann
 * is the one who tries something.
 */
class World implements Disposable {
  readonly #ann: Person;
  readonly #authenticator = new FakeAuthenticator();
  readonly #chat = new MemberChat({ authenticator: this.#authenticator, maxRooms: 9 });
  #otto: JsonClient | undefined;
  of = "";
  nook = "";
  bob = "";
  cat = "";
  invite = "";
  /** Another device of Ann's. */
  device = "none";

  private constructor(ann: Person) {
    this.#ann = ann;
    const { role, rights } = ann;
    this.#authenticator.users.set("token", {
      ...{ user: user("a_ann00000"), name: name("Ann"), role, rights },
      ...{ issuedAt: 0, tokenId: undefined, expiresAt: Infinity },
    });
  }

  static async open(ann: Person): Promise<World> {
    const world = new World(ann);
    await world.#fill();
    return world;
  }

  async #fill(): Promise<void> {
    const otto = this.#otto = await this.#chat.become("Otto", { role: "owner" }, "attic", room);
    await otto.ask({ type: "say", room: "attic", text: "hi" });
    await otto.ask({ type: "say", room, text: "hi" });
    this.of = String(otto.last("said")?.position);
    this.bob = String((await this.#chat.become("Bob", {}, room)).you.user);
    this.cat = String((await this.#chat.become("Cat", {}, room)).you.user);
    await otto.ask({ type: "create", id: "nook", kind: "private" });
    this.nook = String(otto.last("room")?.room);
    await this.#addToNook(this.bob);
    await otto.ask({ type: "invite", id: "invite" });
    this.invite = String(Object(otto.last("invite")?.invite).invite);
  }

  async #addToNook(user: unknown): Promise<void> {
    await this.#otto?.ask({ type: "member", room: this.nook, user, on: true });
  }

  /** A client of Ann in the room `den`. */
  async #enter(): Promise<JsonClient> {
    const { role, rights } = this.#ann;
    const isMember = role !== undefined && rights === null;
    const credentials = isMember
      ? { invite: await this.#chat.invite({ role }) }
      : rights && { token: "token" };
    const ann = await this.#chat.enter({ ...credentials, name: "Ann" }, room);
    await this.#addToNook(ann.you.user);
    if (isMember) await this.#addDevice(ann);
    return ann;
  }

  async #addDevice(ann: JsonClient): Promise<void> {
    await ann.ask({ type: "invite", device: true });
    await this.#chat.enter({ invite: ann.last("invite")?.secret });
    await ann.ask({ type: "devices" });
    const { devices } = Object(ann.last("devices"));
    this.device = devices.find(({ here }: Frame) => !here).device;
  }

  /** The answer to a request. */
  async ask(request: (world: World) => Frame): Promise<Frame> {
    const ann = await this.#enter();
    const answers = await ann.ask({ ...request(this), id: "try" });
    return answers.find(({ id, type }) => id === "try" && type !== "said") ??
      assert.fail("no answer");
  }

  /** The code of the fault that answers a call, or "done". */
  async call(call: (world: World) => ApiCall): Promise<string> {
    const { role, rights } = this.#ann;
    const ann = await this.#enter();
    const ofMember = role && { resume: String(ann.resume) };
    return await callApi(
      this.#chat.chat,
      rights ? { token: "token" } : { ...ofMember },
      call(this),
    );
  }

  /** What is answered to lines of plain text. */
  async say(lines: (world: World) => readonly string[]): Promise<readonly string[]> {
    const { role, rights } = this.#ann;
    const socket = new FakeSocket();
    const options = { name: "Ann", room, since: undefined, history: undefined, notices: undefined };
    const credentials = role || rights ? { token: "token" } : {};
    const handler = new TextHandler(socket, this.#chat.chat.context, options, credentials);
    await flushMicrotasks();
    await this.#otto?.ask({ type: "who", room });
    const { members } = Object(this.#otto?.last("members"));
    const ann = members.find((it: Frame) => it.name === "Ann");
    if (ann) await this.#addToNook(ann.user);
    for (const line of lines(this)) {
      handler.onMessage(line);
      for (let turn = 0; turn < 5; turn++) await flushMicrotasks();
    }
    return socket.sent.map(String);
  }

  [Symbol.dispose](): void {
    this.#chat[Symbol.dispose]();
  }
}

for (const action of Object.keys(PERMISSIONS) as Permission[]) {
  const trial = TRIALS[action];
  if (trial === null) {
    Deno.test(`Nobody can ask for “${action}”, and nobody may do it`, () => {
      assert.deepEqual(PEOPLE.filter(({ may }) => may(action)), []);
    });
    continue;
  }
  const { json, http, text } = trial;
  for (const person of PEOPLE) {
    const isAllowed = person.may(action);
    const verb = isAllowed ? "may" : "may not";
    Deno.test(`Over JSON, ${person.who} ${verb} do “${action}”`, async () => {
      using world = await World.open(person);
      const { type, code } = await world.ask(json);
      // Whoever may not read has not joined.
      const refusal = code === "not_in_room" ? "not_allowed" : code;
      assert.equal(type === "fault" ? refusal : "done", isAllowed ? "done" : "not_allowed");
    });

    Deno.test(`Over HTTP, ${person.who} ${verb} do “${action}”`, async () => {
      using world = await World.open(person);
      assert.equal(await world.call(http), isAllowed ? "done" : "not_allowed");
    });

    if (text === undefined) continue;
    Deno.test(`Over plain text, ${person.who} ${verb} do “${action}”`, async () => {
      using world = await World.open(person);
      const lines = await world.say((it) => text(it).map(([line]) => line));
      for (const [line, done] of text(world)) {
        assert.equal(lines.some((it) => done.test(it)), isAllowed, `${line}: ${lines.join("; ")}`);
      }
      assert.equal(lines.some((it) => it.startsWith("!")), !isAllowed, lines.join("; "));
    });
  }
}
