/** Signed requests of commands: what they are good for, when, how often, and who can read the answer. */
import assert from "node:assert/strict";
import { forOperators, MAX_BODY_BYTES, readJson } from "../../../lib/io/api/operator.ts";
import { SignedRequests } from "../../../lib/io/api/signed_requests.ts";
import {
  formatSignature,
  newNonce,
  openAnswer,
  operatorKey,
  parseSignature,
  signatureOf,
} from "../../../lib/io/auth/operator_signature.ts";
import { jsonResponse } from "../../../lib/io/http/responses.ts";
import { FakeClock } from "../../support/fakes.ts";

const ADMIN_TOKEN = "a token of some length";
const SECRET = "a session secret";
const PATH = "/api/v1/invites";
const BODY = '{"role":"owner"}';
const encoder = new TextEncoder();

/** A request that a command has sent, with what another program may have made of it. */
interface Sent {
  readonly key?: string;
  readonly time?: number;
  readonly nonce?: string;
  readonly method?: string;
  readonly path?: string;
  readonly body?: string;
  readonly changed?: { readonly method?: string; readonly path?: string; readonly body?: string };
}

class Api {
  readonly clock = new FakeClock();
  readonly asked: unknown[] = [];
  readonly #handler: (request: Request) => Promise<Response>;

  constructor(adminToken: string | null = ADMIN_TOKEN, secret = Promise.resolve(SECRET)) {
    const signed = new SignedRequests({ adminToken, secret }, this.clock);
    this.#handler = forOperators({ adminToken, signed }, async (request) => {
      this.asked.push(await readJson(request));
      return jsonResponse({ link: "the link" }, 201);
    });
  }

  async send(
    { key = ADMIN_TOKEN, time = this.clock.date(), nonce = newNonce(), ...sent }: Sent,
  ) {
    const { method = "POST", path = PATH, body = BODY, changed } = sent;
    const own = { method, path, body: encoder.encode(body) };
    const derived = operatorKey(key);
    const signature = signatureOf(derived, own, { time, nonce });
    const arrives = { method, path, body, ...changed };
    const response = await this.#handler(
      new Request(`http://localhost${arrives.path}`, {
        method: arrives.method,
        headers: { authorization: formatSignature({ time, nonce, signature }) },
        ...(arrives.method !== "GET" && { body: arrives.body }),
      }),
    );
    const { status } = response;
    const text = await response.text();
    return { status, text, answer: openAnswer(derived, { nonce, status }, text) };
  }
}

for (const [what, key] of [["ADMIN_TOKEN", ADMIN_TOKEN], ["the session secret", SECRET]] as const) {
  Deno.test(`A request that is signed with ${what} is carried out, and only its signer can read the answer`, async () => {
    const api = new Api();
    const { status, text, answer } = await api.send({ key });
    assert.deepEqual([status, answer], [201, '{"link":"the link"}']);
    assert.match(text, /^[\w-]+$/);
    assert.deepEqual(api.asked, [{ role: "owner" }]);
    assert.equal((await api.send({ key, method: "GET", body: "" })).status, 201);
  });
}

for (
  const [what, sent] of [
    ["signed with another secret", { key: "another token, no less" }],
    ["sent with another body", { changed: { body: '{"role":"member"}' } }],
    ["sent to another path", { changed: { path: "/api/v1/revocations" } }],
    ["sent with another query", { changed: { path: `${PATH}?all` } }],
    ["sent with another method", { changed: { method: "PUT" } }],
  ] as const
) {
  Deno.test(`A request that was ${what} is refused with 401, in the clear`, async () => {
    const api = new Api();
    const { status, text, answer } = await api.send(sent);
    assert.deepEqual([status, answer], [401, undefined]);
    assert.equal(JSON.parse(text).status, 401);
    assert.deepEqual(api.asked, []);
  });
}

