/**
 * A connection is allowed within its budgets, limited above them, and closed only when it keeps exceeding them.
 * @module
 */
import assert from "node:assert/strict";
import {
  type RateDecision,
  RateLimiter,
  SharedBudgets,
} from "../../../lib/core/limits/rate_limiter.ts";

/** A limiter of the only connection of its address. */
function limiterWith(messagesPerSecond: number, bytesPerSecond = 0): RateLimiter {
  return new RateLimiter(new SharedBudgets({ messagesPerSecond, bytesPerSecond }));
}

/** The decisions about a number of messages at the same moment. */
function decisions(limiter: RateLimiter, count: number, now: number, bytes = 1): string[] {
  return Array.from({ length: count }, () => kindOf(limiter.check(now, bytes)));
}

function kindOf(decision: RateDecision): "allowed" | "limited" | "exceeded" {
  return typeof decision === "string" ? decision : "limited";
}

Deno.test("RateLimiter allows three seconds' worth, limits as many more, and is then exceeded", () => {
  const said = decisions(limiterWith(10), 62, 0);
  assert.deepEqual(new Set(said.slice(0, 30)), new Set(["allowed"]));
  assert.deepEqual(new Set(said.slice(30, 60)), new Set(["limited"]));
  assert.deepEqual(said.slice(60), ["exceeded", "exceeded"]);
});

Deno.test("RateLimiter allows one message at a time when three seconds' worth is less than one", () => {
  const limiter = limiterWith(0.1);
  assert.deepEqual(decisions(limiter, 3, 0), ["allowed", "limited", "exceeded"]);
  assert.deepEqual(decisions(limiter, 1, 10_000), ["allowed"]);
});

Deno.test("RateLimiter without a limit allows everything", () => {
  assert.deepEqual(new Set(decisions(limiterWith(0), 10_000, 0, 1e9)), new Set(["allowed"]));
});

Deno.test("RateLimiter counts time from the first check", () => {
  const said = decisions(limiterWith(1), 4, 500_000);
  assert.deepEqual(said, ["allowed", "allowed", "allowed", "limited"]);
});

Deno.test("RateLimiter refills refusals ten times slower than messages", () => {
  const limiter = limiterWith(1);
  decisions(limiter, 6, 0);
  // One message has been gained, and a tenth of a refusal.
  assert.deepEqual(decisions(limiter, 2, 1_000), ["allowed", "exceeded"]);
  // Three messages have been gained, and one refusal.
  const said = decisions(limiter, 5, 10_000);
  assert.deepEqual(said, ["allowed", "allowed", "allowed", "limited", "exceeded"]);
});

for (
  const [what, timesTheRate, worst] of [
    ["allows everything at its rate", 0.99, "allowed"],
    ["only limits a client that is a little too fast", 1.05, "limited"],
    ["is exceeded by a client that continues at twice the rate", 2, "exceeded"],
  ] as const
) {
  for (const dimension of ["messages", "bytes"] as const) {
    Deno.test(`RateLimiter ${what}, in ${dimension}`, () => {
      const limiter = dimension === "messages" ? limiterWith(10) : limiterWith(0, 1_000);
      const said = new Set<string>();
      for (let k = 0; k < 6_000; k++) {
        said.add(kindOf(limiter.check(k * 100 / timesTheRate, 100)));
      }
      const order = ["allowed", "limited", "exceeded"];
      assert.equal(order.findLast((decision) => said.has(decision)), worst);
    });
  }
}

Deno.test("RateLimiter reports when the same message will be allowed, and then allows it", () => {
  const limiter = limiterWith(10, 1_000);
  assert.equal(limiter.check(0, 16_000), "allowed");
  assert.deepEqual(limiter.check(0, 500), { afterMs: 500 });
  assert.deepEqual(limiter.check(499, 500), { afterMs: 1 });
  assert.equal(limiter.check(500, 500), "allowed");
});

Deno.test("RateLimiter charges patience for everything that is dropped with a refused message", () => {
  const limiter = limiterWith(10, 1_000);
  limiter.check(0, 16_000);
  assert.equal(kindOf(limiter.check(0, 10, 15_000)), "limited");
  assert.equal(kindOf(limiter.check(0, 10, 2_000)), "exceeded");
});

