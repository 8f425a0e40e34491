import assert from "node:assert/strict";
import { AddressBuckets } from "../../lib/core/address_buckets.ts";

Deno.test("AddressBuckets gives each address a bucket of its own", () => {
  const buckets = new AddressBuckets({ perSecond: 2, burst: 3 });
  assert.deepEqual([0, 0, 0, 0].map((now) => buckets.take("a", now)), [0, 0, 0, 500]);
  assert.equal(buckets.take("b", 0), 0);
  assert.equal(buckets.take("a", 500), 0);
});

Deno.test("AddressBuckets tells what was taken and has not come back", () => {
  const buckets = new AddressBuckets({ perSecond: 1, burst: 10 });
  for (let time = 0; time < 15; time++) buckets.charge("a", 0, 1);
  assert.deepEqual([0, 5_000, 15_000].map((now) => buckets.used("a", now)), [15, 10, 0]);
  assert.equal(buckets.used("b", 0), 0);
});

Deno.test("AddressBuckets forgets who is idle", () => {
  const buckets = new AddressBuckets({ perSecond: 1, burst: 10 });
  for (let at = 0; at < 1_000; at++) buckets.take(`early ${at}`, 0);
  assert.equal(buckets.size, 1_000);
  // Two go for each that comes.
  for (let at = 0; at < 1_000; at++) buckets.take(`late ${at}`, 1_000);
  assert.equal(buckets.size, 1_000);
});

Deno.test("AddressBuckets remembers no more than it may, and drops who was used least recently", () => {
  const buckets = new AddressBuckets({ perSecond: 0.001, burst: 1 }, 100);
  buckets.take("first", 0);
  for (let at = 0; at < 1_000; at++) {
    buckets.take(`another ${at}`, 0);
    assert.ok(buckets.take("first", 0) > 0, "it is used all the time");
    assert.ok(buckets.size <= 100);
  }
  assert.equal(buckets.take("another 0", 0), 0);
});
