import assert from "node:assert/strict";
import { parseTextCommand } from "../../../lib/core/protocol/text_commands.ts";

Deno.test("parseTextCommand() treats a line of more than 512 units as no command, whatever its text", () => {
  assert.deepEqual(parseTextCommand(`/name Ann${" ".repeat(503)}`), { kind: "name", name: "Ann" });
  assert.equal(parseTextCommand(`/name Ann${" ".repeat(504)}`).kind, "unknown");
  const text = "/".repeat(100_000);
  assert.deepEqual(parseTextCommand(text), { kind: "say", text: text.slice(1) });
});

Deno.test("parseTextCommand() repeats at most 64 characters of an unknown command", () => {
  const line = parseTextCommand(`/${"x".repeat(300)}`);
  assert.ok(line.kind === "unknown");
  assert.equal(line.message, `there is no command /${"x".repeat(64)}: try /help`);
});