Deno.test("RateLimiter.charge() makes an allowed message cost more, into debt", () => {
  const limiter = limiterWith(10);
  assert.equal(limiter.check(0, 1), "allowed");
  limiter.charge(0, 30);
  assert.deepEqual(limiter.check(0, 1), { afterMs: 200 });
  assert.equal(limiter.check(200, 1), "allowed");
});

Deno.test("RateLimiter limits all connections of an address to the address's budget", () => {
  const limits = new SharedBudgets({ messagesPerSecond: 1, bytesPerSecond: 0 });
  const grantedTo = (address: string | undefined) => {
    const connections = Array.from({ length: 400 }, () => new RateLimiter(limits, address));
    return connections.flatMap((it) => decisions(it, 3, 0)).filter((it) => it === "allowed").length;
  };
  assert.equal(grantedTo("192.0.2.1"), 1_000);
  assert.equal(grantedTo("192.0.2.1"), 0);
  assert.equal(grantedTo("192.0.2.2"), 1_000);
  assert.equal(grantedTo(undefined), 1_200);
});

Deno.test("RateLimiter is not exceeded by a connection within its own rate when others have spent the budget of the address", () => {
  const limits = new SharedBudgets({ messagesPerSecond: 1, bytesPerSecond: 1_000 });
  const said: string[] = [], flood: string[] = [];
  const connections = Array.from({ length: 400 }, () => new RateLimiter(limits, "192.0.2.1"));
  for (const it of connections) decisions(it, 3, 0);
  const [patient, flooder] = [1, 2].map(() => new RateLimiter(limits, "192.0.2.1"));
  for (let second = 1; second < 100; second++) {
    // The others continue and use up what is gained.
    for (const it of connections) it.check(second * 1_000, 1);
    if (patient) said.push(kindOf(patient.check(second * 1_000, 100)));
    if (flooder) flood.push(...decisions(flooder, 3, second * 1_000));
  }
  assert.deepEqual(new Set(said), new Set(["limited"]));
  assert.equal(flood.at(-1), "exceeded");
});

Deno.test("RateLimiter charges for everything that is dropped, even when the address has spent too much", () => {
  const limits = new SharedBudgets({ messagesPerSecond: 0, bytesPerSecond: 1_000 });
  for (let i = 0; i < 4; i++) new RateLimiter(limits, "192.0.2.1").check(0, 16_000);
  const flooder = new RateLimiter(limits, "192.0.2.1");
  const said = Array.from({ length: 3 }, () => kindOf(flooder.check(0, 10, 15_995)));
  assert.deepEqual(said, ["limited", "limited", "exceeded"]);
});

Deno.test("RateLimiter.wait() costs patience only when it is called again too early", () => {
  const refusals = (ask: (limiter: RateLimiter, round: number) => RateDecision) => {
    const limiter = limiterWith(10);
    return Array.from({ length: 100 }, (_, round) => kindOf(ask(limiter, round)));
  };
  const all = refusals((it) => it.retryAfter(500, 5_000));
  assert.deepEqual(new Set(all), new Set(["limited"]), "all at once");
  const obedient = refusals((it, round) => it.retryAfter(Math.floor(round / 30) * 5_000, 5_000));
  assert.deepEqual(new Set(obedient), new Set(["limited"]), "again when it is time");
  const deaf = refusals((it, round) => it.retryAfter(round * 111, 60_000));
  assert.deepEqual([deaf.at(8), deaf.at(-1)], ["limited", "exceeded"], "nine times a second");
});

Deno.test("RateLimiter leaves the budget of the address untouched when its own is spent", () => {
  const limits = new SharedBudgets({ messagesPerSecond: 1, bytesPerSecond: 0 });
  const flooder = new RateLimiter(limits, "192.0.2.1");
  decisions(flooder, 5_000, 0);
  const others = Array.from({ length: 200 }, () => new RateLimiter(limits, "192.0.2.1"));
  assert.ok(others.every((it) => decisions(it, 3, 0).every((decision) => decision === "allowed")));
});
