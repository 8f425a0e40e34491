import assert from "node:assert/strict";
import { BusUnavailable } from "../../../lib/chat/bus.ts";
import { Line, type Post } from "../../../lib/io/isolates/line.ts";
import { settle } from "../../fakes.ts";

/** As `postMessage` copies it; what it cannot copy fails. */
const copy = (post: Post): Post => structuredClone(post);

type Far = {
  readonly echo: (text: string) => string;
  readonly later: (text: string) => Promise<string>;
  readonly fail: (error: Error) => void;
  readonly away: (perhapsSent: boolean) => Promise<never>;
};

/** Two ends, and what went over from the near one. */
class Pair {
  readonly posts: Post[] = [];
  readonly back: Post[] = [];
  readonly asked: string[] = [];
  readonly #answers: (() => void)[] = [];
  readonly near: Line<Far> = new Line<Far>(
    (post) => {
      this.posts.push(post);
      this.far.receive(copy(post));
    },
    { echo: (text: string) => `near ${text}` },
    queueMicrotask,
  );
  readonly far: Line<{ readonly echo: (text: string) => string }> = new Line(
    (post) => {
      this.back.push(post);
      this.near.receive(copy(post));
    },
    this.#farAnswers(),
    queueMicrotask,
  );

  /** Answers the oldest of those who wait for it. */
  async answerOne(): Promise<void> {
    this.#answers.shift()?.();
    await settle();
  }

  #farAnswers(): Far {
    return {
      echo: (text) => (this.asked.push(text), `far ${text}`),
      later: (text) => {
        this.asked.push(text);
        return new Promise((resolve) => this.#answers.push(() => resolve(`late ${text}`)));
      },
      fail: (error) => {
        throw error;
      },
      away: (perhapsSent) => Promise.reject(new BusUnavailable("it is away", { perhapsSent })),
    };
  }
}

/** Asks and forgets. */
function ask(pair: Pair, first: number, last: number): Promise<string>[] {
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const answer = pair.near.call("later", String(first + index));
    answer.catch(() => {});
    return answer;
  });
}

Deno.test("Line carries the calls of one turn in one post, in their order, and their answers in one post back", async () => {
  const pair = new Pair();
  const answers = ["1", "2", "3"].map((text) => pair.near.call("echo", text));
  assert.deepEqual(await Promise.all(answers), ["far 1", "far 2", "far 3"]);
  assert.deepEqual(pair.asked, ["1", "2", "3"]);
  assert.deepEqual([pair.posts.length, pair.back.length], [1, 1]);
});

Deno.test("Line carries calls and replies together", async () => {
  const pair = new Pair();
  const one = pair.near.call("echo", "one");
  const other = pair.far.call("echo", "other");
  assert.deepEqual(await Promise.all([one, other]), ["far one", "near other"]);
  assert.ok(pair.back.some(({ calls, replies }) => calls.length === 1 && replies.length <= 1));
  assert.ok(pair.posts.length <= 2 && pair.back.length <= 2);
});

Deno.test("Line answers in the order of the answers, not of the calls", async () => {
  const pair = new Pair();
  const late = pair.near.call("later", "1");
  assert.equal(await pair.near.call("echo", "2"), "far 2");
  await pair.answerOne();
  assert.equal(await late, "late 1");
});

Deno.test("Line lets 1000 calls be without an answer, and the next wait for one of them, in its turn", async () => {
  const pair = new Pair();
  ask(pair, 1, 1_002);
  await settle();
  assert.equal(pair.asked.length, 1_000);
  await pair.answerOne();
  assert.deepEqual(pair.asked.slice(1_000), ["1001"]);
  ask(pair, 1_003, 1_003);
  await pair.answerOne();
  await pair.answerOne();
  assert.deepEqual(pair.asked.slice(1_000), ["1001", "1002", "1003"]);
});

