/**
 * No text from outside costs more than its length: every entrance reads the texts that are hardest for it, up to the
 * longest that can arrive, in time that may grow only linearly with the length.
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
        // A refused text has been read.
      }
    };
  };
}

for (const [side, entrances] of [["The service", SERVER], ["The page", PAGE]] as const) {
  for (const entrance of entrances) {
    Deno.test(`${side} reads ${entrance.what} in time that grows linearly with its length`, () => {
      for (const make of [...HARD, ...entrance.hard ?? []]) {
        const found = superlinear(workOf(entrance, make), entrance.longest);
        assert.equal(found, undefined, `${JSON.stringify(make(24))}: ${found}`);
      }
    });
  }
}

Deno.test("The example replies of Redis in the list of entrances are valid except for the tested text", () => {
  assert.deepEqual(exampleReplies(), [true, true, true]);
});
