import assert from "node:assert/strict";
import { exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT } from "jose";
import type { Authentication } from "../../../../lib/chat/ports/authenticator.ts";
import {
  JwtAuthenticator,
  type TokenSettings,
} from "../../../../lib/io/auth/authenticators/jwt_authenticator.ts";
import {
  type KeySet,
  keySetOfPem,
  type KeySetSource,
} from "../../../../lib/io/auth/authenticators/key_set.ts";
import { userKind } from "../../../../lib/core/auth/user_kind.ts";
import { FakeClock } from "../../../support/fakes.ts";

const SECRET = "a secret of the app that is long enough";
const NO_KEYS: KeySetSource = { read: () => Promise.resolve(undefined) };
const clock = new FakeClock();
const NOW = clock.date() / 1_000;

type Payload = Readonly<Record<string, unknown>>;
type SigningKey = Parameters<SignJWT["sign"]>[0];

/** A token for user 42 that expires in an hour. */
function sign(
  payload: Payload = {},
  header: Partial<JWTHeaderParameters> = {},
  key: SigningKey = new TextEncoder().encode(SECRET),
): Promise<string> {
  return new SignJWT({ sub: "42", exp: NOW + 3_600, ...payload })
    .setProtectedHeader({ alg: "HS256", ...header })
    .sign(key);
}

function open(settings: Partial<TokenSettings> = {}, keys = NO_KEYS): JwtAuthenticator {
  const jwtSecret = [{ kid: undefined, secret: SECRET }];
  return new JwtAuthenticator(
    { jwtSecret, jwtIssuer: null, jwtAudience: null, ...settings },
    keys,
    clock,
  );
}

function assertRefused(result: Authentication, code: string, why: RegExp): void {
  assert.ok(result.kind === "refused", `it is ${result.kind}`);
  assert.equal(result.code, code);
  assert.match(result.why, why);
}

Deno.test("JwtAuthenticator knows the user of a token, the name, the rights, the times and the id", async () => {
  const rooms = [{ match: "team-*", allow: ["read"] }];
  const result = await open().authenticate(
    await sign({ name: "Ann", iat: NOW - 10, jti: "t1", parley: { role: "moderator", rooms } }),
  );
  assert.ok(result.kind === "known");
  const { user, ...rest } = result;
  assert.equal(userKind(user), "app");
  assert.deepEqual(rest, {
    kind: "known",
    name: "Ann",
    rights: rooms,
    expiresAt: (NOW + 3_600) * 1_000,
    issuedAt: (NOW - 10) * 1_000,
    tokenId: "t1",
    role: "moderator",
  });
});

Deno.test("JwtAuthenticator derives one user from an issuer and a subject, and others from others", async () => {
  const users = await Promise.all(
    [{}, { name: "Ann", exp: NOW + 10 }, { sub: "43" }, { iss: "shop" }, { iss: "shop", sub: "43" }]
      .map(async (payload) => {
        const result = await open().authenticate(await sign(payload));
        return result.kind === "known" ? result.user : result.why;
      }),
  );
  assert.equal(users[0], users[1]);
  assert.equal(new Set(users).size, 4);
});

for (
  const [what, payload, header, why] of [
    ["without exp", { exp: undefined }, {}, /exp/],
    ["without sub", { sub: undefined }, {}, /sub/],
    ["that is not valid yet", { nbf: NOW + 120 }, {}, /nbf/],
    ["from the future", { iat: NOW + 61 }, {}, /iat/],
    ["of another issuer", { iss: "elsewhere" }, {}, /iss/],
    ["for another audience", { aud: "elsewhere" }, {}, /aud/],
    ["without an audience", { aud: undefined }, {}, /aud/],
    ["with a critical header that is unknown", {}, { crit: ["x"], x: 1 }, /x/],
  ] as const
) {
  Deno.test(`JwtAuthenticator refuses a token ${what}, and says why`, async () => {
    const authenticator = open({ jwtIssuer: "shop", jwtAudience: "chat" });
    const good = { iss: "shop", aud: "chat" };
    assert.equal((await authenticator.authenticate(await sign(good))).kind, "known");
    const signed = "crit" in header
      ? await new SignJWT({ sub: "42", exp: NOW + 3_600, ...good })
        .setProtectedHeader({ alg: "HS256", ...header, crit: [...header.crit] })
        .sign(new TextEncoder().encode(SECRET), { crit: { x: false } })
      : await sign({ ...good, ...payload });
    assertRefused(await authenticator.authenticate(signed), "bad_token", why);
  });
}

