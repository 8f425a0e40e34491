/** Which texts in the message field are commands, which are sent, and how to send a text that looks like a command. */
import assert from "node:assert/strict";
import { parseTextCommand as readPlainText } from "../../../../lib/core/protocol/text_commands.ts";
import { parseLine } from "../../../../static/page/composer/commands.js";

for (
  const [text, name, argument] of [
    ["/help", "help", ""],
    ["/Help", "help", ""],
    ["/name Ann", "name", "Ann"],
    ["/nick  Ann of the den ", "name", "Ann of the den"],
    ["/join #attic", "join", "#attic"],
    ["/join\nattic", "join", "attic"],
    ["/leave", "leave", ""],
    ["/lockdown", "lockdown", ""],
    ["/unlock now", "unlock", "now"],
  ] as const
) {
  Deno.test(`parseLine() reads ${JSON.stringify(text)} as the command ${name}`, () => {
    assert.deepEqual(parseLine(text), { kind: "command", name, argument });
  });
}

for (const text of ["/me waves", "/helpme", "/usr is full", "/帮助", "/constructor", "/é"]) {
  Deno.test(`parseLine() rejects the unknown command ${text}`, () => {
    assert.deepEqual(parseLine(text), { kind: "unknown", word: text.slice(1).split(" ")[0] });
  });
}

for (
  const text of [
    ...["/", "/ help", "/usr/bin", "/usr/bin/env is there", "/1", "/r2d2", "/help?", "a /help"],
    ...["//", "// a remark", "//example.com/a b", "//cdn/x", "\n/help"],
  ]
) {
  Deno.test(`parseLine() sends ${JSON.stringify(text)} unchanged`, () => {
    assert.deepEqual(parseLine(text), { kind: "say", text });
  });
}

for (const text of ["//help", "//me waves", "///help me", "//usr is full"]) {
  Deno.test(`parseLine() sends ${text} without its first slash, as plain text does`, () => {
    assert.deepEqual(parseLine(text), { kind: "say", text: text.slice(1) });
    assert.deepEqual(readPlainText(text), { kind: "say", text: text.slice(1) });
  });
}

for (const text of ["/help", "/name Ann", "/join attic", "/lockdown", "/unlock"]) {
  Deno.test(`parseLine() reads ${text} as plain text does`, () => {
    const { kind, ...rest } = readPlainText(text);
    const argument = Object.values(rest)[0] ?? "";
    assert.deepEqual(parseLine(text), { kind: "command", name: kind, argument });
  });
}
