/** How much is too much, asked for each message and each connection. */
import { RateLimiter, SharedBudgets } from "../lib/core/limits/rate_limiter.ts";
import { Quota } from "../lib/core/limits/token_bucket.ts";

const limits = new SharedBudgets({ messagesPerSecond: 10, bytesPerSecond: 32_768 });
const allowance = new RateLimiter(limits);
let now = 0;
Deno.bench("Allowance.ask(): granted", { group: "limits", baseline: true }, () => {
  allowance.check(now += 100, 100);
});

const shared = new RateLimiter(limits, "192.0.2.1");
Deno.bench("Allowance.ask(): granted, with an address", { group: "limits" }, () => {
  shared.check(now += 100, 100);
});

const flooder = new RateLimiter(limits);
Deno.bench("Allowance.ask(): forfeited", { group: "limits" }, () => {
  flooder.check(0, 100);
});

const quota = new Quota(20_000, 100);
for (let i = 0; i < 10_000; i++) quota.acquire(`10.0.${i >> 8}.${i & 255}`);
let next = 0;
Deno.bench("Quota.take() and giving back, beside 10,000 addresses", { group: "limits" }, () => {
  // Always another one: V8 keeps what was deleted from a map in its key's chain until it is made anew, and with one key
  // this bench would time nothing but that chain (50 µs).
  const place = quota.acquire(`192.0.2.${next++}`);
  if (typeof place !== "string") place[Symbol.dispose]();
});
