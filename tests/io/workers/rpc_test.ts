import assert from "node:assert/strict";
import { BusUnavailable } from "../../../lib/chat/ports/bus.ts";
import { type RpcBatch, RpcChannel } from "../../../lib/io/workers/rpc.ts";
import { flushMicrotasks } from "../../support/fakes.ts";

/** Copies a value as `postMessage` does; fails for values that cannot be copied. */
const copy = (post: RpcBatch): RpcBatch => structuredClone(post);

type FarHandlers = {
  readonly echo: (text: string) => string;
  readonly later: (text: string) => Promise<string>;
  readonly fail: (error: Error) => void;
  readonly away: (mayHaveApplied: boolean) => Promise<never>;
};

/** Two ends, and the posts of the near one. */
class ChannelPair {
  readonly posts: RpcBatch[] = [];
  readonly back: RpcBatch[] = [];
  readonly called: string[] = [];
  readonly #replies: (() => void)[] = [];
  readonly near: RpcChannel<FarHandlers> = new RpcChannel<FarHandlers>(
    (post) => {
      this.posts.push(post);
      this.far.receive(copy(post));
    },
    { echo: (text: string) => `near ${text}` },
    queueMicrotask,
  );
  readonly far: RpcChannel<{ readonly echo: (text: string) => string }> = new RpcChannel(
    (post) => {
      this.back.push(post);
      this.near.receive(copy(post));
    },
    this.#farHandlers(),
    queueMicrotask,
  );

  /** Answers the oldest of the waiting calls. */
  async replyToOldest(): Promise<void> {
    this.#replies.shift()?.();
    await flushMicrotasks();
  }

  #farHandlers(): FarHandlers {
    return {
      echo: (text) => (this.called.push(text), `far ${text}`),
      later: (text) => {
        this.called.push(text);
        return new Promise((resolve) => this.#replies.push(() => resolve(`late ${text}`)));
      },
      fail: (error) => {
        throw error;
      },
      away: (mayHaveApplied) =>
        Promise.reject(new BusUnavailable("it is away", { mayHaveApplied, reason: "no_space" })),
    };
  }
}

/** Calls and ignores the result. */
function callMany(pair: ChannelPair, first: number, last: number): Promise<string>[] {
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const answer = pair.near.call("later", String(first + index));
    answer.catch(() => {});
    return answer;
  });
}

Deno.test("Line sends the calls of one turn in one post, in order, and their replies in one post back", async () => {
  const pair = new ChannelPair();
  const answers = ["1", "2", "3"].map((text) => pair.near.call("echo", text));
  assert.deepEqual(await Promise.all(answers), ["far 1", "far 2", "far 3"]);
  assert.deepEqual(pair.called, ["1", "2", "3"]);
  assert.deepEqual([pair.posts.length, pair.back.length], [1, 1]);
});

Deno.test("Line sends calls and replies together", async () => {
  const pair = new ChannelPair();
  const one = pair.near.call("echo", "one");
  const other = pair.far.call("echo", "other");
  assert.deepEqual(await Promise.all([one, other]), ["far one", "near other"]);
  assert.ok(pair.back.some(({ calls, replies }) => calls.length === 1 && replies.length <= 1));
  assert.ok(pair.posts.length <= 2 && pair.back.length <= 2);
});

Deno.test("Line replies in the order of the results, not of the calls", async () => {
  const pair = new ChannelPair();
  const late = pair.near.call("later", "1");
  assert.equal(await pair.near.call("echo", "2"), "far 2");
  await pair.replyToOldest();
  assert.equal(await late, "late 1");
});

Deno.test("Line allows 1000 unanswered calls, and queues further ones in order", async () => {
  const pair = new ChannelPair();
  callMany(pair, 1, 1_002);
  await flushMicrotasks();
  assert.equal(pair.called.length, 1_000);
  await pair.replyToOldest();
  assert.deepEqual(pair.called.slice(1_000), ["1001"]);
  callMany(pair, 1_003, 1_003);
  await pair.replyToOldest();
  await pair.replyToOldest();
  assert.deepEqual(pair.called.slice(1_000), ["1001", "1002", "1003"]);
});

