import assert from "node:assert/strict";
import { FairQueue } from "../../../lib/core/limits/fair_queue.ts";

function drain<T>(queue: FairQueue<string, T>): T[] {
  const items: T[] = [];
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) items.push(item);
  return items;
}

Deno.test("FairQueue serves its lanes in turn, and each lane in order", () => {
  const queue = new FairQueue<string, string>();
  for (const item of ["a1", "a2", "a3", "b1", "c1", "c2"]) queue.push(item[0] ?? "", item);
  assert.equal(queue.size, 6);
  assert.deepEqual(drain(queue), ["a1", "b1", "c1", "a2", "c2", "a3"]);
  assert.equal(queue.size, 0);
});

Deno.test("FairQueue serves a lane again only after all the others", () => {
  const queue = new FairQueue<string, string>();
  queue.push("a", "a1");
  queue.push("b", "b1");
  assert.equal(queue.shift(), "a1");
  queue.push("a", "a2");
  queue.push("c", "c1");
  assert.deepEqual(drain(queue), ["b1", "a2", "c1"]);
});

Deno.test("FairQueue makes no lane wait longer than for one item of each other lane", () => {
  const queue = new FairQueue<string, string>();
  for (let i = 0; i < 1_000; i++) queue.push("busy", `busy ${i}`);
  queue.shift();
  queue.push("calm", "calm");
  assert.deepEqual([queue.shift(), queue.shift()], ["busy 1", "calm"]);
});

Deno.test("FairQueue is empty after it is cleared", () => {
  const queue = new FairQueue<string, string>();
  queue.push("a", "a1");
  queue.clear();
  assert.deepEqual([queue.size, queue.shift()], [0, undefined]);
});

Deno.test("FairQueue serves small items before the large ones of other lanes, and each lane in order", () => {
  const queue = new FairQueue<string, string>(4_096);
  for (const lane of ["a", "b"]) {
    for (const number of [1, 2]) queue.push(lane, `${lane}${number}`, 65_000);
  }
  for (const number of [1, 2, 3]) queue.push("calm", `calm${number}`, 300);
  assert.deepEqual(drain(queue), ["calm1", "calm2", "calm3", "a1", "b1", "a2", "b2"]);
});

Deno.test("FairQueue accumulates no credit from small items for a large one", () => {
  const queue = new FairQueue<string, string>(100);
  for (let item = 0; item < 20; item++) queue.push("mixed", "small", 1);
  queue.push("mixed", "large", 1_000);
  for (let item = 0; item < 25; item++) queue.push("calm", "calm", 100);
  const order = drain(queue);
  // Twenty rounds of small items, then nine that gain the credit for the large one.
  assert.equal(order.slice(0, order.indexOf("large")).filter((item) => item === "calm").length, 25);
});

Deno.test("FairQueue gives lanes of small items and of large items the same share", () => {
  const queue = new FairQueue<string, string>(10);
  for (let item = 0; item < 100; item++) {
    queue.push("small", "small", 10);
    queue.push("large", "large", 100);
  }
  const first = Array.from({ length: 88 }, () => queue.shift());
  assert.equal(first.filter((item) => item === "large").length, 8);
});
