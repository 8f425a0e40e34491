/** What is derived from the session secret: tokens that only its holder can create, and a public id that cannot forge them. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { parseName } from "../../../lib/core/names/names.ts";
import { SignedSessionTokens } from "../../../lib/io/auth/signed_tokens.ts";
import { FakeClock } from "../../support/fakes.ts";

async function identitiesOf(secret: string): Promise<SignedSessionTokens> {
  const identities = new SignedSessionTokens(new FakeClock(), Promise.resolve(secret));
  await identities.ready;
  return identities;
}

Deno.test("SignedSessionTokens derives the same service id from the same secret, and another from another", async () => {
  const [one, same, other] = await Promise.all(["a", "a", "b"].map(identitiesOf));
  assert.match(one?.serviceId ?? "", /^[\w-]{16,}$/);
  assert.equal(one?.serviceId, same?.serviceId);
  assert.notEqual(one?.serviceId, other?.serviceId);
});

Deno.test("SignedSessionTokens has no service id before it knows the secret", async () => {
  const secret = Promise.withResolvers<string>();
  const identities = new SignedSessionTokens(new FakeClock(), secret.promise);
  assert.equal(identities.serviceId, undefined);
  secret.resolve("a");
  await identities.ready;
  assert.notEqual(identities.serviceId, undefined);
});

Deno.test("SignedSessionTokens rejects a token signed with its service id", async () => {
  const identities = await identitiesOf("a");
  const { serviceId = "" } = identities;
  const claims = { user: "u00000000000000000000", name: "Ann", drawn: false, until: 9e15 };
  const body = Buffer.from(JSON.stringify(claims)).toString("base64url");
  for (
    const token of [`parley.service.${serviceId}`, `parley.${serviceId}`, `${body}.${serviceId}`]
  ) {
    assert.equal(identities.verify(token), undefined, token);
  }
});

Deno.test("SignedSessionTokens recognizes the longest name, and reads no token of more than 1024 characters", async () => {
  const identities = await identitiesOf("secret");
  const name = parseName("\u{10ffff}".repeat(32));
  assert.ok(name);
  const me = { user: identities.newUserId(), name, hasGuestName: false };
  const token = identities.sign(me, { since: 1_700_000_000_000, serial: 7 }) ?? "";
  assert.ok(token.length <= 600, String(token.length));
  assert.deepEqual(identities.verify(token), { ...me, since: 1_700_000_000_000, serial: 7 });
  assert.equal(identities.verify(token.padEnd(1_025, ".")), undefined);
  for (const worst of [".", "x", "\u0301"]) {
    assert.equal(identities.verify(worst.repeat(390_000)), undefined);
  }
});

Deno.test("SignedSessionTokens takes a token without a first sign-in for one of the time at which it was signed", async () => {
  const identities = await identitiesOf("a");
  const clock = new FakeClock();
  const DAY = 24 * 3_600_000;
  const claims = { user: "u00000000000000000000", name: "Ann", drawn: false };
  const body = Buffer.from(JSON.stringify({ ...claims, until: clock.date() + 20 * DAY }))
    .toString("base64url");
  const signature = createHmac("sha256", "a").update(body).digest("base64url");
  assert.equal(identities.verify(`${body}.${signature}`)?.since, clock.date() - 10 * DAY);
});
