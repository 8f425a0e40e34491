/** Rate limits, which are checked for each message, and the quota of connections. */
import { RateLimiter, SharedBudgets } from "../lib/core/limits/rate_limiter.ts";
import { Quota } from "../lib/core/limits/token_bucket.ts";

const limits = new SharedBudgets({ messagesPerSecond: 10, bytesPerSecond: 32_768 });
const limiter = new RateLimiter(limits);
let now = 0;
Deno.bench("RateLimiter.check(): allowed", { group: "limits", baseline: true }, () => {
  limiter.check(now += 100, 100);
});

const shared = new RateLimiter(limits, "192.0.2.1");
Deno.bench("RateLimiter.check(): allowed, with an address", { group: "limits" }, () => {
  shared.check(now += 100, 100);
});

const flooder = new RateLimiter(limits);
Deno.bench("RateLimiter.check(): exceeded", { group: "limits" }, () => {
  flooder.check(0, 100);
});

const quota = new Quota(20_000, 100);
for (let i = 0; i < 10_000; i++) quota.acquire(`10.0.${i >> 8}.${i & 255}`);
let next = 0;
Deno.bench("Quota.acquire() and release, beside 10,000 addresses", { group: "limits" }, () => {
  // Another address each time: V8 keeps deleted entries of a map in the chain of their key until it rehashes, so with a
  // single address this would only time that chain (50 µs).
  const slot = quota.acquire(`192.0.2.${next++}`);
  if (typeof slot !== "string") slot[Symbol.dispose]();
});
