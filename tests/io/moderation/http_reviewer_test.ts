/** Reviews over HTTP, by services that answer well, and that fail in every way. */
import assert from "node:assert/strict";
import { reviewMetrics } from "../../../lib/chat/metrics.ts";
import type { ReviewedMessage } from "../../../lib/core/moderation/review.ts";
import { Metrics } from "../../../lib/core/metrics/metrics.ts";
import { HttpReviewer, MAX_REVIEWS } from "../../../lib/io/moderation/http_reviewer.ts";
import { ANSWER_MS } from "../../../lib/io/moderation/review_request.ts";
import { lobby, user } from "../../contract/fixtures.ts";
import { FakeClock, name } from "../../support/fakes.ts";
import { LogRecorder } from "../../support/log_recorder.ts";
import { REVIEW_SECRET, ReviewReceiver } from "../../support/reviews.ts";
import {
  type Behavior,
  HostileReceiver,
  readRequest,
  writeText,
} from "../webhooks/hostile_receiver.ts";

const MAX_TEXT_BYTES = 100;
const ACCEPT = JSON.stringify({ action: "accept" });

function message(text: string, id = "m-1", of = "u7bob3k2"): ReviewedMessage {
  return { room: lobby, user: user(of), name: name("Bob"), id, text, about: { kind: "say" } };
}

/** A reviewer that asks at a URL, with a clock that the test advances. */
function reviewerOf(url: string) {
  const clock = new FakeClock();
  const metrics = reviewMetrics(new Metrics());
  const target = { url, secret: REVIEW_SECRET, maxTextBytes: MAX_TEXT_BYTES };
  const reviewer = new HttpReviewer({ target, clock, metrics });
  const counts = () =>
    Object.fromEntries(
      Object.entries(metrics.requests).flatMap(([kind, { value }]) => value ? [[kind, value]] : []),
    );
  return { clock, metrics, reviewer, counts };
}

function reply(body: string, head = ""): string {
  const length = new TextEncoder().encode(body).length;
  return `HTTP/1.1 200 OK\r\n${head}content-length: ${length}\r\n\r\n${body}`;
}

/** Answers every request with a text. */
function answering(text: string): Behavior {
  return async (connection) => {
    while (await readRequest(connection) !== "") await writeText(connection, text);
  };
}

/** Answers one request with a text. */
async function answerOnce(connection: Deno.Conn, text: string): Promise<void> {
  await readRequest(connection);
  await writeText(connection, text);
}

Deno.test("A message is reviewed by a signed POST, which a repetition has the id of", async () => {
  await using receiver = new ReviewReceiver();
  const { reviewer, counts, metrics } = reviewerOf(receiver.url);
  assert.deepEqual(await reviewer.reviewMessage(message("hello")), { kind: "accepted" });
  const [first] = receiver.requests;
  assert.deepEqual([first?.type, first?.timestamp], ["message.review", "2026-01-01T00:00:00.000Z"]);
  const about = { room: "lobby", user: "u7bob3k2", name: "Bob", id: "m-1" };
  assert.deepEqual(first?.data, { ...about, kind: "say", text: "hello" });
  assert.deepEqual(await reviewer.reviewMessage(message("reject it", "m-2")), {
    kind: "rejected",
    reason: "an ad",
  });
  assert.deepEqual(await reviewer.reviewMessage(message("replace it")), {
    kind: "replaced",
    text: "nicer",
  });
  await reviewer.reviewMessage(message("hello", "m-1", "u_another"));
  const [one, two, three, four] = receiver.requests.map(({ id }) => id);
  assert.equal(one, three);
  assert.equal(new Set([one, two, four]).size, 3);
  assert.equal(receiver.forged, 0);
  assert.deepEqual(counts(), { accepted: 2, rejected: 1, replaced: 1 });
  assert.equal(metrics.seconds.counts.reduce((sum, it) => sum + it), 4);
});

for (
  const [what, behavior, failure] of [
    ["closes the connection", (it) => Promise.resolve(it.close()), { why: "connection" }],
    ["speaks no HTTP", answering("hello\r\n\r\n"), { why: "connection" }],
    [
      "breaks off within the answer",
      async (it) => {
        await answerOnce(it, `HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n${ACCEPT}`);
        it.close();
      },
      { why: "connection" },
    ],
    ["answers 500", answering("HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n"), {
      why: "status",
      status: 500,
    }],
    ["answers without a body", answering("HTTP/1.1 204 No Content\r\n\r\n"), { why: "answer" }],
    ["answers with another format", answering(reply("accept")), { why: "answer" }],
    ["answers with an unknown action", answering(reply('{"action":"ban"}')), { why: "answer" }],
    [
      "replaces a text with one that is too long",
      answering(reply(JSON.stringify({ action: "replace", text: "x".repeat(101) }))),
      { why: "answer" },
    ],
    [
      "states a long answer",
      answering("HTTP/1.1 200 OK\r\ncontent-length: 65537\r\n\r\n{"),
      { why: "too_long" },
    ],
    [
      "sends a long answer",
      async (it) => {
        await answerOnce(it, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        for (;;) await writeText(it, `1000\r\n${" ".repeat(4_096)}\r\n`);
      },
      { why: "too_long" },
    ],
  ] satisfies readonly (readonly [string, Behavior, object])[]
) {
  Deno.test(`A review fails if the service ${what}`, async () => {
    await using log = await LogRecorder.start();
    await using receiver = HostileReceiver.plain(behavior);
    const { reviewer, counts } = reviewerOf(`http://127.0.0.1:${receiver.port}/`);
    for (let count = 1; count <= 5; count++) {
      assert.equal(reviewer.isPaused, false);
      const { kind } = await reviewer.reviewMessage(message("hello"));
      assert.equal(kind, "failed");
    }
    assert.deepEqual(counts(), { failed: 5 });
    assert.deepEqual(log.fields("moderation.paused"), [failure]);
    assert.doesNotMatch(log.text, /hello|whsec_/);
  });
}

Deno.test("A review fails if nobody listens", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const { reviewer } = reviewerOf(`http://127.0.0.1:${port}/`);
  assert.deepEqual(await reviewer.reviewMessage(message("hello")), {
    kind: "failed",
    afterMs: 1_000,
  });
});

