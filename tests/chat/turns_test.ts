import assert from "node:assert/strict";
import { Turns } from "../../lib/chat/turns.ts";
import { settle } from "../fakes.ts";

/** Takes turns, and remembers who has had one. */
class Takers {
  readonly had: string[] = [];
  readonly turns: Disposable[] = [];
  readonly #turns: Turns;

  constructor(max: number) {
    this.#turns = new Turns(max);
  }

  get waiting(): number {
    return this.#turns.waiting;
  }

  async take(...names: string[]): Promise<void> {
    for (const name of names) {
      this.#turns.take(name[0]).then((turn) => {
        this.had.push(name);
        this.turns.push(turn);
      });
    }
    await settle();
  }

  async giveBack(count = 1): Promise<void> {
    for (const turn of this.turns.splice(0, count)) turn[Symbol.dispose]();
    await settle();
  }
}

Deno.test("Turns lets so many go on at a time, and the next when one is over", async () => {
  const takers = new Takers(2);
  await takers.take("a", "b", "c", "d");
  assert.deepEqual([takers.had, takers.waiting], [["a", "b"], 2]);
  await takers.giveBack();
  assert.deepEqual([takers.had, takers.waiting], [["a", "b", "c"], 1]);
  await takers.giveBack(3);
  await takers.take("e");
  assert.deepEqual(takers.had, ["a", "b", "c", "d", "e"]);
});

Deno.test("Turns goes round among the lanes", async () => {
  const takers = new Takers(1);
  await takers.take("a1", "a2", "a3", "b1", "c1");
  for (let i = 0; i < 5; i++) await takers.giveBack();
  assert.deepEqual(takers.had, ["a1", "a2", "b1", "c1", "a3"]);
});

Deno.test("Turns counts a turn once, however often it is given back", async () => {
  const takers = new Takers(1);
  await takers.take("a", "b", "c");
  const [turn] = takers.turns;
  for (let i = 0; i < 3; i++) turn?.[Symbol.dispose]();
  await settle();
  assert.deepEqual(takers.had, ["a", "b"]);
});
