import assert from "node:assert/strict";
import fc from "fast-check";
import { parseClaims, type TokenClaims } from "../../../lib/core/auth/token_claims.ts";
import { parseName, parseRoom } from "../../../lib/core/names/names.ts";

const PAYLOAD = { sub: "42", exp: 1_800_000_000 };

function claimsOf(payload: Readonly<Record<string, unknown>>): TokenClaims {
  const read = parseClaims({ ...PAYLOAD, ...payload });
  if (read.kind === "bad") throw new RangeError(read.why);
  return read.claims;
}

Deno.test("parseClaims() reads who the user is, until when, and what is allowed", () => {
  const rooms = [{ match: "Team-*", allow: ["read", "send"] }];
  assert.deepEqual(claimsOf({ iss: "shop", name: "Ann", parley: { role: "owner", rooms } }), {
    issuer: "shop",
    subject: "42",
    name: "Ann",
    expiresAt: 1_800_000_000_000,
    issuedAt: 0,
    tokenId: undefined,
    rights: [{ match: "team-*", allow: ["read", "send"] }],
    role: "owner",
  });
});

Deno.test("parseClaims() reads rooms of grants as parseRoom() reads rooms", () => {
  // Lower-casing yields letters that compose again; letters beyond the BMP take two units each.
  for (const room of ["\u03aa\u0301", "T\u0308", "Cafe\u0301", "\u{10348}".repeat(64)]) {
    const { rights } = claimsOf({ parley: { rooms: [{ match: room, allow: ["read"] }] } });
    assert.equal(rights?.[0]?.match, parseRoom(room));
  }
});

Deno.test("parseClaims() reads when the token was issued, and its own id", () => {
  const { issuedAt, tokenId } = claimsOf({ iat: 1_700_000_000, jti: "t1" });
  assert.deepEqual([issuedAt, tokenId], [1_700_000_000_000, "t1"]);
});

Deno.test("parseClaims() restricts nothing without grants, and allows nothing with none", () => {
  assert.equal(claimsOf({}).rights, null);
  assert.equal(claimsOf({ parley: {} }).rights, null);
  assert.deepEqual(claimsOf({ parley: { rooms: [] } }).rights, []);
});

for (
  const [payload, why] of [
    [{ sub: undefined }, "sub"],
    [{ sub: "" }, "sub"],
    [{ sub: 42 }, "sub"],
    [{ sub: "x".repeat(256) }, "sub"],
    [{ exp: undefined }, "exp"],
    [{ exp: "soon" }, "exp"],
    [{ exp: Infinity }, "exp"],
    [{ exp: 1_800_000_000_000 }, "exp"],
    [{ exp: 1e306 }, "exp"],
    [{ iat: "soon" }, "iat"],
    [{ iat: 1_700_000_000_000 }, "iat"],
    [{ iat: -1e306 }, "iat"],
    [{ jti: 1 }, "jti"],
    [{ name: 1 }, "name"],
    [{ parley: 1 }, "parley"],
    [{ parley: { rooms: {} } }, "parley.rooms"],
    [{ parley: { rooms: [{ match: "a*b", allow: [] }] } }, "parley.rooms.0.match"],
    [{ parley: { rooms: [{ match: "x".repeat(65), allow: [] }] } }, "parley.rooms.0.match"],
    [{ parley: { rooms: [{ match: "a", allow: ["write"] }] } }, "parley.rooms.0.allow.0"],
    [{ parley: { rooms: [{ match: "a" }] } }, "parley.rooms.0.allow"],
  ] as const
) {
  Deno.test(`parseClaims() refuses ${JSON.stringify(payload)} and says where the fault is`, () => {
    const read = parseClaims({ ...PAYLOAD, ...payload });
    assert.ok(read.kind === "bad");
    assert.equal(read.why.split(":", 1)[0], why);
  });
}

for (
  const [claim, name] of [
    ["Ann", "Ann"],
    ["  Ann ", "Ann"],
    ["*Ann", "Ann"],
    ["Ann: boss", "Ann boss"],
    ["Ann\n\tSmith", "Ann Smith"],
    ["Ann\u202eeve", "Ann eve"],
    ["A".repeat(40), "A".repeat(32)],
    ["王小明", "王小明"],
    ["\u200b", undefined],
    ["", undefined],
  ] as const
) {
  Deno.test(`parseClaims() shows ${JSON.stringify(claim)} as ${name ?? "no name"}`, () => {
    assert.equal(claimsOf({ name: claim }).name, name);
  });
}

Deno.test("parseClaims() makes a valid name of any text, or none", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
      const { name } = claimsOf({ name: text });
      assert.equal(name === undefined ? undefined : parseName(name), name);
    }),
  );
});
