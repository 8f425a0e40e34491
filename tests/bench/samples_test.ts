/** The results of the bench, merged from several runs. */
import assert from "node:assert/strict";
import { figuresOf, merged } from "../../bench/fanout/samples.ts";
import { failed, measured, resultsOf } from "./samples.ts";

const BEFORE = resultsOf(
  ...measured("echo", "v", "a", { x: 1 }, { x: 2 }),
  ...measured("echo", "v", "b", { x: 3 }),
  ...measured("idle", "v", "a", { x: 4 }),
);

Deno.test("merged() lets a later run replace the cells that it ran", () => {
  const { samples } = merged(BEFORE, resultsOf(...measured("echo", "v", "a", { x: 9 })));
  assert.deepEqual([...figuresOf(samples, "echo", "v", "a")], [[1, { x: 9 }]]);
  assert.deepEqual([...figuresOf(samples, "echo", "v", "b")], [[1, { x: 3 }]]);
  assert.deepEqual([...figuresOf(samples, "idle", "v", "a")], [[1, { x: 4 }]]);
});

Deno.test("merged() forgets that a peer was absent when it is present", () => {
  const absent = { ...BEFORE, absences: [{ peer: "c", why: "no" }, { peer: "d", why: "no" }] };
  const after = resultsOf(...measured("echo", "v", "c", { x: 1 }));
  assert.deepEqual(merged(absent, after).absences, [{ peer: "d", why: "no" }]);
});

Deno.test("merged() keeps the results of a peer that is absent now", () => {
  const after = { ...resultsOf(), absences: [{ peer: "b", why: "gone" }] };
  const { samples, absences } = merged(BEFORE, after);
  assert.equal(samples.length, BEFORE.samples.length);
  assert.deepEqual(absences, after.absences);
});

Deno.test("figuresOf() omits failed samples", () => {
  const samples = [...measured("w", "v", "p", { x: 1 }), failed("w", "v", "q", "no")];
  assert.equal(figuresOf(samples, "w", "v", "q").size, 0);
});
