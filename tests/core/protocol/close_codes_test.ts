/**
 * Every close status can be sent: its code, its reason, its band.
 * @module
 */
import assert from "node:assert/strict";
import * as statuses from "../../../lib/core/protocol/close_codes.ts";

const all: readonly (readonly [string, statuses.CloseStatus])[] = Object.entries(statuses);

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

Deno.test("Close statuses have distinct codes and reasons", () => {
  assert.equal(new Set(all.map(([, { code }]) => code)).size, all.length);
  assert.equal(new Set(all.map(([, { reason }]) => reason)).size, all.length);
});

for (
  const [name, code] of [
    ["UNSUPPORTED_DATA", 1003],
    ["TOO_MANY_MESSAGES", 1008],
    ["MESSAGE_TOO_BIG", 1009],
    ["INTERNAL_ERROR", 1011],
    ["SERVICE_RESTART", 1012],
  ] as const
) {
  Deno.test(`${name} is ${code}, as in RFC 6455 or at IANA`, () => {
    assert.equal(statuses[name].code, code);
  });
}

Deno.test("Close statuses have a wait only for clients that should reconnect and can receive it", () => {
  const waits = all.filter(([, { afterMs }]) => afterMs !== undefined);
  assert.deepEqual(waits.map(([name, { code, afterMs }]) => [name, code, afterMs]), [
    ["NOT_READY", 4010, 2_000],
  ]);
});

Deno.test("Close statuses of our own show by their band whether to reconnect", () => {
  const { BAD_NAME, BAD_ROOM, NAME_TAKEN, PING_TIMEOUT, SLOW_CONSUMER } = statuses;
  for (const { code } of [SLOW_CONSUMER, PING_TIMEOUT]) {
    assert.ok(code >= 4000 && code <= 4499, String(code));
  }
  for (const { code } of [NAME_TAKEN, BAD_NAME, BAD_ROOM]) {
    assert.ok(code >= 4500 && code <= 4999, String(code));
  }
});
