/**
 * No text from outside costs more than its length: every entrance is given the texts that are hardest for it, up to the
 * longest that can come in, and the time may grow only as the length does.
 * @module
 */
import assert from "node:assert/strict";
import { type Entrance, HARD, type Make } from "./entrance.ts";
import { superlinear } from "./growth.ts";
import { PAGE } from "./page.ts";
import { exampleReplies, SERVER } from "./server.ts";

function workOf({ read }: Entrance, make: Make) {
  return (length: number) => {
    const text = make(length);
    return () => {
      try {
        read(text);
      } catch {
        // What is refused has been read.
      }
    };
  };
}

for (const [side, entrances] of [["The service", SERVER], ["The page", PAGE]] as const) {
  for (const entrance of entrances) {
    Deno.test(`${side} reads ${entrance.what} in time that grows as its length does`, () => {
      for (const make of [...HARD, ...entrance.hard ?? []]) {
        const found = superlinear(workOf(entrance, make), entrance.longest);
        assert.equal(found, undefined, `${JSON.stringify(make(24))}: ${found}`);
      }
    });
  }
}

Deno.test("What Redis answers in the list of entrances is right but for the text that is tried", () => {
  assert.deepEqual(exampleReplies(), [true, true, true]);
});
