import assert from "node:assert/strict";
import type { MoveState } from "../../../lib/io/workers/recycle_planner.ts";
import { guardMemory } from "../../../lib/io/app/memory_guard.ts";
import { FakeClock } from "../../support/fakes.ts";

/** A guarded process whose memory the test sets. */
async function guarded(
  fn: (process: {
    bytes: number;
    readonly clock: FakeClock;
    readonly serving: { moveState: MoveState };
    readonly admissions: { hasMemory: boolean };
    reliefs: number;
  }) => Promise<void>,
  maxBytes = 1_000,
): Promise<void> {
  const clock = new FakeClock();
  const life = new AbortController();
  const admissions = { hasMemory: true };
  const serving = {
    moveState: "no" as MoveState,
    dropLargestBacklogs: () => void process.reliefs++,
  };
  const process = { bytes: 0, clock, serving, admissions, reliefs: 0 };
  const context = {
    processBytes: () => process.bytes,
    maxBytes,
    pool: serving,
    admissions,
    clock,
  };
  const running = guardMemory(context, life.signal);
  await fn(process);
  life.abort();
  await running;
}

Deno.test("guardMemory() refuses new connections within half a second of exceeding the limit, until memory is free again", () =>
  guarded(async (process) => {
    const hasMemory: boolean[] = [];
    for (const bytes of [1_000, 1_001, 5_000, 951, 950, 1_000]) {
      process.bytes = bytes;
      await process.clock.advance(500);
      hasMemory.push(process.admissions.hasMemory);
    }
    assert.deepEqual(hasMemory, [true, false, false, false, true, true]);
  }));

for (
  const [moving, bytes, isLetIn] of [
    ["no", 1_001, false],
    ["under way", 5_000, true],
    ["returning", 1_100, true],
    ["returning", 1_101, false],
  ] as const
) {
  Deno.test(`guardMemory() ${isLetIn ? "accepts clients" : "refuses clients"} at ${bytes} of 1000 when moving is ${moving}`, () =>
    guarded(async (process) => {
      process.bytes = bytes;
      process.serving.moveState = moving;
      await process.clock.advance(500);
      assert.equal(process.admissions.hasMemory, isLetIn);
    }));
}

Deno.test("guardMemory() drops backlogs every two seconds above 85 % of the limit", () =>
  guarded(async (process) => {
    process.bytes = 850;
    await process.clock.advance(10_000);
    assert.equal(process.reliefs, 0);
    process.bytes = 851;
    await process.clock.advance(6_000);
    assert.equal(process.reliefs, 3);
    assert.equal(process.admissions.hasMemory, true);
  }));

Deno.test("guardMemory() does nothing without a limit", () =>
  guarded(async (process) => {
    process.bytes = 1e15;
    await process.clock.advance(10_000);
    assert.deepEqual([process.reliefs, process.admissions.hasMemory], [0, true]);
  }, Infinity));
