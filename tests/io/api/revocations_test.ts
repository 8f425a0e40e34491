/** What `/api/v1/revocations` accepts, and what it answers. */
import assert from "node:assert/strict";
import { BusUnavailable } from "../../../lib/chat/ports/bus.ts";
import type { Revocation } from "../../../lib/core/auth/revocations.ts";
import { type RevocationSettings, revocationsHandler } from "../../../lib/io/api/revocations.ts";
import { forOperators, MAX_BODY_BYTES, type OperatorAccess } from "../../../lib/io/api/operator.ts";
import { appUserId } from "../../../lib/io/auth/authenticators/app_user.ts";
import { FakeClock, revocationFeed } from "../../support/fakes.ts";

const TOKEN = "a token of some length";
const SETTINGS: RevocationSettings = {
  ...{ authProxyHeader: null, jwtIssuer: null, oidcIssuer: null },
  ...{ jwtSecret: null, jwtPublicKeyFile: "key.pem", jwksUrl: null },
};
/** Users sign in only at a provider. */
const WITH_PROVIDER = { oidcIssuer: "https://id.example", jwtPublicKeyFile: null };
const NOW = new FakeClock().date();
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const iso = (time: number) => new Date(time).toISOString();

class Api {
  readonly feed = revocationFeed();
  readonly #handler: (request: Request) => Promise<Response>;

  constructor(
    settings: Partial<RevocationSettings> = {},
    access: Partial<OperatorAccess> = {},
  ) {
    const own = { ...SETTINGS, ...settings };
    this.#handler = forOperators(
      { adminToken: TOKEN, ...access },
      revocationsHandler(this.feed, own, new FakeClock()),
    );
  }

  async ask(method: string, body?: string, token: string | undefined = TOKEN) {
    const response = await this.#handler(
      new Request("http://localhost/api/v1/revocations", {
        method,
        headers: { authorization: `Bearer ${token}` },
        ...(body !== undefined && { body }),
      }),
    );
    return { response, status: response.status, body: await response.json() };
  }

  post(body: unknown) {
    return this.ask("POST", JSON.stringify(body));
  }

  async stored(): Promise<readonly Revocation[]> {
    return await this.feed.readRevocations();
  }
}

for (
  const [body, stored] of [
    [{ user: "a_ann00000" }, { scope: "user", id: "a_ann00000", before: NOW }],
    [{ subject: "42" }, {
      scope: "user",
      id: appUserId("", "42"),
      before: NOW,
    }],
    [{ subject: "42", issuer: "shop" }, {
      scope: "user",
      id: appUserId("shop", "42"),
      before: NOW,
    }],
    [{ device: "d1" }, { scope: "device", id: "d1", before: NOW }],
    [{ token: "t1" }, { scope: "token", id: "t1", before: NOW }],
    [{ all: true }, { scope: "all", id: "", before: NOW }],
    [{ all: true, before: iso(NOW - DAY) }, { scope: "all", id: "", before: NOW - DAY }],
    [{ all: true, before: iso(NOW + MINUTE) }, { scope: "all", id: "", before: NOW + MINUTE }],
    [{ all: true, before: "2025-12-31T23:00:00+01:00" }, {
      scope: "all",
      id: "",
      before: Date.UTC(2025, 11, 31, 22),
    }],
  ] as const
) {
  Deno.test(`POST stores ${JSON.stringify(body)}`, async () => {
    const api = new Api();
    const { status } = await api.post(body);
    assert.equal(status, 200);
    assert.deepEqual(await api.stored(), [stored]);
  });
}

for (
  const [what, body, detail] of [
    ["no target", {}, /^The body must be/],
    ["two targets", { user: "a_ann00000", all: true }, /^all: there is no such field here$/],
    ["a user id that cannot exist", { user: "Ann" }, /^user: a user id has 8 to 40/],
    ["an issuer without a subject", { issuer: "shop" }, /^subject: the field is missing$/],
    ["all: false", { all: false }, /^all: Invalid type: Expected true but received false$/],
    ["an empty token id", { token: "" }, /^token: Expected a text that is not empty$/],
    ["a misspelled field", { all: true, befor: iso(NOW - DAY) }, /^befor: there is no such field/],
    [
      "a time without a zone",
      { all: true, before: "2025-12-31T23:00:00" },
      /^before: Expected an ISO/,
    ],
    ["a time in words", { all: true, before: "yesterday" }, /^before: Expected an ISO 8601 time/],
    [
      "a day that does not exist",
      { all: true, before: "2025-02-30T00:00:00Z" },
      /^before: Expected an ISO 8601 time/,
    ],
    ["a time in the future", { all: true, before: iso(NOW + MINUTE + 1) }, /in the future$/],
    ["a time long ago", { all: true, before: iso(NOW - 366 * DAY) }, /more than a year ago/],
    ["a list", [], /^The body must be/],
  ] as const
) {
  Deno.test(`POST refuses ${what} with 400`, async () => {
    const api = new Api();
    const { response, status, body: problem } = await api.post(body);
    assert.equal(status, 400);
    assert.equal(response.headers.get("content-type"), "application/problem+json");
    assert.match(problem.detail, detail);
    assert.deepEqual(await api.stored(), []);
  });
}

