/** Messages that are reviewed before they enter a room. */
import assert from "node:assert/strict";
import type { ReviewedMessage, ReviewOutcome } from "../../../lib/core/moderation/review.ts";
import { makeCall } from "../../../lib/chat/calls/call.ts";
import { EntryReview } from "../../../lib/chat/moderation/entry_review.ts";
import { FOREVER } from "../../../lib/core/log/room_event.ts";
import { REPORTS_ROOM, SERVICE_AUTHOR } from "../../../lib/core/rooms/service_rooms.ts";
import {
  FakeAuthenticator,
  FakeChat,
  flushMicrotasks,
  name,
  noRevocations,
  room,
  UNLIMITED,
} from "../../support/fakes.ts";
import { wordFilter } from "../../support/word_lists.ts";
import { user } from "../../contract/fixtures.ts";
import { Client, type Frame, outcome } from "../../support/chat/den.ts";

const ACCEPT: ReviewOutcome = { kind: "accepted" };

/** A room with reviews that the test answers, Ann, and Oda, who listens. */
class Scene implements Disposable {
  /** What was asked, in this order. */
  readonly asked: ReviewedMessage[] = [];
  /** Answers at once with this; undefined to wait for {@linkcode answer}. */
  always: ReviewOutcome | undefined;
  readonly review: EntryReview;
  readonly chat: FakeChat;
  readonly revocations = noRevocations();
  readonly authenticator = new FakeAuthenticator();
  readonly ann: Client;
  readonly oda: Client;
  readonly #waiting = new Map<string, (outcome: ReviewOutcome) => void>();