Deno.test("A review does not follow redirects", async () => {
  await using other = HostileReceiver.plain(answering(reply(ACCEPT)));
  const location = `location: http://127.0.0.1:${other.port}/\r\ncontent-length: 0`;
  await using receiver = HostileReceiver.plain(
    answering(`HTTP/1.1 307 Elsewhere\r\n${location}\r\n\r\n`),
  );
  const { reviewer } = reviewerOf(`http://127.0.0.1:${receiver.port}/`);
  assert.equal((await reviewer.reviewMessage(message("hello"))).kind, "failed");
  assert.equal(other.accepted, 0);
});

for (
  const [what, start] of [
    ["nothing", ""],
    ["a part of the head", "HTTP/1.1 200 OK\r\n"],
    ["a part of the body", `HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n${ACCEPT}`],
  ] as const
) {
  Deno.test(`A review fails if the service has sent ${what} within a second`, async () => {
    const sent = Promise.withResolvers<void>();
    await using receiver = HostileReceiver.plain(async (connection) => {
      await answerOnce(connection, start);
      sent.resolve();
    });
    const { reviewer, clock } = reviewerOf(`http://127.0.0.1:${receiver.port}/`);
    const review = reviewer.reviewMessage(message("hello"));
    await sent.promise;
    await clock.advance(ANSWER_MS);
    assert.equal((await review).kind, "failed");
  });
}

Deno.test("After five failures nothing is asked for ten seconds; then one trial decides", async () => {
  await using log = await LogRecorder.start();
  await using receiver = new ReviewReceiver();
  const { reviewer, clock, counts } = reviewerOf(receiver.url);
  receiver.isBroken = true;
  for (let count = 0; count < 5; count++) await reviewer.reviewMessage(message("hello"));
  assert.equal(reviewer.isPaused, true);
  await clock.advance(4_000);
  assert.deepEqual(await reviewer.reviewMessage(message("hello")), {
    kind: "failed",
    afterMs: 6_000,
  });
  assert.equal(receiver.requests.length, 5);
  await clock.advance(6_000);
  const both = await Promise.all([1, 2].map(() => reviewer.reviewMessage(message("hello"))));
  assert.deepEqual(both.map(({ kind }) => kind), ["failed", "failed"]);
  assert.equal(receiver.requests.length, 6);
  receiver.isBroken = false;
  await clock.advance(10_000);
  assert.equal((await reviewer.reviewMessage(message("hello"))).kind, "accepted");
  assert.equal(reviewer.isPaused, false);
  assert.deepEqual(counts(), { accepted: 1, failed: 6, skipped: 2 });
  assert.deepEqual(log.fields("moderation.paused"), [{ why: "status", status: 500 }]);
  assert.deepEqual(log.fields("moderation.resumed"), [{}]);
});

/** Holds requests back until the test lets them be answered, all that have arrived at once. */
class HeldBack {
  readonly #arrivals: PromiseWithResolvers<void>[] = [];
  #release = Promise.withResolvers<void>();
  #count = 0;

  readonly behavior: Behavior = async (connection) => {
    await readRequest(connection);
    this.#count += 1;
    const { promise } = this.#release;
    this.#arrival(this.#count).resolve();
    await promise;
    await writeText(connection, reply(ACCEPT, "connection: close\r\n"));
  };

  /** Resolves when so many requests have ever arrived. */
  async whenArrived(count: number): Promise<void> {
    await this.#arrival(count).promise;
    assert.equal(this.#count, count);
  }

  release(): void {
    this.#release.resolve();
    this.#release = Promise.withResolvers();
  }

  #arrival(count: number): PromiseWithResolvers<void> {
    return this.#arrivals[count] ??= Promise.withResolvers();
  }
}

Deno.test("Only so many reviews are under way, and what waits too long is no failure of the service", async () => {
  const held = new HeldBack();
  await using receiver = HostileReceiver.plain(held.behavior);
  const { reviewer, clock, counts } = reviewerOf(`http://127.0.0.1:${receiver.port}/`);
  const reviewMany = () =>
    Promise.all(
      Array.from({ length: MAX_REVIEWS }, () => reviewer.reviewMessage(message("hello"))),
    );
  const first = reviewMany();
  await held.whenArrived(MAX_REVIEWS);
  await clock.advance(500);
  const second = reviewMany();
  await clock.advance(100);
  const late = reviewer.reviewMessage(message("late"));
  await clock.advance(300);
  held.release();
  assert.ok((await first).every(({ kind }) => kind === "accepted"));
  await held.whenArrived(2 * MAX_REVIEWS);
  await clock.advance(700);
  assert.deepEqual(await late, { kind: "failed", afterMs: 1_000 });
  held.release();
  assert.ok((await second).every(({ kind }) => kind === "accepted"));
  // The turn of the late one was given back.
  const third = reviewMany();
  await held.whenArrived(3 * MAX_REVIEWS);
  held.release();
  await third;
  assert.equal(reviewer.isPaused, false);
  assert.deepEqual(counts(), { accepted: 3 * MAX_REVIEWS, skipped: 1 });
});
