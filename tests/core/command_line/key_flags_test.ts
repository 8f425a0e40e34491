import assert from "node:assert/strict";
import { readKeyWords } from "../../../lib/core/command_line/key_flags.ts";

const NEEDS = "keys needs add with --name and --rooms, list, or remove with the id of a key";

for (
  const [what, words, flags, problems] of [
    ["nothing", [], {}, [NEEDS]],
    ["an unknown word", ["drop"], {}, [NEEDS]],
    ["remove without an id", ["remove"], {}, [NEEDS]],
    ["remove with a flag", ["remove", "k1"], { "--name": "ci" }, [NEEDS]],
    ["add without a name", ["add"], { "--rooms": "den" }, ["keys add needs --name"]],
    ["add without rooms", ["add"], { "--name": "ci" }, ["keys add needs --rooms"]],
    ["an unknown action", ["add"], { "--name": "ci", "--rooms": "den", "--allow": "fly" }, [
      "--allow needs some of read, send, react, invite, moderate",
    ]],
    ["too many days", ["add"], { "--name": "ci", "--rooms": "den", "--days": "99999" }, [
      "--days needs a number from 1 to 3650",
    ]],
  ] as const
) {
  Deno.test(`readKeyWords() refuses ${what}`, () => {
    assert.deepEqual(readKeyWords(words, new Map(Object.entries(flags))).problems, problems);
  });
}

Deno.test("readKeyWords() reads several rooms and actions, and days as seconds", () => {
  const flags = { "--name": "ci", "--rooms": "den, team-*", "--allow": "read", "--days": "2" };
  const { body, problems } = readKeyWords(["add"], new Map(Object.entries(flags)));
  assert.deepEqual(problems, []);
  assert.deepEqual(body, {
    name: "ci",
    rooms: ["den", "team-*"],
    allow: ["read"],
    seconds: 172_800,
  });
});
