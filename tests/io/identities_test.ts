/** What is derived from the session secret: tokens that only its holder can make, and a public id of no use for that. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { parseName } from "../../lib/core/names.ts";
import { SignedIdentities } from "../../lib/io/identities.ts";
import { FakeClock } from "../fakes.ts";

async function identitiesOf(secret: string): Promise<SignedIdentities> {
  const identities = new SignedIdentities(new FakeClock(), Promise.resolve(secret));
  await identities.ready;
  return identities;
}

Deno.test("SignedIdentities gives one service id for one secret, and another for another", async () => {
  const [one, same, other] = await Promise.all(["a", "a", "b"].map(identitiesOf));
  assert.match(one?.service ?? "", /^[\w-]{16,}$/);
  assert.equal(one?.service, same?.service);
  assert.notEqual(one?.service, other?.service);
});

Deno.test("SignedIdentities gives no service id before it knows the secret", async () => {
  const secret = Promise.withResolvers<string>();
  const identities = new SignedIdentities(new FakeClock(), secret.promise);
  assert.equal(identities.service, undefined);
  secret.resolve("a");
  await identities.ready;
  assert.notEqual(identities.service, undefined);
});

Deno.test("SignedIdentities believes no token that is made of its service id", async () => {
  const identities = await identitiesOf("a");
  const { service = "" } = identities;
  const claims = { user: "u00000000000000000000", name: "Ann", drawn: false, until: 9e15 };
  const body = Buffer.from(JSON.stringify(claims)).toString("base64url");
  for (const token of [`parley.service.${service}`, `parley.${service}`, `${body}.${service}`]) {
    assert.equal(identities.verify(token), undefined, token);
  }
});

Deno.test("SignedIdentities knows the longest name again, and looks at no token of more than 1024 characters", async () => {
  const identities = await identitiesOf("secret");
  const name = parseName("\u{10ffff}".repeat(32));
  assert.ok(name);
  const me = { user: identities.draw(), name, isDrawn: false };
  const token = identities.sign(me) ?? "";
  assert.ok(token.length <= 600, String(token.length));
  assert.deepEqual(identities.verify(token), me);
  assert.equal(identities.verify(token.padEnd(1_025, ".")), undefined);
  for (const worst of [".", "x", "\u0301"]) {
    assert.equal(identities.verify(worst.repeat(390_000)), undefined);
  }
});
