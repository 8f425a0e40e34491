/** Tokens of an app: when the library asks the app for one, and what it does if there is none or the server refuses it. */
import assert from "node:assert/strict";
import type { ChatOptions } from "../../../../static/client/chat.js";
import { flushMicrotasks } from "../../../support/fakes.ts";
import {
  FakePlatform,
  FakeStorage,
  kindOf,
  startChat,
  type StartedChat,
} from "../fake_platform.ts";

const USER = "a_ann";

/** A token that expires after a time; only its payload can be read. */
function tokenFor(world: FakePlatform, lifetimeMs: number, subject = "ann"): string {
  const payload = JSON.stringify({
    sub: subject,
    name: "安~~~???",
    exp: (world.now() + lifetimeMs) / 1_000,
  });
  const bytes = new TextEncoder().encode(payload);
  const text = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
  assert.match(text, /[-_]/, "base64 has other digits there");
  return `header.${text.replaceAll("=", "")}.signature`;
}

/** The app's side: each call waits until the test answers it. */
class App {
  readonly calls: PromiseWithResolvers<string>[] = [];

  readonly token = (): Promise<string> => {
    const call = Promise.withResolvers<string>();
    this.calls.push(call);
    return call.promise;
  };

  /** Answers the latest call. */
  async returns(token: string): Promise<void> {
    this.calls.at(-1)?.resolve(token);
    await flushMicrotasks();
  }

  /** Fails the latest call. */
  async fails(error: unknown = new TypeError("no network")): Promise<void> {
    this.calls.at(-1)?.reject(error);
    await flushMicrotasks();
  }
}

interface StartedApp extends StartedChat {
  readonly app: App;
}

async function startApp(options: ChatOptions = {}): Promise<StartedApp> {
  const app = new App();
  const begun = startChat({ token: app.token, ...options });
  await flushMicrotasks();
  return { ...begun, app };
}

/** Starts, returns a token and receives the server's hello. */
async function startOnline(lifetimeMs = 600_000, options: ChatOptions = {}): Promise<StartedApp> {
  const begun = await startApp(options);
  await begun.app.returns(tokenFor(begun.world, lifetimeMs));
  await greet(begun.world);
  return begun;
}

async function greet(world: FakePlatform, user = USER): Promise<void> {
  await world.socket.open();
  // No heartbeat, so that minutes can pass in silence.
  await world.socket.sendHello({ user, resume: undefined, service: "s1", seconds: 3_600 });
}

/** Refuses the hello of the latest socket. */
async function refuseHello(world: FakePlatform, code: string): Promise<void> {
  await world.socket.open();
  const { socket } = world;
  const hello = socket.lastOf("hello");
  const join = socket.sentOf("join")[0];
  const fault = { type: "fault", message: "no", retry: false };
  await socket.serverSends(
    { ...fault, code, id: hello.id ?? "" },
    ...(join ? [{ ...fault, code: "hello_first", id: join.id ?? "" }] : []),
  );
}

const errorOf = ({ chat }: StartedChat) => {
  const { value } = chat.state;
  return "error" in value ? value.error?.code : undefined;
};

Deno.test("Chat gets a token before it opens a socket, and sends it without a session token", async () => {
  const storage = new FakeStorage();
  storage.setItem("parley ws://test/ws resume", "a guest's");
  const begun = await startApp({ storage });
  const { app, world, chat } = begun;
  assert.deepEqual([app.calls.length, world.sockets.length], [1, 0]);
  assert.equal(kindOf(chat.state), "connecting");
  const token = tokenFor(world, 600_000);
  await app.returns(token);
  await greet(world);
  const { token: sent, resume, name } = world.socket.lastOf("hello");
  assert.deepEqual([sent, resume, name], [token, undefined, "Ann"]);
  assert.deepEqual(chat.me.value, { user: USER, name: "Ann", kind: "app" });
  await world.socket.serverSends({ type: "token", resume: "unexpected" });
  assert.equal(storage.getItem("parley ws://test/ws resume"), "a guest's");
  chat.close();
  assert.equal(world.timers, 0);
});

Deno.test("Chat keeps no timer for a token that it has", async () => {
  const { chat, world } = await startOnline();
  const guest = startChat();
  await guest.world.socket.open();
  await guest.world.socket.sendHello();
  assert.equal(world.timers, guest.world.timers);
  chat.close();
  guest.chat.close();
});

Deno.test("Chat uses its token again until shortly before it expires", async () => {
  const { app, world, chat } = await startOnline(100_000);
  await world.socket.serverCloses();
  await world.advance(20_000);
  await greet(world);
  assert.deepEqual([app.calls.length, world.sockets.length], [1, 2]);
  await world.socket.serverCloses();
  await world.advance(500);
  await greet(world);
  await world.advance(60_000);
  assert.equal(app.calls.length, 1, "a connection needs no other token");
  await world.socket.serverCloses();
  await world.advance(500);
  assert.deepEqual([app.calls.length, world.sockets.length], [2, 3]);
  chat.close();
});

