import assert from "node:assert/strict";
import { AddressBuckets } from "../../../lib/core/limits/address_buckets.ts";

Deno.test("AddressBuckets gives each address its own bucket", () => {
  const buckets = new AddressBuckets({ perSecond: 2, burst: 3 });
  assert.deepEqual([0, 0, 0, 0].map((now) => buckets.take("a", now)), [0, 0, 0, 500]);
  assert.equal(buckets.take("b", 0), 0);
  assert.equal(buckets.take("a", 500), 0);
});

Deno.test("AddressBuckets reports the tokens that were taken and not yet regained", () => {
  const buckets = new AddressBuckets({ perSecond: 1, burst: 10 });
  for (let time = 0; time < 15; time++) buckets.charge("a", 0, 1);
  assert.deepEqual([0, 5_000, 15_000].map((now) => buckets.used("a", now)), [15, 10, 0]);
  assert.equal(buckets.used("b", 0), 0);
});

Deno.test("AddressBuckets forgets idle addresses", () => {
  const buckets = new AddressBuckets({ perSecond: 1, burst: 10 });
  for (let at = 0; at < 1_000; at++) buckets.take(`early ${at}`, 0);
  assert.equal(buckets.size, 1_000);
  // Two are removed for each that is added.
  for (let at = 0; at < 1_000; at++) buckets.take(`late ${at}`, 1_000);
  assert.equal(buckets.size, 1_000);
});

Deno.test("AddressBuckets keeps a bounded number of buckets and drops the least recently used", () => {
  const buckets = new AddressBuckets({ perSecond: 0.001, burst: 1 }, 100);
  buckets.take("first", 0);
  for (let at = 0; at < 1_000; at++) {
    buckets.take(`another ${at}`, 0);
    assert.ok(buckets.take("first", 0) > 0, "it is used all the time");
    assert.ok(buckets.size <= 100);
  }
  assert.equal(buckets.take("another 0", 0), 0);
});
