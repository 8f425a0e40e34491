import assert from "node:assert/strict";
import { ConcurrencyLimit } from "../../lib/chat/concurrency_limit.ts";
import { flushMicrotasks } from "../support/fakes.ts";

/** Takes turns, and records which lane had one. */
class Takers {
  readonly had: string[] = [];
  readonly turns: Disposable[] = [];
  readonly #turns: ConcurrencyLimit;

  constructor(max: number) {
    this.#turns = new ConcurrencyLimit(max);
  }

  get waiting(): number {
    return this.#turns.waiting;
  }

  async take(...names: string[]): Promise<void> {
    for (const name of names) {
      this.#turns.acquire(name[0]).then((turn) => {
        this.had.push(name);
        this.turns.push(turn);
      });
    }
    await flushMicrotasks();
  }

  async giveBack(count = 1): Promise<void> {
    for (const turn of this.turns.splice(0, count)) turn[Symbol.dispose]();
    await flushMicrotasks();
  }
}

Deno.test("ConcurrencyLimit runs a limited number at a time, and starts the next when one ends", async () => {
  const takers = new Takers(2);
  await takers.take("a", "b", "c", "d");
  assert.deepEqual([takers.had, takers.waiting], [["a", "b"], 2]);
  await takers.giveBack();
  assert.deepEqual([takers.had, takers.waiting], [["a", "b", "c"], 1]);
  await takers.giveBack(3);
  await takers.take("e");
  assert.deepEqual(takers.had, ["a", "b", "c", "d", "e"]);
});

Deno.test("ConcurrencyLimit takes the lanes in turn", async () => {
  const takers = new Takers(1);
  await takers.take("a1", "a2", "a3", "b1", "c1");
  for (let i = 0; i < 5; i++) await takers.giveBack();
  assert.deepEqual(takers.had, ["a1", "a2", "b1", "c1", "a3"]);
});

Deno.test("ConcurrencyLimit counts a turn once, however often it is released", async () => {
  const takers = new Takers(1);
  await takers.take("a", "b", "c");
  const [turn] = takers.turns;
  for (let i = 0; i < 3; i++) turn?.[Symbol.dispose]();
  await flushMicrotasks();
  assert.deepEqual(takers.had, ["a", "b"]);
});
