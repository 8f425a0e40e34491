/** The page's rule for room names is the server's. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { parseLegacyRoom, parseRoom } from "../../../../lib/core/names/names.ts";
import { roomName } from "../../../../static/client/room/room_name.js";

const letters = [
  ..."aAzZ09_.-# İIıßẞΣσςǅǰÅ\u212b\u0301\u0307\u0323\u20dd가한大〇½𠮷ह\u093f\u200d\u3164\ud842",
];

Deno.test("roomName() accepts and normalizes the same names as the server", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 80 }),
    fc.string({ unit: "grapheme", maxLength: 80 }),
    fc.string({ unit: fc.constantFrom(...letters), maxLength: 80 }),
    fc.string({ unit: fc.constantFrom("가", "\u1100", "\u1161", "é", "e\u0301"), maxLength: 300 }),
  );
  fc.assert(
    fc.property(text, (it) => {
      assert.equal(roomName(it), parseLegacyRoom(it) ?? parseRoom(it) ?? null);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("roomName() normalizes each single character as the server does", () => {
  for (let code = 0; code <= 0x10ffff; code++) {
    const it = String.fromCodePoint(code);
    assert.equal(roomName(it), parseLegacyRoom(it) ?? parseRoom(it) ?? null, code.toString(16));
  }
});
