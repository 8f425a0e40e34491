import assert from "node:assert/strict";
import { readAuditFlags } from "../../../lib/core/command_line/audit_flags.ts";

for (
  const [given, query] of [
    [{}, {}],
    [{ "--limit": "200" }, { limit: "200" }],
    [{ "--before": "k3j9f2:127", "--limit": "1" }, { limit: "1", before: "k3j9f2:127" }],
  ] as const
) {
  Deno.test(`audit ${JSON.stringify(given)} asks for ${JSON.stringify(query)}`, () => {
    const expected = { query, isJson: false, problems: [] };
    assert.deepEqual(readAuditFlags(new Map(Object.entries(given))), expected);
  });
}

Deno.test("audit --json prints the response as it is", () => {
  assert.equal(readAuditFlags(new Map([["--json", ""]])).isJson, true);
});

for (
  const [given, problem] of [
    [{ "--limit": "0" }, "--limit needs a number from 1 to 200"],
    [{ "--limit": "201" }, "--limit needs a number from 1 to 200"],
    [{ "--limit": "ten" }, "--limit needs a number from 1 to 200"],
    [{ "--before": "127" }, "--before needs a position, such as k3j9f2:127"],
  ] as const
) {
  Deno.test(`audit refuses ${JSON.stringify(given)}`, () => {
    assert.deepEqual(readAuditFlags(new Map(Object.entries(given))).problems, [problem]);
  });
}