Deno.test("JwtAuthenticator allows for clocks of apps that are a minute ahead", async () => {
  for (const payload of [{ exp: NOW + 1 }, { nbf: NOW + 59 }, { iat: NOW + 59 }]) {
    assert.equal((await open().authenticate(await sign(payload))).kind, "known");
  }
});

Deno.test("JwtAuthenticator refuses a token from its expiry on", async () => {
  for (const exp of [NOW, NOW - 59, NOW - 61]) {
    assertRefused(await open().authenticate(await sign({ exp })), "token_expired", /expired/);
  }
});

Deno.test("JwtAuthenticator refuses what is unsigned, changed, cut, foreign, or signed in another way", async () => {
  const token = await sign();
  const [header = "", payload = "", signature = ""] = token.split(".");
  const encode = (value: unknown) => btoa(JSON.stringify(value)).replace(/=+$/, "");
  const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
  const tokens = [
    "",
    "x",
    "..",
    `${header}.${payload}.`,
    `${header}.${payload}`,
    `${header}.${encode({ sub: "43", exp: NOW + 3_600 })}.${signature}`,
    `${encode({ alg: "none" })}.${payload}.`,
    `${encode({ alg: "none" })}.${payload}.${signature}`,
    token.slice(0, -1),
    await sign({}, {}, new TextEncoder().encode("another secret, also long enough")),
    await sign({}, { alg: "HS512" }, new TextEncoder().encode(SECRET.repeat(2))),
    await sign({}, { alg: "RS256" }, privateKey),
    // The key of a public key set as the secret: whoever knows it could sign.
    await sign({}, {}, new TextEncoder().encode(JSON.stringify(await exportJWK(publicKey)))),
    `${token}${"x".repeat(9_000)}`,
  ];
  for (const bad of tokens) assertRefused(await open().authenticate(bad), "bad_token", /./);
});

Deno.test("JwtAuthenticator accepts the secrets of a rotation, each by its key id or without one", async () => {
  const old = "the old secret is long enough too";
  const authenticator = open({
    jwtSecret: [{ kid: "new", secret: SECRET }, { kid: "old", secret: old }],
  });
  const by = (kid: string | undefined, secret: string) =>
    sign({}, kid === undefined ? {} : { kid }, new TextEncoder().encode(secret));
  for (const [kid, secret] of [["new", SECRET], ["old", old], [undefined, old]] as const) {
    assert.equal((await authenticator.authenticate(await by(kid, secret))).kind, "known");
  }
  for (const [kid, secret] of [["new", old], ["gone", SECRET]] as const) {
    assertRefused(await authenticator.authenticate(await by(kid, secret)), "bad_token", /./);
  }
});

/** A key set that the test changes, and how often it was read for a newer key. */
class FakeKeySet implements KeySetSource {
  readonly requests: boolean[] = [];
  keys: KeySet = { keys: [] };
  isAway = false;

  read(wantsNewer: boolean): Promise<KeySet> {
    this.requests.push(wantsNewer);
    return this.isAway ? Promise.reject(new Error("away")) : Promise.resolve(this.keys);
  }
}

for (const alg of ["RS256", "ES256", "ES384", "EdDSA"]) {
  Deno.test(`JwtAuthenticator verifies ${alg} with a published key, and with the key in a PEM file`, async () => {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    const token = await sign({}, { alg, kid: "one" }, privateKey);
    const source = new FakeKeySet();
    source.keys = { keys: [{ ...await exportJWK(publicKey), kid: "one" }] };
    assert.equal((await open({ jwtSecret: null }, source).authenticate(token)).kind, "known");
    const der = new Uint8Array(await crypto.subtle.exportKey("spki", publicKey));
    const pem = `-----BEGIN PUBLIC KEY-----\n${der.toBase64()}\n-----END PUBLIC KEY-----\n`;
    const file = { read: () => Promise.resolve(keySetOfPem(pem)) };
    const unnamed = await sign({}, { alg }, privateKey);
    assert.equal((await open({ jwtSecret: null }, file).authenticate(unnamed)).kind, "known");
  });
}

