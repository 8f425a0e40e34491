import assert from "node:assert/strict";
import fc from "fast-check";
import { userKind } from "../../../../lib/core/auth/user_kind.ts";
import { appUserId, proxyUser } from "../../../../lib/io/auth/authenticators/app_user.ts";

Deno.test("appUserId() returns the same id for the same user, and another for every other", () => {
  const anyIssuer = fc.option(fc.string());
  fc.assert(
    fc.property(anyIssuer, fc.string(), anyIssuer, fc.string(), (issuer, subject, other, user) => {
      const id = appUserId(issuer, subject);
      assert.equal(userKind(id), "app");
      assert.equal(appUserId(other, user) === id, issuer === other && subject === user);
    }),
  );
});

Deno.test("No token has the user whom a proxy states, whatever its issuer", () => {
  const stated = proxyUser("ann", 5);
  assert.ok(typeof stated === "object");
  for (const issuer of ["", "null", "proxy", "\0", '"', "]"]) {
    assert.notEqual(appUserId(issuer, "ann"), stated.user, issuer);
  }
});

Deno.test("proxyUser() is unrestricted, does not expire, and has a name that can be shown", () => {
  const user = appUserId(null, "ann: bell");
  const name = "ann bell";
  const unbounded = { rights: null, expiresAt: Infinity, issuedAt: 5, tokenId: undefined };
  assert.deepEqual(proxyUser(" ann: bell ", 5), { user, name, ...unbounded });
});

Deno.test("proxyUser() is nobody without a value, and bad if there are two", () => {
  assert.equal(proxyUser(null, 5), undefined);
  assert.equal(proxyUser(" ", 5), undefined);
  assert.equal(proxyUser("ann, ben", 5), "bad");
});
