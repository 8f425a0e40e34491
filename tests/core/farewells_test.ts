/**
 * That every farewell can be sent: its code, its reason, its band.
 * @module
 */
import assert from "node:assert/strict";
import * as farewells from "../../lib/core/farewells.ts";

const all: readonly (readonly [string, farewells.Farewell])[] = Object.entries(farewells);

/** RFC 6455 §7.4, and of the codes that IANA has registered since, 1012 to 1014. */
function mayBeSent(code: number): boolean {
  const isReserved = code === 1004 || code === 1005 || code === 1006;
  return code >= 1000 && code <= 1014 && !isReserved || code >= 3000 && code <= 4999;
}

for (const [name, { code, reason }] of all) {
  Deno.test(`${name} has a code that an endpoint may send`, () => {
    assert.ok(Number.isInteger(code) && mayBeSent(code), String(code));
  });

  Deno.test(`${name} has a reason that fits into a close frame`, () => {
    const { length } = new TextEncoder().encode(reason);
    assert.ok(length > 0 && length <= 123, `${length} bytes`);
    assert.match(reason, /^[\x20-\x7e]+$/);
  });
}

Deno.test("Farewells have codes and reasons that are all distinct", () => {
  assert.equal(new Set(all.map(([, { code }]) => code)).size, all.length);
  assert.equal(new Set(all.map(([, { reason }]) => reason)).size, all.length);
});

for (
  const [name, code] of [
    ["UNSUPPORTED", 1003],
    ["FLOODING", 1008],
    ["TOO_BIG", 1009],
    ["BROKEN", 1011],
    ["RESTARTING", 1012],
  ] as const
) {
  Deno.test(`${name} is ${code}, as RFC 6455 or IANA has it`, () => {
    assert.equal(farewells[name].code, code);
  });
}

Deno.test("Farewells ask only those to wait who are to come back and can be told", () => {
  const waits = all.filter(([, { afterMs }]) => afterMs !== undefined);
  assert.deepEqual(waits.map(([name, { code, afterMs }]) => [name, code, afterMs]), [
    ["NOT_READY", 4010, 2_000],
  ]);
});

Deno.test("Farewells of our own say by their band whether to come back", () => {
  const { BAD_NAME, BAD_ROOM, NAME_TAKEN, SILENT, SLOW } = farewells;
  for (const { code } of [SLOW, SILENT]) assert.ok(code >= 4000 && code <= 4499, String(code));
  for (const { code } of [NAME_TAKEN, BAD_NAME, BAD_ROOM]) {
    assert.ok(code >= 4500 && code <= 4999, String(code));
  }
});