for (
  const token of ["opaque", "a.b.c", `a.${btoa('{"exp":"soon"}')}.c`, `a.${btoa("null")}.c`, ""]
) {
  Deno.test(`Chat asks again at each connection if it cannot read when ${JSON.stringify(token)} expires`, async () => {
    const { app, world, chat } = await startApp();
    await app.returns(token);
    await greet(world);
    assert.equal(world.socket.lastOf("hello")["token"], token);
    await world.socket.serverCloses();
    await world.advance(500);
    assert.deepEqual([app.calls.length, world.sockets.length], [2, 1]);
    chat.close();
  });
}

Deno.test("connect() accepts a function that returns the token itself, and may use the chat", async () => {
  const begun: StartedChat = startChat({
    token: () => `${kindOf(begun.chat.state)} ${begun.world.sockets.length}`,
  });
  await flushMicrotasks();
  await greet(begun.world);
  assert.equal(begun.world.socket.lastOf("hello")["token"], "connecting 0");
  begun.chat.close();
});

for (
  const [how, fail] of [
    ["rejects", () => Promise.reject(new TypeError("no network"))],
    ["throws", () => {
      throw new TypeError("no network");
    }],
    // Called from JavaScript.
    ["returns no string", (): string => JSON.parse("null")],
  ] as const
) {
  Deno.test(`Chat waits and asks again if the app's function ${how}, and keeps its messages`, async () => {
    let calls = 0;
    const token = (): Promise<string> | string => ++calls < 3 ? fail() : "good";
    const begun = startChat({ token });
    const { chat, world } = begun;
    const delivery = chat.join("lobby").say("hello");
    await flushMicrotasks();
    assert.deepEqual([kindOf(chat.state), errorOf(begun)], ["waiting", "token_unavailable"]);
    const { value } = chat.state;
    const cause = value.kind === "waiting" && value.error?.cause;
    assert.ok(cause instanceof TypeError, String(cause));
    assert.deepEqual([calls, world.sockets.length, world.refusalFetches], [1, 0, 0]);
    await world.advance(999);
    assert.equal(calls, 1);
    await world.advance(1);
    assert.equal(calls, 2);
    await world.advance(1_000);
    assert.equal(kindOf(delivery.state), "waiting");
    await greet(world);
    assert.deepEqual([kindOf(chat.state), errorOf(begun)], ["online", undefined]);
    await world.socket.sendJoined("lobby");
    assert.deepEqual(world.socket.sentOf("say").map(({ text }) => text), ["hello"]);
    chat.close();
  });
}

Deno.test("Chat waits longer each time that the app has no token", async () => {
  const { app, world, chat } = await startApp();
  const waits: number[] = [];
  for (let i = 0; i < 7; i++) {
    world.randoms.push(1);
    await app.fails();
    const { value } = chat.state;
    waits.push(value.kind === "waiting" ? value.retryAt - world.now() : 0);
    await world.advance(20_500);
  }
  assert.deepEqual(waits, [1_500, 2_500, 4_500, 8_500, 16_500, 20_500, 20_500]);
  chat.close();
  assert.equal(world.timers, 0);
});

Deno.test("Chat calls the app's function once at a time, and uses a late answer", async () => {
  const begun = await startApp();
  const { app, world, chat } = begun;
  await world.resume();
  await world.advance(20_000);
  assert.deepEqual([kindOf(chat.state), errorOf(begun)], ["waiting", "token_unavailable"]);
  chat.retryNow();
  await flushMicrotasks();
  assert.equal(kindOf(chat.state), "connecting");
  await world.resume();
  await world.advance(6_000);
  await world.resume();
  assert.deepEqual([app.calls.length, world.sockets.length], [1, 0]);
  await app.returns("late");
  assert.equal(world.sockets.length, 1);
  await greet(world);
  assert.equal(world.socket.lastOf("hello")["token"], "late");
  chat.close();
});

Deno.test("Chat opens no socket for a token that arrives after it was closed", async () => {
  const { app, world, chat } = await startApp();
  chat.close();
  assert.equal(world.timers, 0);
  await app.returns("late");
  assert.deepEqual([world.sockets, kindOf(chat.state)], [[], "closed"]);
});

Deno.test("Chat gets another token and reconnects after token_expired, however often, with growing waits", async () => {
  const { app, world, chat } = await startApp();
  const room = chat.join("lobby");
  await app.returns(tokenFor(world, 600_000));
  for (let refused = 1; refused <= 6; refused++) {
    world.randoms.push(1);
    await refuseHello(world, "token_expired");
    assert.deepEqual([kindOf(chat.state), kindOf(room.state)], ["waiting", "joining"]);
    await world.advance(500);
    assert.equal(app.calls.length, refused, "it does not ask at once");
    await world.advance(20_000);
    assert.equal(app.calls.length, refused + 1);
    await app.returns(tokenFor(world, 600_000));
    assert.equal(world.sockets.length, refused + 1);
  }
  await greet(world);
  assert.equal(kindOf(chat.state), "online");
  chat.close();
});