Deno.test("Line refuses a call when 20,000 wait for their turn, and takes calls again when there are fewer", async () => {
  const pair = new Pair();
  ask(pair, 1, 21_000);
  await assert.rejects(pair.near.call("echo", "too much"), (error) => {
    return error instanceof BusUnavailable && !error.perhapsSent && /too much/.test(error.message);
  });
  await settle();
  await pair.answerOne();
  ask(pair, 21_001, 21_001);
  for (let left = 21_000; left > 0; left--) await pair.answerOne();
  assert.equal(pair.asked.at(-1), "21001");
});

Deno.test("Line serves those who wait in turn, each in its order, whoever asks for most", async () => {
  const pair = new Pair();
  ask(pair, 1, 1_000);
  const askFor = (lane: string, ...texts: readonly string[]) => {
    for (const text of texts) pair.near.callFor(lane, "later", text).catch(() => {});
  };
  askFor("greedy", "g1", "g2", "g3", "g4");
  askFor("ann", "a1", "a2");
  askFor("bob", "b1");
  await settle();
  for (let answered = 0; answered < 7; answered++) await pair.answerOne();
  assert.deepEqual(pair.asked.slice(1_000), ["g1", "a1", "b1", "g2", "a2", "g3", "g4"]);
});

Deno.test("Line refuses a call when 1,000 wait in its lane, and takes those of others", async () => {
  const pair = new Pair();
  ask(pair, 1, 1_000);
  const askFor = (lane: string) => pair.near.callFor(lane, "later", lane);
  for (let i = 0; i < 1_000; i++) askFor("greedy").catch(() => {});
  await assert.rejects(askFor("greedy"), (error) => {
    return error instanceof BusUnavailable && !error.perhapsSent;
  });
  const calm = askFor("calm");
  await settle();
  await pair.answerOne();
  await pair.answerOne();
  assert.deepEqual(pair.asked.slice(1_000), ["greedy", "calm"]);
  for (let left = 1_000; left > 0; left--) await pair.answerOne();
  assert.equal(await calm, "late calm");
});

Deno.test("Line does not count what may be answered late, and lets it pass those who wait", async () => {
  const pair = new Pair();
  for (let i = 0; i < 2_000; i++) pair.near.wait("later", "whenever").catch(() => {});
  assert.equal(await pair.near.call("echo", "now"), "far now");
  ask(pair, 1, 1_001);
  assert.equal(await pair.near.wait("echo", "all the same"), "far all the same");
});

Deno.test("Line carries an error's message, also where an answer throws at once", async () => {
  const pair = new Pair();
  await assert.rejects(pair.near.call("fail", new TypeError("no")), { message: "no" });
});

for (const perhapsSent of [true, false]) {
  Deno.test(`Line carries a BusUnavailable as one, with perhapsSent ${perhapsSent}`, async () => {
    const pair = new Pair();
    await assert.rejects(pair.near.call("away", perhapsSent), (error) => {
      return error instanceof BusUnavailable && error.perhapsSent === perhapsSent &&
        error.message === "it is away";
    });
  });
}

Deno.test("Line rejects a call that the other end has no answer to", async () => {
  const posts: Post[] = [];
  const near = new Line<Far>((post) => posts.push(post), {}, queueMicrotask);
  const far = new Line((post) => near.receive(post), {}, queueMicrotask);
  const answer = near.call("echo", "hello");
  await settle();
  far.receive(posts[0] ?? assert.fail("nothing was posted"));
  await assert.rejects(answer, /Cannot answer: received echo/);
});

Deno.test("Line rejects all that is not answered when it is cut, and all that is asked afterwards", async () => {
  const pair = new Pair();
  const asked = [...ask(pair, 1, 1_500), pair.near.wait("later", "whenever")];
  await settle();
  pair.near.cut();
  asked.push(pair.near.call("echo", "too late"), pair.near.wait("echo", "too late"));
  for (const answer of asked) {
    await assert.rejects(answer, (error) => error instanceof BusUnavailable && error.perhapsSent);
  }
  assert.equal(pair.asked.length, 1_001);
  await pair.answerOne();
});
