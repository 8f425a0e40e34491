/** The client library with the tokens of an app, against a real service that requires them. */
import assert from "node:assert/strict";
import { SignJWT } from "jose";
import { type Chat, connect, type Room } from "../../../static/client.js";
import type { ChatOptions } from "../../../static/client/chat.js";
import { QuickPlatform, waitForValue } from "../../static/client/quick_platform.ts";
import { withinDeadline } from "../../support/provision.ts";
import { startTestService } from "../../support/service.ts";

const SECRET = "a-secret-of-this-test-that-is-long-enough";
const SETTINGS = { AUTH: "required", JWT_SECRET: SECRET };

/** What the app grants in its rooms. */
type Grants = readonly { readonly match: string; readonly allow: readonly string[] }[];

/** A token as an app signs it. */
function sign(user: string, lifetimeSeconds: number, rooms?: Grants): Promise<string> {
  const token = new SignJWT({ name: user, ...(rooms && { parley: { rooms } }) });
  return token.setProtectedHeader({ alg: "HS256" }).setSubject(user)
    .setExpirationTime(Math.round(Date.now() / 1_000) + lifetimeSeconds)
    .sign(new TextEncoder().encode(SECRET));
}

/** Real connections; records the frames that are sent and received. */
class RecordingPlatform extends QuickPlatform {
  readonly sent: string[] = [];
  readonly received: string[] = [];
  connections = 0;
  #onFrame = () => {};

  override open(url: string, protocol: string): WebSocket {
    this.connections++;
    const socket = super.open(url, protocol);
    const send = socket.send.bind(socket);
    socket.send = (text) => {
      this.sent.push(typeOf(text));
      send(text);
    };
    socket.addEventListener("message", ({ data }) => {
      for (const line of String(data).split("\n")) this.received.push(typeOf(line));
      this.#onFrame();
    });
    return socket;
  }

  /** Resolves when a frame of this type has been received, and handled by the library. */
  receives(type: string): Promise<void> {
    return withinDeadline(
      type,
      new Promise((resolve) => {
        this.#onFrame = () => {
          if (this.received.includes(type)) resolve();
        };
        this.#onFrame();
      }),
    );
  }
}

function typeOf(frame: unknown): string {
  return JSON.parse(String(frame)).type;
}

interface AppClient extends AsyncDisposable {
  readonly chat: Chat;
  readonly world: RecordingPlatform;
}

function openChat(url: string, token: ChatOptions["token"]): AppClient {
  const world = new RecordingPlatform(1);
  const chat = connect(url, { platform: world, ...(token && { token }) });
  const close = async () => {
    chat.close();
    await world[Symbol.asyncDispose]();
  };
  return { chat, world, [Symbol.asyncDispose]: close };
}

async function whenIn(room: Room, kind: string): Promise<void> {
  await withinDeadline(kind, waitForValue(room.state, (it) => it.kind === kind));
}

Deno.test("The client library renews a token that expires within a minute on the same connection", async () => {
  await using service = await startTestService({ ...SETTINGS, PING_SECONDS: "1" });
  // Every token but the first outlasts the test.
  const lifetimes = [50];
  let calls = 0;
  await using client = openChat(`${service.url}/ws`, () => {
    calls++;
    return sign("Ann", lifetimes.shift() ?? 3_600);
  });
  const { chat, world } = client;
  const lobby = chat.join("lobby");
  await whenIn(lobby, "joined");
  assert.deepEqual([chat.me.value?.kind, chat.me.value?.name], ["app", "Ann"]);
  await world.receives("expiring");
  await world.receives("ack");
  assert.equal(calls, 2);
  await withinDeadline("the message", lobby.say("still here").sent);
  const signIns = world.sent.filter((type) => type === "hello" || type === "auth");
  assert.deepEqual(signIns, ["hello", "auth"]);
  assert.deepEqual([world.connections, chat.state.value.kind], [1, "online"]);
});

Deno.test("The client library gets another token after one that has expired, and after a bad one", async () => {
  await using service = await startTestService(SETTINGS);
  const tokens = [await sign("Ann", -3_600), "not a token"];
  await using client = openChat(
    `${service.url}/ws`,
    () => tokens.shift() ?? sign("Ann", 3_600),
  );
  await whenIn(client.chat.join("lobby"), "joined");
  assert.equal(client.world.connections, 3);
});

for (
  const [token, code] of [[undefined, "token_required"], [() => "nobody's", "bad_token"]] as const
) {
  Deno.test(`The client library is closed with ${code}`, async () => {
    await using service = await startTestService(SETTINGS);
    await using client = openChat(`${service.url}/ws`, token);
    const room = client.chat.join("lobby");
    const state = await withinDeadline(
      "the end",
      waitForValue(client.chat.state, ({ kind }) => kind === "closed"),
    );
    assert.equal(state.kind === "closed" && state.error?.code, code);
    assert.equal(room.state.value.kind, "joining");
  });
}

Deno.test("The client library reports a room that a new token does not allow, and stays in the others", async () => {
  await using service = await startTestService({ ...SETTINGS, PING_SECONDS: "1" });
  const every = [{ match: "*", allow: ["read", "send"] }];
  const some = [{ match: "lobby", allow: ["read", "send"] }, { match: "news", allow: ["read"] }];
  const tokens = [await sign("Ann", 50, every)];
  await using client = openChat(
    `${service.url}/ws`,
    () => tokens.shift() ?? sign("Ann", 3_600, some),
  );
  const { chat } = client;
  const [lobby, news, secret] = [chat.join("lobby"), chat.join("news"), chat.join("secret")];
  await Promise.all([lobby, news].map((it) => whenIn(it, "joined")));
  // The new token can be there before the room is joined.
  await whenIn(secret, "refused");
  const { value } = secret.state;
  assert.equal(value.kind === "refused" && value.error.code, "not_allowed");
  await assert.rejects(withinDeadline("the answer", news.say("hello").sent), {
    code: "not_allowed",
  });
  await withinDeadline("the message", lobby.say("hello").sent);
  assert.equal(client.world.connections, 1);
});

Deno.test("The client library sends a user's messages as that user, when others used the same storage", async () => {
  await using service = await startTestService(SETTINGS);
  const kept = new Map<string, string>();
  const storage = {
    get length() {
      return kept.size;
    },
    key: (index: number) => [...kept.keys()][index] ?? null,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
  for (const user of ["Ann", "Bob", "Ann"]) {
    await using world = new QuickPlatform(1);
    using chat = connect(`${service.url}/ws`, {
      ...{ storage, platform: world },
      token: () => sign(user, 3_600),
    });
    const isFirst = kept.size < 3;
    await withinDeadline("the hello", waitForValue(chat.state, ({ kind }) => kind === "online"));
    // In a room that is not joined yet, so it is only stored.
    if (isFirst) chat.join("lobby").say(`from ${user}`);
    else {
      const lobby = chat.join("lobby");
      await whenIn(lobby, "joined");
      await withinDeadline("the outbox", chat.settled());
      const { messages } = await lobby.history();
      const authors = messages.map(({ name, text }) => `${name}: ${text}`);
      assert.deepEqual(authors, user === "Ann" ? ["Ann: from Ann"] : []);
    }
  }
});