Deno.test("Line refuses a call when 20,000 are queued, and accepts calls again when fewer are", async () => {
  const pair = new ChannelPair();
  callMany(pair, 1, 21_000);
  await assert.rejects(pair.near.call("echo", "too much"), (error) => {
    return error instanceof BusUnavailable && !error.mayHaveApplied &&
      /too much/.test(error.message);
  });
  await flushMicrotasks();
  await pair.replyToOldest();
  callMany(pair, 21_001, 21_001);
  for (let left = 21_000; left > 0; left--) await pair.replyToOldest();
  assert.equal(pair.called.at(-1), "21001");
});

Deno.test("Line serves the queued calls of its lanes in turn, each lane in order", async () => {
  const pair = new ChannelPair();
  callMany(pair, 1, 1_000);
  const askFor = (lane: string, ...texts: readonly string[]) => {
    for (const text of texts) pair.near.callInLane(lane, "later", text).catch(() => {});
  };
  askFor("greedy", "g1", "g2", "g3", "g4");
  askFor("ann", "a1", "a2");
  askFor("bob", "b1");
  await flushMicrotasks();
  for (let answered = 0; answered < 7; answered++) await pair.replyToOldest();
  assert.deepEqual(pair.called.slice(1_000), ["g1", "a1", "b1", "g2", "a2", "g3", "g4"]);
});

Deno.test("Line refuses a call when 1,000 are queued in its lane, and accepts those of other lanes", async () => {
  const pair = new ChannelPair();
  callMany(pair, 1, 1_000);
  const askFor = (lane: string) => pair.near.callInLane(lane, "later", lane);
  for (let i = 0; i < 1_000; i++) askFor("greedy").catch(() => {});
  await assert.rejects(askFor("greedy"), (error) => {
    return error instanceof BusUnavailable && !error.mayHaveApplied;
  });
  const calm = askFor("calm");
  await flushMicrotasks();
  await pair.replyToOldest();
  await pair.replyToOldest();
  assert.deepEqual(pair.called.slice(1_000), ["greedy", "calm"]);
  for (let left = 1_000; left > 0; left--) await pair.replyToOldest();
  assert.equal(await calm, "late calm");
});

Deno.test("Line does not count calls that may be answered late, and sends them past the queue", async () => {
  const pair = new ChannelPair();
  for (let i = 0; i < 2_000; i++) pair.near.callUnbounded("later", "whenever").catch(() => {});
  assert.equal(await pair.near.call("echo", "now"), "far now");
  callMany(pair, 1, 1_001);
  assert.equal(await pair.near.callUnbounded("echo", "all the same"), "far all the same");
});

Deno.test("Line transfers an error's message, even when a call throws immediately", async () => {
  const pair = new ChannelPair();
  await assert.rejects(pair.near.call("fail", new TypeError("no")), { message: "no" });
});

for (const mayHaveApplied of [true, false]) {
  Deno.test(`Line transfers a BusUnavailable as one, with its reason, and mayHaveApplied ${mayHaveApplied}`, async () => {
    const pair = new ChannelPair();
    await assert.rejects(pair.near.call("away", mayHaveApplied), (error) => {
      return error instanceof BusUnavailable && error.mayHaveApplied === mayHaveApplied &&
        error.message === "it is away" && error.reason === "no_space";
    });
  });
}

Deno.test("Line rejects a call that the other end does not implement", async () => {
  const posts: RpcBatch[] = [];
  const near = new RpcChannel<FarHandlers>((post) => posts.push(post), {}, queueMicrotask);
  const far = new RpcChannel((post) => near.receive(post), {}, queueMicrotask);
  const answer = near.call("echo", "hello");
  await flushMicrotasks();
  far.receive(posts[0] ?? assert.fail("nothing was posted"));
  await assert.rejects(answer, /Cannot answer: received echo/);
});

Deno.test("Line rejects all unanswered calls when it is cut, and all later ones", async () => {
  const pair = new ChannelPair();
  const asked = [...callMany(pair, 1, 1_500), pair.near.callUnbounded("later", "whenever")];
  await flushMicrotasks();
  pair.near.close();
  asked.push(pair.near.call("echo", "too late"), pair.near.callUnbounded("echo", "too late"));
  for (const answer of asked) {
    await assert.rejects(
      answer,
      (error) => error instanceof BusUnavailable && error.mayHaveApplied,
    );
  }
  assert.equal(pair.called.length, 1_001);
  await pair.replyToOldest();
});
