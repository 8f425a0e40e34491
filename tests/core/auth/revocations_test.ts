import assert from "node:assert/strict";
import fc from "fast-check";
import {
  isRevocationTime,
  parseRevocation,
  type Revocable,
  type Revocation,
  RevocationList,
} from "../../../lib/core/auth/revocations.ts";

function listOf(...revocations: readonly Revocation[]): RevocationList {
  const list = new RevocationList();
  for (const it of revocations) list.add(it);
  return list;
}

const revocable = (changes: Partial<Revocable> = {}): Revocable => ({
  ...{ user: "a_ann", tokenId: "t1", deviceId: "d1", issuedAt: 1_000 },
  ...changes,
});

for (
  const [what, revocation, expected] of [
    ["a later time for its user", { scope: "user", id: "a_ann", before: 1_001 }, true],
    ["its own time for its user", { scope: "user", id: "a_ann", before: 1_000 }, false],
    ["a later time for another user", { scope: "user", id: "a_bea", before: 1_001 }, false],
    ["its id, at a time before it was issued", { scope: "token", id: "t1", before: 1 }, true],
    ["another token's id", { scope: "token", id: "t2", before: 1_001 }, false],
    ["a token with its user's id", { scope: "token", id: "a_ann", before: 1_001 }, false],
    ["its device's id", { scope: "device", id: "d1", before: 1 }, true],
    ["another device's id", { scope: "device", id: "t1", before: 1_001 }, false],
    ["a later time for all", { scope: "all", id: "", before: 1_001 }, true],
    ["its own time for all", { scope: "all", id: "", before: 1_000 }, false],
  ] as const
) {
  Deno.test(`A revocable is ${expected ? "" : "not "}revoked by ${what}`, () => {
    assert.equal(listOf(revocation).isRevoked(revocable()), expected);
  });
}

Deno.test("A revocable that does not say when it was issued is revoked with everything of its user", () => {
  const list = listOf({ scope: "user", id: "a_ann", before: 1 });
  assert.equal(list.isRevoked(revocable({ issuedAt: 0, tokenId: undefined })), true);
});

Deno.test("Of revocations about the same, the latest counts, in whatever order they are added", () => {
  const about = fc.record({
    scope: fc.constantFrom(...(["user", "all"] as const)),
    id: fc.constantFrom("a_ann", "a_bea"),
    before: fc.nat(9),
  }).map((it): Revocation => it.scope === "all" ? { ...it, id: "" } : it);
  fc.assert(fc.property(fc.array(about), fc.nat(9), (revocations, issuedAt) => {
    const expected = revocations.some((it) =>
      issuedAt < it.before && (it.scope === "all" || it.id === "a_ann")
    );
    assert.equal(listOf(...revocations).isRevoked(revocable({ issuedAt })), expected);
  }));
});

Deno.test("RevocationList.add() reports whether a revocation changes anything", () => {
  const list = new RevocationList();
  assert.equal(list.add({ scope: "user", id: "a_ann", before: 5 }), true);
  assert.equal(list.add({ scope: "user", id: "a_ann", before: 5 }), false);
  assert.equal(list.add({ scope: "user", id: "a_ann", before: 4 }), false);
  assert.equal(list.add({ scope: "user", id: "a_ann", before: 6 }), true);
});

Deno.test("RevocationList.all has the latest about each, whatever the order", () => {
  const list = new RevocationList();
  const [old, ann] = [5, 6].map((before) => ({ scope: "user", id: "a_ann", before }) as const);
  const token = { scope: "token", id: "a_ann", before: 1 } as const;
  for (const it of [old, token, ann, old]) if (it) list.add(it);
  assert.deepEqual(new Set(list.all), new Set([ann, token]));
});

Deno.test("parseRevocation() accepts what was stored, and nothing damaged", () => {
  const stored = { scope: "user", id: "a_ann", before: 5 };
  assert.deepEqual(parseRevocation(stored), stored);
  for (const bad of [null, {}, { ...stored, scope: "room" }, { ...stored, before: NaN }]) {
    assert.equal(parseRevocation(bad), undefined);
  }
});

for (
  const [text, isTime] of [
    ["2026-03-01T12:00:00Z", true],
    ["2026-03-01T12:00:00+08:00", true],
    ["2028-02-29T00:00:00Z", true],
    ["2026-02-29T00:00:00Z", false],
    ["2100-02-29T00:00:00Z", false],
    ["2026-04-31T00:00:00Z", false],
    ["2026-13-01T00:00:00Z", false],
    ["2026-03-01", false],
    ["2026-03-01T12:00:00", false],
    ["yesterday", false],
  ] as const
) {
  Deno.test(`isRevocationTime(${text}) is ${isTime}`, () => {
    assert.equal(isRevocationTime(text), isTime);
  });
}
