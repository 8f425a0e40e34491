import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { appUserId } from "../../../../lib/io/auth/authenticators/app_user.ts";
import {
  type CookieSettings,
  SignInCookies,
} from "../../../../lib/io/auth/sign_in/sign_in_cookies.ts";
import { SignedSessionTokens } from "../../../../lib/io/auth/signed_tokens.ts";
import { FakeClock, name } from "../../../support/fakes.ts";

const SECRET = "a session secret of these tests";
const SETTINGS: CookieSettings = {
  publicUrl: "https://chat.example",
  oidcIssuer: "https://id.example",
  oidcClientId: "parley",
};
const ANN = { issuer: "https://id.example", subject: "42", name: "Ann", role: "owner" } as const;
const ATTEMPT = { state: "s", nonce: "n", verifier: "v", to: "https://chat.example/#den" };
const HOUR_MS = 3_600_000;

interface Change {
  readonly settings?: Partial<CookieSettings>;
  readonly secret?: string;
  readonly clock?: FakeClock;
}

async function cookiesOf(
  { settings, secret = SECRET, clock }: Change = {},
): Promise<SignInCookies> {
  const known = Promise.resolve(secret);
  const cookies = new SignInCookies({ ...SETTINGS, ...settings }, clock ?? new FakeClock(), known);
  await known;
  return cookies;
}

/** What a browser sends after this `Set-Cookie`. */
function sent(setCookie: string): string {
  return setCookie.split(";", 1)[0] ?? "";
}

Deno.test("A session cookie says who the user is, and until when", async () => {
  const cookies = await cookiesOf();
  assert.deepEqual(cookies.userOf(sent(cookies.setSession(ANN))), {
    user: appUserId(ANN.issuer, ANN.subject),
    name: "Ann",
    rights: null,
    issuedAt: new FakeClock().date(),
    tokenId: undefined,
    role: "owner",
    expiresAt: new FakeClock().date() + 8 * HOUR_MS,
  });
});

Deno.test("A session cookie is good for eight hours, by the service's clock", async () => {
  const clock = new FakeClock();
  const cookies = await cookiesOf({ clock });
  const set = cookies.setSession(ANN);
  assert.match(set, /; Max-Age=28800;/);
  await clock.advance(8 * HOUR_MS - 1);
  assert.ok(cookies.userOf(sent(set)));
  await clock.advance(1);
  assert.equal(cookies.userOf(sent(set)), undefined);
});

Deno.test("A user returns from the provider within ten minutes", async () => {
  const clock = new FakeClock();
  const cookies = await cookiesOf({ clock });
  const set = cookies.setAttempt(ATTEMPT);
  await clock.advance(599_999);
  const { until: _, ...attempt } = { until: 0, ...cookies.attemptOf(sent(set)) };
  assert.deepEqual(attempt, ATTEMPT);
  await clock.advance(1);
  assert.equal(cookies.attemptOf(sent(set)), undefined);
});

Deno.test("A cookie with one character changed is not accepted", async () => {
  const cookies = await cookiesOf();
  const header = sent(cookies.setSession(ANN));
  const start = header.indexOf("=") + 1;
  for (let at = start; at < header.length; at++) {
    const other = header[at] === "A" ? "B" : "A";
    const changed = header.slice(0, at) + other + header.slice(at + 1);
    // The last character of 32 bytes in base64url has two bits that mean nothing, but it is compared as text.
    assert.equal(cookies.userOf(changed), undefined, changed);
  }
});

for (
  const [what, change] of [
    ["another secret", { secret: "another secret of these tests" }],
    ["another provider", { settings: { oidcIssuer: "https://other.example" } }],
    ["another client at the provider", { settings: { oidcClientId: "other" } }],
  ] as const
) {
  Deno.test(`A cookie of a service with ${what} is not accepted`, async () => {
    const other = await cookiesOf(change);
    const cookies = await cookiesOf();
    assert.equal(cookies.userOf(sent(other.setSession(ANN))), undefined);
    assert.equal(cookies.attemptOf(sent(other.setAttempt(ATTEMPT))), undefined);
  });
}

Deno.test("Neither cookie can be used as the other", async () => {
  const cookies = await cookiesOf();
  const attempt = sent(cookies.setAttempt(ATTEMPT)).replace(/^[^=]+/, "__Host-parley");
  const session = sent(cookies.setSession(ANN)).replace(/^[^=]+/, "__Host-parley-sign-in");
  assert.equal(cookies.userOf(attempt), undefined);
  assert.equal(cookies.attemptOf(session), undefined);
});

Deno.test("What is signed with the session secret itself is no cookie, and a cookie is no session token", async () => {
  const cookies = await cookiesOf();
  const claims = { iss: ANN.issuer, sub: ANN.subject, at: 0, until: 9e15 };
  const body = Buffer.from(JSON.stringify(claims)).toString("base64url");
  const signature = createHmac("sha256", SECRET).update(body).digest("base64url");
  assert.equal(cookies.userOf(`__Host-parley=${body}.${signature}`), undefined);
  const tokens = new SignedSessionTokens(new FakeClock(), Promise.resolve(SECRET));
  await tokens.ready;
  const me = { user: tokens.newUserId(), name: name("Ann"), hasGuestName: false };
  assert.equal(
    cookies.userOf(`__Host-parley=${tokens.sign(me, { since: 0, serial: 0 })}`),
    undefined,
  );
  assert.equal(
    tokens.verify(sent(cookies.setSession(ANN)).replace("__Host-parley=", "")),
    undefined,
  );
});

Deno.test("A name of any length and an id of 255 characters fit into a cookie", async () => {
  const cookies = await cookiesOf();
  const long = { issuer: `https://${"i".repeat(247)}`, subject: "s".repeat(255) };
  const role = "moderator";
  for (const letter of ["x", "王", "👋", "e\u0301"]) {
    const set = cookies.setSession({ ...long, role, name: letter.repeat(10_000) });
    assert.ok(set.length < 4_096, String(set.length));
    assert.ok(cookies.userOf(sent(set))?.name);
  }
});

Deno.test("A user whose name cannot be shown has none in the cookie, and may choose one", async () => {
  const cookies = await cookiesOf();
  for (const shown of [undefined, "***", ""]) {
    const user = cookies.userOf(sent(cookies.setSession({ ...ANN, name: shown })));
    assert.ok(user !== undefined && user.name === undefined);
  }
});

for (const value of ["", ".", "a.b", "a.b.c", "x".repeat(5_000), "é.é", "%00.%00"]) {
  Deno.test(`A cookie of ${value.slice(0, 10)} is nobody's`, async () => {
    const cookies = await cookiesOf();
    assert.equal(cookies.userOf(`__Host-parley=${value}`), undefined);
  });
}

Deno.test("Before the secret is known, a session is claimed but nobody is signed in", async () => {
  const header = sent((await cookiesOf()).setSession(ANN));
  const cookies = new SignInCookies(SETTINGS, new FakeClock(), new Promise(() => {}));
  assert.deepEqual([cookies.isReady, cookies.hasSession(header), cookies.userOf(header)], [
    false,
    true,
    undefined,
  ]);
});