Deno.test("JwtAuthenticator accepts no token that is signed with a public key as the secret", async () => {
  const { publicKey } = await generateKeyPair("RS256", { extractable: true });
  const jwk = await exportJWK(publicKey);
  const source = new FakeKeySet();
  source.keys = { keys: [{ ...jwk, kid: "one" }] };
  const authenticator = open({ jwtSecret: null }, source);
  for (const secret of [jwk.n ?? "", JSON.stringify(jwk)]) {
    const forged = await sign({}, { kid: "one" }, new TextEncoder().encode(secret));
    assertRefused(await authenticator.authenticate(forged), "bad_token", /alg/);
  }
});

Deno.test("JwtAuthenticator asks for newer keys once a minute, and at once for a token with an unknown key", async () => {
  const [one, two] = await Promise.all([generateKeyPair("ES256"), generateKeyPair("ES256")]);
  const source = new FakeKeySet();
  const add = async (kid: string, { publicKey }: typeof one) => {
    source.keys = { keys: [...source.keys.keys, { ...await exportJWK(publicKey), kid }] };
  };
  await add("one", one);
  const ticking = new FakeClock();
  const settings = { jwtSecret: null, jwtIssuer: null, jwtAudience: null };
  const authenticator = new JwtAuthenticator(settings, source, ticking);
  const first = await sign({}, { alg: "ES256", kid: "one" }, one.privateKey);
  const second = await sign({}, { alg: "ES256", kid: "two" }, two.privateKey);
  for (let turn = 0; turn < 3; turn++) await authenticator.authenticate(first);
  assert.deepEqual(source.requests, [false]);
  await add("two", two);
  assert.equal((await authenticator.authenticate(second)).kind, "known");
  assert.deepEqual(source.requests, [false, true]);
  await ticking.advance(60_000);
  await authenticator.authenticate(first);
  assert.deepEqual(source.requests, [false, true, false]);
});

Deno.test("JwtAuthenticator tries all keys of a set for a token that names none", async () => {
  const pairs = await Promise.all([1, 2].map(() => generateKeyPair("ES256")));
  const source = new FakeKeySet();
  source.keys = {
    keys: await Promise.all(
      pairs.map(async ({ publicKey }, at) => ({ ...await exportJWK(publicKey), kid: `${at}` })),
    ),
  };
  for (const { privateKey } of pairs) {
    const token = await sign({}, { alg: "ES256" }, privateKey);
    assert.equal((await open({ jwtSecret: null }, source).authenticate(token)).kind, "known");
  }
  const stranger = await generateKeyPair("ES256");
  const forged = await sign({}, { alg: "ES256" }, stranger.privateKey);
  assertRefused(await open({ jwtSecret: null }, source).authenticate(forged), "bad_token", /./);
});

Deno.test("JwtAuthenticator says that it cannot check a token while the keys are away", async () => {
  const source = new FakeKeySet();
  source.isAway = true;
  const { privateKey } = await generateKeyPair("ES256");
  const token = await sign({}, { alg: "ES256" }, privateKey);
  const result = await open({ jwtSecret: null }, source).authenticate(token);
  assertRefused(result, "unavailable", /keys/);
});

Deno.test("keySetOfPem() refuses a private key, a key of another kind, and what is no key", async () => {
  const pemOf = async (label: string, form: "spki" | "pkcs8", key: CryptoKey) => {
    const der = new Uint8Array(await crypto.subtle.exportKey(form, key));
    return `-----BEGIN ${label}-----\n${der.toBase64()}\n-----END ${label}-----\n`;
  };
  const signing = await generateKeyPair("ES256", { extractable: true });
  const encrypting = await generateKeyPair("ECDH-ES", { crv: "X25519", extractable: true });
  const secret = await pemOf("PRIVATE KEY", "pkcs8", signing.privateKey);
  assert.throws(() => keySetOfPem(secret), /private key/);
  const other = await pemOf("PUBLIC KEY", "spki", encrypting.publicKey);
  assert.throws(() => keySetOfPem(other), /X25519/);
  assert.throws(() => keySetOfPem("no key"));
});