Deno.test("POST refuses a body that is no JSON with 400, and one that is too long with 413", async () => {
  const api = new Api();
  for (const body of ["", "{", "\u0000"]) assert.equal((await api.ask("POST", body)).status, 400);
  const long = JSON.stringify({ token: "x".repeat(MAX_BODY_BYTES - '{"token":""}'.length) });
  assert.equal((await api.ask("POST", long)).status, 200);
  assert.equal((await api.ask("POST", `${long} `)).status, 413);
  assert.equal((await api.ask("POST", "x".repeat(10_000_000))).status, 413);
});

for (
  const [who, settings, body, issuer] of [
    ["JWT_ISSUER", { jwtIssuer: "shop" }, {}, "shop"],
    ["JWT_ISSUER, unless it is stated", { jwtIssuer: "shop" }, { issuer: "mall" }, "mall"],
    ["the proxy, without tokens", { authProxyHeader: "x-user", jwtPublicKeyFile: null }, {}, null],
    ["the tokens' issuer beside a proxy", { authProxyHeader: "x-user" }, {}, ""],
    ["the tokens' issuer beside a provider", { oidcIssuer: "https://id.example" }, {}, ""],
    [
      "the provider's, if stated",
      WITH_PROVIDER,
      { issuer: "https://id.example" },
      "https://id.example",
    ],
    ["the proxy for null", { authProxyHeader: "x-user" }, { issuer: null }, null],
  ] as const
) {
  Deno.test(`POST takes for the issuer of a subject: ${who}`, async () => {
    const api = new Api(settings);
    await api.post({ subject: "42", ...body });
    assert.deepEqual((await api.stored())[0]?.id, appUserId(issuer, "42"));
  });
}

Deno.test("POST refuses a subject without an issuer if users sign in only at a provider", async () => {
  const api = new Api(WITH_PROVIDER);
  const { status, body } = await api.post({ subject: "42" });
  assert.equal(status, 400);
  assert.match(body.detail, /needs an "issuer"/);
  assert.deepEqual(await api.stored(), []);
});

Deno.test("GET returns what has been revoked, the latest first, as it was posted", async () => {
  const api = new Api();
  const posted = [
    { all: true, before: iso(NOW - 2) },
    { token: "t1", before: iso(NOW - 1) },
    { user: "a_ann00000", before: iso(NOW) },
  ];
  for (const it of posted) assert.deepEqual((await api.post(it)).body, it);
  const { status, body } = await api.ask("GET");
  assert.deepEqual([status, body], [200, { revocations: posted.toReversed() }]);
});

Deno.test("The path is for nobody without ADMIN_TOKEN, and only for those who have it", async () => {
  const open = await new Api({}, { adminToken: null }).ask("GET");
  assert.equal(open.status, 403);
  assert.match(open.body.detail, /^Set ADMIN_TOKEN .* use the commands of parley where/);
  const api = new Api();
  for (const method of ["GET", "POST", "DELETE"]) {
    const { response, status } = await api.ask(method, undefined, "another token");
    assert.deepEqual([status, response.headers.get("www-authenticate")], [401, "Bearer"]);
  }
  assert.deepEqual(await api.stored(), []);
});

Deno.test("Other methods are refused with 405", async () => {
  for (const method of ["PUT", "DELETE", "OPTIONS"]) {
    const { response, status } = await new Api().ask(method);
    assert.deepEqual([status, response.headers.get("allow")], [405, "GET, POST, HEAD"]);
  }
});

Deno.test("While the store is unavailable, both methods answer 503 with the reason", async () => {
  const fail = () => Promise.reject(new BusUnavailable("it is away", { mayHaveApplied: false }));
  const revocations = { revoke: fail, readRevocations: fail };
  const handler = forOperators(
    { adminToken: TOKEN },
    revocationsHandler(revocations, SETTINGS, new FakeClock()),
  );
  for (const init of [{ method: "GET" }, { method: "POST", body: '{"all":true}' }]) {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const response = await handler(new Request("http://localhost/", { ...init, headers }));
    assert.equal(response.status, 503);
    assert.equal((await response.json()).detail, "it is away");
  }
});