  constructor(onFailure: "open" | "closed" = "closed") {
    this.review = new EntryReview({ reviewMessage: (it) => this.#ask(it) }, onFailure);
    this.chat = new FakeChat("at once", {
      review: this.review,
      words: wordFilter("bad", "mask: darn", "hold: deal"),
      revocations: this.revocations,
      authenticator: this.authenticator,
      limits: UNLIMITED,
    });
    this.authenticator.users.set("token", {
      user: user("a_mod00000"),
      name: name("Mo"),
      role: "moderator",
      rights: null,
      issuedAt: this.chat.clock.date(),
      tokenId: undefined,
      expiresAt: Infinity,
    });
    this.ann = new Client(this.chat);
    this.oda = new Client(this.chat);
  }

  async start(): Promise<void> {
    this.chat.followSanctions(() => {});
    await this.enter(this.ann, "Ann");
    await this.enter(this.oda, "Oda");
    await this.ann.ask();
  }

  async enter(client: Client, as: string): Promise<void> {
    await client.ask({ type: "hello", name: as }, { type: "join", room: "den" });
  }

  /** Ends the review of the message with an id. */
  async answer(id: string, outcome: ReviewOutcome = ACCEPT): Promise<void> {
    const resolve = this.#waiting.get(id) ?? assert.fail(`${id} is not reviewed`);
    this.#waiting.delete(id);
    resolve(outcome);
    await flushMicrotasks();
  }

  /** What Oda has received since the last call: texts, and kinds of other entries. */
  heard(): readonly unknown[] {
    return this.oda.fresh().filter(({ position }) => position !== undefined)
      .map(({ type, text }) => text ?? type);
  }

  /** Ann sends a message that is accepted; its position. */
  async said(text: string, client: Client = this.ann): Promise<unknown> {
    this.always = ACCEPT;
    const [ack] = (await client.ask(say("said", text))).filter(({ type }) => type === "ack");
    this.always = undefined;
    this.heard();
    this.asked.length = 0;
    return ack?.position;
  }

  #ask(message: ReviewedMessage): Promise<ReviewOutcome> {
    this.asked.push(message);
    if (this.always) return Promise.resolve(this.always);
    const { promise, resolve } = Promise.withResolvers<ReviewOutcome>();
    this.#waiting.set(message.id, resolve);
    return promise;
  }

  [Symbol.dispose](): void {
    this.chat[Symbol.dispose]();
  }
}

function say(id: string, text: string, more: Frame = {}): Frame {
  return { type: "say", id, room: "den", text, ...more };
}

async function startScene(onFailure?: "open" | "closed"): Promise<Scene> {
  const scene = new Scene(onFailure);
  await scene.start();
  return scene;
}

Deno.test("A message enters its room when its review has accepted it", async () => {
  using scene = await startScene();
  assert.deepEqual(await scene.ann.ask(say("1", "darn it")), []);
  assert.deepEqual(scene.heard(), []);
  const [asked] = scene.asked;
  assert.deepEqual([asked?.room, asked?.name, asked?.id, asked?.text, asked?.about], [
    "den",
    "Ann",
    "1",
    "**** it",
    { kind: "say", reply: undefined },
  ]);
  await scene.answer("1");
  assert.equal(outcome(scene.ann.fresh(), "1"), "done");
  assert.deepEqual(scene.heard(), ["**** it"]);
  assert.equal(scene.review.speakers, 0);
});

Deno.test("A message that is rejected does not enter, and its author is told why", async () => {
  using scene = await startScene();
  await scene.ann.ask(say("1", "buy"), say("2", "more"));
  await scene.answer("1", { kind: "rejected", reason: "an ad" });
  await scene.answer("2", { kind: "rejected" });
  const fault = { type: "fault", code: "rejected", retry: false };
  const message = "the message was not accepted";
  assert.deepEqual(scene.ann.fresh(), [
    { ...fault, id: "1", message: `${message}: an ad`, reason: "an ad" },
    { ...fault, id: "2", message },
  ]);
  assert.deepEqual(scene.heard(), []);
});

Deno.test("A text can be replaced, and a repetition that is reviewed alike enters once", async () => {
  using scene = await startScene();
  scene.always = { kind: "replaced", text: "nicer" };
  const first = await scene.ann.ask(say("1", "rude"));
  const again = await scene.ann.ask(say("1", "rude"));
  const ackOf = (frames: readonly Frame[]) => frames.find(({ type }) => type === "ack");
  assert.deepEqual(ackOf(first), ackOf(again));
  assert.equal(ackOf(first)?.type, "ack");
  assert.deepEqual(scene.heard(), ["nicer"]);
  assert.deepEqual(scene.asked.map(({ id }) => id), ["1", "1"]);
});

Deno.test("Reviews of one speaker run at the same time, and the messages keep their order", async () => {
  using scene = await startScene();
  await scene.ann.ask(say("1", "one"), say("2", "two"), say("3", "three"), say("4", "four"));
  assert.deepEqual(scene.asked.map(({ id }) => id), ["1", "2", "3", "4"]);
  await scene.answer("4");
  await scene.answer("2", { kind: "rejected" });
  await scene.answer("3");
  assert.deepEqual(scene.heard(), []);
  await scene.answer("1");
  assert.deepEqual(scene.heard(), ["one", "three", "four"]);
  assert.deepEqual(scene.ann.fresh().filter(({ type }) => type !== "said").map(({ id }) => id), [
    "1",
    "2",
    "3",
    "4",
  ]);
});

Deno.test("The order holds over all connections of a user, and nobody else waits", async () => {
  using scene = await startScene();
  const [one, two] = [new Client(scene.chat), new Client(scene.chat)];
  for (const client of [one, two]) {
    await client.ask({ type: "hello", token: "token" }, { type: "join", room: "den" });
  }
  await one.ask(say("1", "slow"));
  await two.ask(say("2", "fast"));
  await scene.ann.ask(say("a", "other"));
  await scene.answer("2");
  await scene.answer("a");
  assert.deepEqual(scene.heard(), ["other"]);
  await scene.answer("1");
  assert.deepEqual(scene.heard(), ["slow", "fast"]);
});

Deno.test("What a user edits, deletes and reacts to comes after the messages that the user sent before", async () => {
  using scene = await startScene();
  const of = await scene.said("first");
  await scene.ann.ask(
    say("1", "second"),
    { type: "edit", id: "2", room: "den", of, text: "first!" },
    { type: "react", id: "3", room: "den", of, emoji: "👍" },
    { type: "delete", id: "4", room: "den", of },
  );
  assert.deepEqual(scene.asked.map(({ about }) => about.kind), ["say", "edit"]);
  await scene.answer("2", { kind: "replaced", text: "first?" });
  assert.deepEqual(scene.heard(), []);
  await scene.answer("1");
  assert.deepEqual(scene.heard(), ["second", "first?", "reacted", "deleted"]);
});

Deno.test("An edit that is rejected leaves the message as it was", async () => {
  using scene = await startScene();
  const of = await scene.said("fine");
  scene.always = { kind: "rejected" };
  const answers = await scene.ann.ask({ type: "edit", id: "2", room: "den", of, text: "rude" });
  assert.equal(outcome(answers, "2"), "rejected");
  assert.deepEqual(scene.heard(), []);
});

Deno.test("Without an answer, a message is refused until it is worth trying again, or enters as it is", async () => {
  for (const onFailure of ["closed", "open"] as const) {
    using scene = await startScene(onFailure);
    scene.always = { kind: "failed", afterMs: 7_000 };
    const answers = await scene.ann.ask(say("1", "hi"));
    if (onFailure === "open") {
      assert.equal(outcome(answers, "1"), "done");
      assert.deepEqual(scene.heard(), ["hi"]);
    } else {
      const { code, retry, afterMs } = answers[0] ?? assert.fail();
      assert.deepEqual([code, retry, afterMs], ["unavailable", true, 7_000]);
      assert.deepEqual(scene.heard(), []);
    }
  }
});

Deno.test("Moderators are reviewed like everybody, but not in the rooms of moderators", async () => {
  using scene = await startScene();
  const mo = new Client(scene.chat);
  await mo.ask(
    { type: "hello", token: "token" },
    { type: "join", room: "den" },
    { type: "join", room: REPORTS_ROOM },
  );
  await mo.ask(say("1", "hi"));
  assert.deepEqual(scene.asked.map(({ name }) => name), ["Mo"]);
  await scene.answer("1");
  assert.equal(outcome(await mo.ask(say("2", "so", { room: REPORTS_ROOM })), "2"), "done");
  assert.equal(scene.asked.length, 1);
});

Deno.test("Nobody is asked about texts that are refused anyway, or that a moderator decides about", async () => {
  using scene = await startScene();
  const mo = new Client(scene.chat);
  await mo.ask({ type: "hello", token: "token" }, { type: "join", room: REPORTS_ROOM });
  for (
    const [text, code] of [["bad", "blocked_words"], [" ", "empty"], [
      "x".repeat(101),
      "too_long",
    ], ["a deal", "held"]]
  ) {
    assert.equal(outcome(await scene.ann.ask(say("1", String(text))), "1"), code);
  }
  const [held] = mo.fresh().filter(({ type }) => type === "said");
  const released = await mo.ask({ type: "release", id: "r", of: held?.position });
  assert.equal(outcome(released, "r"), "done");
  assert.deepEqual(scene.heard(), ["a deal"]);
  assert.deepEqual(scene.asked, []);
});

Deno.test("A message enters although its author has left, or is gone", async () => {
  using scene = await startScene();
  await scene.ann.ask(say("1", "bye"), { type: "leave", room: "den" });
  await scene.ann.ask({ type: "join", room: "den" }, say("2", "again"));
  scene.ann.handler.onClose();
  await scene.answer("1");
  await scene.answer("2");
  assert.deepEqual(scene.heard(), ["bye", "again"]);
  assert.equal(scene.review.speakers, 0);
});

for (const kind of ["mute", "ban"] as const) {
  Deno.test(`A message whose author is hit by a ${kind} during its review does not enter`, async () => {
    using scene = await startScene();
    await scene.ann.ask(say("1", "hi"));
    const who = scene.asked[0]?.user ?? assert.fail();
    const event = { kind, user: who, name: name("Ann"), until: FOREVER, rank: "operator" } as const;
    const action = { kind: "said", text: "no", event } as const;
    const draft = { ...SERVICE_AUTHOR, id: "m", action, isExempt: true } as const;
    await scene.chat.bus.publish({ ...draft, room: room("den") });
    await flushMicrotasks();
    scene.heard();
    await scene.answer("1");
    const expected = kind === "mute" ? "muted" : "not_allowed";
    assert.equal(outcome(scene.ann.fresh(), "1"), expected);
    assert.deepEqual(scene.heard(), []);
  });
}

Deno.test("A message whose author is signed out during its review does not enter", async () => {
  using scene = await startScene();
  const mo = new Client(scene.chat);
  await mo.ask({ type: "hello", token: "token" }, { type: "join", room: "den" });
  await mo.ask(say("1", "hi"));
  const revocation = { scope: "user", id: user("a_mod00000"), before: FOREVER } as const;
  scene.revocations.learn({ version: 2, added: [revocation] });
  await scene.answer("1");
  assert.deepEqual(scene.heard(), []);
  assert.equal(outcome(mo.fresh(), "1"), "not_allowed");
});

Deno.test("A user cannot have more than 100 messages under review", async () => {
  using scene = await startScene();
  const ids = Array.from({ length: 101 }, (_, index) => `m${index}`);
  const faults = await scene.ann.ask(...ids.map((id) => say(id, id)));
  assert.deepEqual(faults.map(({ id, code }) => [id, code]), [["m100", "unavailable"]]);
  assert.equal(scene.asked.length, 100);
  for (const id of ids.slice(0, 100)) await scene.answer(id);
  assert.equal(scene.heard().length, 100);
});

Deno.test("A bus that is away refuses a message after its review, and the next one enters", async () => {
  using scene = await startScene();
  await scene.ann.ask(say("1", "one"), say("2", "two"));
  scene.chat.bus.availability = "away";
  await scene.answer("1");
  assert.equal(outcome(scene.ann.fresh(), "1"), "unavailable");
  scene.chat.bus.availability = "well";
  await scene.answer("2");
  assert.deepEqual(scene.heard(), ["two"]);
  assert.equal(scene.review.speakers, 0);
});

Deno.test("Calls of the HTTP API are reviewed too", async () => {
  using scene = await startScene();
  const call = {
    origin: {},
    hello: { token: "token" },
    bytes: 10,
    room: "den",
    request: { type: "say", id: "c", room: "den", text: "hi" },
  } as const;
  const result = makeCall(call, scene.chat.context, new AbortController().signal);
  await flushMicrotasks();
  await scene.answer("c", { kind: "rejected", reason: "an ad" });
  const { kind, ...rest } = await result;
  assert.deepEqual([kind, "fault" in rest && rest.fault.code], ["refused", "rejected"]);
});