Deno.test("A signed request is carried out once, however often it arrives", async () => {
  const api = new Api();
  const sent = { nonce: newNonce(), time: api.clock.date() };
  assert.equal((await api.send(sent)).status, 201);
  for (const afterMs of [0, 30_000, 1]) {
    await api.clock.advance(afterMs);
    const { status, answer } = await api.send(sent);
    assert.equal(status, 401);
    assert.match(answer ?? "", /carried out before|another time/);
  }
  assert.equal(api.asked.length, 1);
});

Deno.test("A signed request is valid for 30 s around its time, and not if it is older than the service", async () => {
  const api = new Api();
  const start = api.clock.date();
  assert.equal((await api.send({ time: start - 1 })).status, 401);
  assert.equal((await api.send({ time: start + 30_001 })).status, 401);
  assert.equal((await api.send({ time: start + 30_000 })).status, 201);
  await api.clock.advance(100_000);
  const now = api.clock.date();
  assert.equal((await api.send({ time: now - 30_001 })).status, 401);
  assert.equal((await api.send({ time: now - 30_000 })).status, 201);
});

Deno.test("No more than 1,000 signed requests are remembered, and each until its time is over", async () => {
  const api = new Api();
  for (let count = 0; count < 1_000; count++) assert.equal((await api.send({})).status, 201);
  const { status, answer } = await api.send({});
  assert.equal(status, 429);
  assert.match(answer ?? "", /1000 signed requests/);
  await api.clock.advance(30_001);
  assert.equal((await api.send({})).status, 201);
});

Deno.test("A signed request that is too long is refused before it is hashed", async () => {
  const api = new Api();
  assert.equal((await api.send({ body: "x".repeat(MAX_BODY_BYTES + 1) })).status, 413);
});

Deno.test("Without ADMIN_TOKEN, the session secret signs as soon as it is known", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const api = new Api(null, promise);
  assert.equal((await api.send({ key: SECRET })).status, 403);
  resolve(SECRET);
  await promise;
  assert.equal((await api.send({ key: SECRET })).status, 201);
});

Deno.test("Where no signature is valid, one is no authorization", async () => {
  const handler = forOperators(
    { adminToken: ADMIN_TOKEN },
    () => Promise.resolve(jsonResponse({})),
  );
  const params = { time: new FakeClock().date(), nonce: newNonce() };
  const parts = { method: "GET", path: PATH, body: new Uint8Array() };
  const signature = signatureOf(operatorKey(ADMIN_TOKEN), parts, params);
  const headers = { authorization: formatSignature({ ...params, signature }) };
  assert.equal((await handler(new Request(`http://localhost${PATH}`, { headers }))).status, 401);
});

for (
  const text of [
    "",
    "Bearer abc",
    `Parley-Signature time=1, nonce=${"a".repeat(22)}`,
    `Parley-Signature time=1, nonce=${"a".repeat(21)}, signature=${"b".repeat(43)}`,
    `Parley-Signature time=x, nonce=${"a".repeat(22)}, signature=${"b".repeat(43)}`,
    `Parley-Signature time=1, nonce=${"a".repeat(22)}, signature=${"b".repeat(44)}`,
  ]
) {
  Deno.test(`parseSignature() finds none in ${JSON.stringify(text)}`, () => {
    assert.equal(parseSignature(text), undefined);
  });
}

Deno.test("openAnswer() opens nothing that was changed, cut or made for another request", async () => {
  const api = new Api();
  const nonce = newNonce();
  const { text, status } = await api.send({ nonce });
  const key = operatorKey(ADMIN_TOKEN);
  assert.ok(openAnswer(key, { nonce, status }, text));
  const flipped = `${text.startsWith("A") ? "B" : "A"}${text.slice(1)}`;
  for (const sealed of ["", "{}", text.slice(4), text.slice(0, -4), flipped]) {
    assert.equal(openAnswer(key, { nonce, status }, sealed), undefined);
  }
  assert.equal(openAnswer(key, { nonce: newNonce(), status }, text), undefined);
  assert.equal(openAnswer(key, { nonce, status: 200 }, text), undefined);
  assert.equal(openAnswer(operatorKey(SECRET), { nonce, status }, text), undefined);
});
