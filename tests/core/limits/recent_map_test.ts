import assert from "node:assert/strict";
import { RecentMap } from "../../../lib/core/limits/recent_map.ts";
import { numbers } from "../../contract/fixtures.ts";

Deno.test("RecentMap remembers at least the given number of keys, and at most twice as many", () => {
  const map = new RecentMap<number, string>(10);
  for (const n of numbers(1, 100)) {
    map.set(n, `value ${n}`);
    const kept = numbers(Math.max(1, n - 9), n);
    assert.deepEqual(kept.map((it) => map.get(it)), kept.map((it) => `value ${it}`));
    assert.ok(map.size <= 20);
  }
  assert.equal(map.get(80), undefined);
});

Deno.test("RecentMap remembers a key that is set again and again, with its newest value", () => {
  const map = new RecentMap<number, number>(10);
  for (const n of numbers(1, 100)) {
    map.set(0, n);
    for (const other of numbers(1, 5)) map.set(n * 10 + other, n);
    assert.equal(map.get(0), n);
    assert.ok(map.size <= 20);
  }
});

Deno.test("RecentMap forgets what was not set between two calls of age()", () => {
  const map = new RecentMap<string, number>(10);
  map.set("a", 1);
  map.set("b", 1);
  map.age();
  map.set("a", 2);
  assert.deepEqual([map.get("a"), map.get("b"), map.size], [2, 1, 2]);
  map.age();
  assert.deepEqual([map.get("a"), map.get("b"), map.size], [2, undefined, 1]);
});

Deno.test("RecentMap forgets a key when asked, in whichever generation it is", () => {
  const map = new RecentMap<string, number>(10);
  map.set("a", 1);
  map.age();
  map.set("b", 1);
  for (const key of ["a", "b", "c"]) map.delete(key);
  assert.deepEqual([map.get("a"), map.get("b"), map.size], [undefined, undefined, 0]);
});
