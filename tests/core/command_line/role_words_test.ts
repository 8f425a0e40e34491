import assert from "node:assert/strict";
import { readRoleWords } from "../../../lib/core/command_line/role_words.ts";

for (
  const words of [
    ["role"],
    ["role", "m_ann00000"],
    ["role", "m_ann00000", "king"],
    ["role", "Ann", "owner"],
    ["remove", "m_ann00000", "owner"],
  ]
) {
  Deno.test(`users refuses ${words.join(" ")}`, () => {
    const [problem = "", ...others] = readRoleWords(words).problems;
    assert.match(problem, /^users goes alone, or with: role ID ROLE/);
    assert.deepEqual(others, []);
  });
}