Deno.test("Chat gets one other token after bad_token, and is closed if that is refused too", async () => {
  const begun = await startApp();
  const { app, world, chat } = begun;
  await app.returns("bad");
  await refuseHello(world, "bad_token");
  assert.equal(kindOf(chat.state), "waiting");
  await world.advance(20_000);
  await app.returns("worse");
  await refuseHello(world, "bad_token");
  assert.deepEqual([kindOf(chat.state), errorOf(begun)], ["closed", "bad_token"]);
  await world.advance(60_000);
  assert.deepEqual([app.calls.length, world.sockets.length, world.timers], [2, 2, 0]);
});

Deno.test("Chat counts bad tokens from the last one that was accepted", async () => {
  const { app, world, chat } = await startApp();
  for (const code of ["bad_token", "good", "bad_token", "good"]) {
    await app.returns("opaque");
    if (code === "good") {
      await greet(world);
      await world.socket.serverCloses();
    } else await refuseHello(world, code);
    assert.equal(kindOf(chat.state), "waiting");
    await world.advance(20_000);
  }
  chat.close();
});

for (const token of [undefined, () => "opaque"]) {
  Deno.test(`Chat ${token ? "with" : "without"} a token is closed with the server's code if that is final`, async () => {
    for (const code of ["token_required", "bad_name", ...(token ? [] : ["bad_token"])]) {
      const begun = startChat(token && { token });
      await flushMicrotasks();
      await refuseHello(begun.world, code);
      assert.deepEqual([kindOf(begun.chat.state), errorOf(begun)], ["closed", code]);
    }
  });
}

Deno.test("Chat waits as long as the server asks before it sends another token", async () => {
  const { app, world, chat } = await startApp();
  await app.returns(tokenFor(world, 600_000));
  await world.socket.open();
  const fault = { type: "fault", code: "slow_down", message: "no", retry: true, afterMs: 30_000 };
  await world.socket.serverAnswers("hello", fault);
  await world.advance(29_999);
  assert.equal(world.sockets.length, 1);
  await world.advance(1);
  assert.deepEqual([world.sockets.length, app.calls.length], [2, 1]);
  chat.close();
});

Deno.test("Chat reconnects with another token after close code 4504, unlike a guest", async () => {
  const { app, world, chat } = await startOnline();
  await world.socket.serverCloses(4504, "token expired");
  assert.deepEqual([kindOf(chat.state), app.calls.length], ["waiting", 1]);
  await world.advance(1_000);
  assert.equal(app.calls.length, 2);
  chat.close();
  const guest = startChat();
  await guest.world.socket.open();
  await guest.world.socket.sendHello();
  await guest.world.socket.serverCloses(4504, "token expired");
  assert.equal(kindOf(guest.chat.state), "closed");
});

Deno.test("Chat renews its token on the same connection when the server says that it expires", async () => {
  const { app, world, chat } = await startOnline();
  await world.advance(540_000);
  const { socket } = world;
  await socket.serverSends({ type: "expiring", inMs: 60_000 });
  await socket.serverSends({ type: "expiring", inMs: 60_000 });
  assert.equal(app.calls.length, 2);
  const next = tokenFor(world, 600_000);
  await app.returns(next);
  assert.deepEqual(socket.sentOf("auth").map(({ token }) => token), [next]);
  await socket.serverAnswers("auth", { type: "ack" });
  await world.advance(500_000);
  await socket.serverSends({ type: "expiring", inMs: 60_000 });
  assert.equal(app.calls.length, 3);
  await socket.serverCloses();
  await world.advance(1_000);
  await greet(world);
  assert.equal(world.socket.lastOf("hello")["token"], next, "the latest token is still good");
  assert.equal(world.sockets.length, 2);
  chat.close();
});

Deno.test("Chat asks for the next token until the server closes the connection", async () => {
  const { app, world, chat } = await startOnline();
  await world.advance(540_000);
  await world.socket.serverSends({ type: "expiring", inMs: 60_000 });
  for (let failed = 1; failed <= 5; failed++) {
    await app.fails();
    assert.deepEqual([kindOf(chat.state), app.calls.length], ["online", failed + 1]);
    await world.advance(499);
    assert.equal(app.calls.length, failed + 1);
    await world.advance(1);
  }
  await world.socket.serverCloses(4504, "token expired");
  assert.equal(kindOf(chat.state), "waiting");
  const { length } = app.calls;
  await world.advance(1_000);
  assert.equal(app.calls.length, length, "the call from before is still running");
  await app.returns("good");
  await greet(world);
  assert.deepEqual([kindOf(chat.state), world.sockets.length], ["online", 2]);
  chat.close();
  assert.equal(world.timers, 0);
});

for (
  const [code, retry, asksAgain] of [
    ["bad_token", false, true],
    ["token_expired", false, true],
    ["unavailable", true, false],
    ["slow_down", true, false],
  ] as const
) {
  Deno.test(`Chat sends ${asksAgain ? "another" : "the same"} token when the renewal is refused with ${code}`, async () => {
    const { app, world, chat } = await startOnline();
    await world.advance(540_000);
    const { socket } = world;
    await socket.serverSends({ type: "expiring", inMs: 60_000 });
    await app.returns("next");
    const fault = { type: "fault", code, message: "no", retry };
    await socket.serverAnswers("auth", retry ? { ...fault, afterMs: 7_000 } : fault);
    assert.ok(!chat.isSlowed.value, "messages are not affected");
    await world.advance(asksAgain ? 999 : 6_999);
    assert.deepEqual([app.calls.length, socket.sentOf("auth").length], [2, 1]);
    await world.advance(1);
    if (asksAgain) await app.returns("other");
    const tokens = socket.sentOf("auth").map(({ token }) => token);
    assert.deepEqual(tokens, ["next", asksAgain ? "other" : "next"]);
    await socket.serverAnswers("auth", { type: "ack" });
    await world.advance(60_000);
    assert.equal(socket.sentOf("auth").length, 2);
    chat.close();
  });
}

Deno.test("Chat reconnects as the other user when the app's next token is another user's", async () => {
  const { app, world, chat } = await startOnline();
  await world.advance(540_000);
  await world.socket.serverSends({ type: "expiring", inMs: 60_000 });
  const next = tokenFor(world, 600_000, "bob");
  await app.returns(next);
  const fault = { type: "fault", code: "not_allowed", message: "another user", retry: false };
  await world.socket.serverAnswers("auth", fault);
  await world.advance(1_000);
  await greet(world, "a_bob");
  assert.deepEqual([world.socket.lastOf("hello")["token"], app.calls.length], [next, 2]);
  assert.equal(chat.me.value?.user, "a_bob");
  chat.close();
});

Deno.test("Chat does not renew tokens in a tight loop if they are valid for less than the server's notice", async () => {
  const { app, world, chat } = await startOnline(40_000);
  const { socket } = world;
  for (let renewals = 1; renewals <= 5; renewals++) {
    await socket.serverSends({ type: "expiring", inMs: 40_000 });
    await world.advance(9_999);
    assert.equal(app.calls.length, renewals);
    await world.advance(1);
    assert.equal(app.calls.length, renewals + 1);
    await app.returns(tokenFor(world, 40_000));
    await socket.serverAnswers("auth", { type: "ack" });
  }
  chat.close();
});

Deno.test("Chat stops waiting for a renewal when it is closed", async () => {
  const { world, chat } = await startOnline();
  const expiring = { type: "expiring", inMs: 40_000 };
  await world.socket.serverSends(expiring, expiring);
  chat.close();
  assert.equal(world.timers, 0);
});

Deno.test("Chat does not connect again with a token that the server has refused to renew with", async () => {
  const { app, world, chat } = await startOnline();
  await world.advance(540_000);
  await world.socket.serverSends({ type: "expiring", inMs: 60_000 });
  await app.returns(tokenFor(world, 600_000));
  const fault = { type: "fault", code: "bad_token", message: "no", retry: false };
  await world.socket.serverAnswers("auth", fault);
  await world.socket.serverCloses();
  await world.advance(1_000);
  assert.deepEqual([app.calls.length, world.sockets.length], [3, 1]);
  chat.close();
});

Deno.test("Chat ends a renewal with its connection", async () => {
  const { app, world, chat } = await startOnline();
  await world.advance(540_000);
  await world.socket.serverSends({ type: "expiring", inMs: 60_000 });
  const first = world.socket;
  await first.serverCloses();
  await world.advance(1_000);
  await greet(world);
  await app.returns("next");
  await app.fails();
  await world.advance(20_000);
  assert.deepEqual([first.sentOf("auth"), world.socket.sentOf("auth")], [[], []]);
  chat.close();
  assert.equal(world.timers, 0);
});

Deno.test("Chat waits for no earlier connection of an app's user who has lost the answer to the hello", async () => {
  const { app, world, chat } = await startApp();
  chat.join("lobby");
  await app.returns(tokenFor(world, 600_000));
  await world.socket.open();
  await world.socket.serverCloses();
  await world.advance(1_000);
  await greet(world);
  assert.equal(world.socket.lastOf("join", "lobby")["temporaryName"], true);
  chat.close();
});
