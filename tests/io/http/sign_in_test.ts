/**
 * Single sign-on with a real provider and whole services, without a browser. `tests/e2e/page/connection/sign_in_test.ts` has one.
 * @module
 */
import assert from "node:assert/strict";
import { SignJWT } from "jose";
import { systemClock } from "../../../lib/chat/ports/clock.ts";
import { JSON_SUBPROTOCOL } from "../../../lib/core/protocol/json_protocol.ts";
import { SIGNED_IN_MS, SignInCookies } from "../../../lib/io/auth/sign_in/sign_in_cookies.ts";
import { CookieClient } from "../../support/clients/cookie_client.ts";
import { handshake, sendRequest } from "../../support/clients/raw_socket.ts";
import { TestClient } from "../../support/clients/test_client.ts";
import { LogRecorder } from "../../support/log_recorder.ts";
import {
  type ProviderOptions,
  startProvider,
  type TestProvider,
} from "../../support/identity/oidc_provider.ts";
import { freePort } from "../../support/provision.ts";
import { WORKER_COUNTS } from "../../support/engine.ts";
import { startTestService, type TestService } from "../../support/service.ts";

const SECRET = "a session secret of these tests";

interface Stage extends AsyncDisposable {
  readonly provider: TestProvider;
  readonly service: TestService;
}

async function start(
  env: Readonly<Record<string, string>> = {},
  options: ProviderOptions = {},
): Promise<Stage> {
  await using started = new AsyncDisposableStack();
  const port = String(freePort());
  const provider = started.use(await startProvider(`http://127.0.0.1:${port}`, options));
  const settings = { PORT: port, AUTH: "required", SESSION_SECRET: SECRET, ...provider.settings };
  const service = started.use(await startTestService({ ...settings, ...env }));
  const all = started.move();
  return { provider, service, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** Goes to the provider and fills in its form; returns the URL of the callback, which is not requested yet. */
async function goThroughProvider(
  browser: CookieClient,
  { service, provider }: Pick<Stage, "service" | "provider">,
  { to = "", fields = { user: "ann" } }: { to?: string; fields?: Record<string, string> } = {},
): Promise<URL> {
  const isForm = ({ pathname }: URL) => pathname.startsWith("/form/");
  const form = await browser.follow(`${service.url}/auth/login${to}`, isForm);
  assert.equal(form.origin, provider.issuer);
  const answer = await browser.fetch(form, { method: "POST", body: new URLSearchParams(fields) });
  await answer.body?.cancel();
  const next = new URL(answer.headers.get("location") ?? "", form);
  return await browser.follow(next, ({ pathname }) => pathname.endsWith("/auth/callback"));
}

async function signIn(browser: CookieClient, stage: Stage, user = "ann"): Promise<void> {
  const callback = await goThroughProvider(browser, stage, { fields: { user } });
  const response = await browser.fetch(callback);
  assert.equal(response.status, 303, await response.text());
}

/** The answer to the hello of a new connection. */
async function hello(
  { url }: Pick<TestService, "url">,
  cookie: string,
  request: Record<string, unknown> = {},
): Promise<Record<string, unknown> & { you?: Record<string, unknown> }> {
  const init = { protocols: [JSON_SUBPROTOCOL], headers: { cookie } };
  await using client = await TestClient.open(`${url}/ws`, init);
  client.send(JSON.stringify({ type: "hello", ...request }));
  return JSON.parse(String(await client.next()));
}

for (const workers of WORKER_COUNTS) {
  Deno.test(`A user who signs in at the provider chats under the name there, with WORKERS=${workers}`, async () => {
    await using stage = await start({ WORKERS: workers });
    const browser = new CookieClient();
    await signIn(browser, stage);
    const { you, resume } = await hello(stage.service, browser.header);
    assert.deepEqual([you?.["name"], you?.["kind"], resume], ["Ann", "app", undefined]);
    assert.deepEqual((await hello(stage.service, browser.header)).you, you);
    assert.equal((await hello(stage.service, "")).code, "token_required");
  });
}

/** A session as the service at this provider signs it. @param endsInMs Time until it ends. */
async function sessionCookie(
  { provider, service }: Stage,
  { secret = SECRET, endsInMs = SIGNED_IN_MS } = {},
): Promise<string> {
  const settings = { publicUrl: service.url, oidcIssuer: provider.issuer, oidcClientId: "parley" };
  const known = Promise.resolve(secret);
  const date = () => Date.now() + endsInMs - SIGNED_IN_MS;
  const cookies = new SignInCookies(settings, { ...systemClock, date }, known);
  await known;
  const user = { issuer: provider.issuer, subject: "ann", name: "Ann", role: undefined };
  return cookies.setSession(user).split(";", 1)[0] ?? "";
}

/** Checks that nobody is signed in, that the page is plain, and that it may be kept nowhere. */
async function assertFailed(response: Response, status: number, words: RegExp): Promise<void> {
  const text = await response.text();
  assert.equal(response.status, status, text);
  assert.match(text, words);
  assert.doesNotMatch(text, /<b>|<script|code=|Error|\bat /);
  assert.match(response.headers.get("content-type") ?? "", /^text\/html/);
  assert.match(response.headers.get("content-security-policy") ?? "", /^default-src 'none'/);
  assertPrivate(response);
  for (const cookie of response.headers.getSetCookie()) assert.match(cookie, /Max-Age=0/);
}

function assertPrivate({ headers }: Response): void {
  assert.equal(headers.get("cache-control"), "no-store");
  assert.equal(headers.get("referrer-policy"), "no-referrer");
}

for (
  const [OIDC_ROLES, role] of [
    ["", undefined],
    ["staff=moderator, friends-of-ann=owner", "owner"],
    ["friends-of-bea=owner", undefined],
  ] as const
) {
  Deno.test(`With OIDC_ROLES="${OIDC_ROLES}", a user of the groups staff and friends-of-ann has the role ${role}`, async () => {
    await using stage = await start({ OIDC_ROLES });
    const browser = new CookieClient();
    await signIn(browser, stage);
    const { you } = await hello(stage.service, browser.header);
    assert.equal(you?.role, role);
  });
}

Deno.test("OIDC_GROUP_CLAIM names another claim, and a single group may be a text", async () => {
  await using stage = await start({ OIDC_GROUP_CLAIM: "name", OIDC_ROLES: "Ann=moderator" });
  const browser = new CookieClient();
  await signIn(browser, stage);
  const { you } = await hello(stage.service, browser.header);
  assert.deepEqual([you?.name, you?.role], ["Ann", "moderator"]);
});

Deno.test("The way to the provider and back leaves nothing in caches and no Referer", async () => {
  await using stage = await start();
  const browser = new CookieClient();
  const login = await browser.fetch(`${stage.service.url}/auth/login`);
  assert.equal(login.status, 303, await login.text());
  assertPrivate(login);
  const { searchParams } = new URL(login.headers.get("location") ?? "");
  assert.equal(searchParams.get("code_challenge_method"), "S256");
  assert.ok(searchParams.get("nonce") && searchParams.get("state"));
  assert.equal(searchParams.get("redirect_uri"), `${stage.service.url}/auth/callback`);
  const response = await browser.fetch(await goThroughProvider(browser, stage));
  assert.equal(response.status, 303, await response.text());
  assertPrivate(response);
  assert.equal(response.headers.get("location"), `${stage.service.url}/`);
  const [session = "", attempt = ""] = response.headers.getSetCookie();
  assert.match(session, /^parley=[^;]+; Max-Age=28800; Path=\/; HttpOnly; SameSite=Lax$/);
  assert.match(attempt, /^parley-sign-in=; Max-Age=0;/);
});

Deno.test("Behind a proxy with TLS and a path, cookies are for HTTPS and users return below the path", async () => {
  const publicUrl = "https://chat.example/team";
  await using provider = await startProvider(publicUrl);
  await using service = await startTestService({ AUTH: "required", ...provider.settings });
  const browser = new CookieClient();
  const to = `?to=${encodeURIComponent("/#den")}`;
  const callback = await goThroughProvider(browser, { provider, service }, { to });
  assert.equal(callback.origin + callback.pathname, `${publicUrl}/auth/callback`);
  const response = await browser.fetch(`${service.url}/auth/callback${callback.search}`);
  assert.equal(response.status, 303, await response.text());
  assert.equal(response.headers.get("location"), `${publicUrl}/#den`);
  const [session = "", attempt = ""] = response.headers.getSetCookie();
  const attributes = /; Path=\/; HttpOnly; SameSite=Lax; Secure$/;
  assert.match(session, /^__Host-parley=/);
  assert.match(attempt, /^__Host-parley-sign-in=/);
  for (const cookie of [session, attempt]) assert.match(cookie, attributes);
  assert.equal((await hello(service, browser.header)).you?.["name"], "Ann");
});

for (
  const [to, path] of [
    ["/#den", "/#den"],
    ["/?at=k3j9f2:127#den", "/?at=k3j9f2:127#den"],
    ["https://evil.example/", "/"],
    ["//evil.example/", "//evil.example/"],
  ] as const
) {
  Deno.test(`A user who signs in with to=${to} returns to ${path} of this service`, async () => {
    await using stage = await start();
    const browser = new CookieClient();
    const query = `?to=${encodeURIComponent(to)}`;
    const response = await browser.fetch(await goThroughProvider(browser, stage, { to: query }));
    await response.body?.cancel();
    assert.equal(response.headers.get("location"), stage.service.url + path);
  });
}

Deno.test("A callback with another state signs nobody in", async () => {
  await using stage = await start();
  const browser = new CookieClient();
  const callback = await goThroughProvider(browser, stage);
  callback.searchParams.set("state", "forged");
  await assertFailed(await browser.fetch(callback), 400, /took too long, was used before/);
  assert.equal(browser.get("parley"), undefined);
});

Deno.test("Of two tabs of a browser, the one that has begun last signs in, whichever returns first", async () => {
  await using stage = await start();
  const browser = new CookieClient();
  const login = await browser.fetch(`${stage.service.url}/auth/login`);
  await login.body?.cancel();
  const state = new URL(login.headers.get("location") ?? "").searchParams.get("state");
  const last = await goThroughProvider(browser, stage);
  const first = new URL(last);
  first.searchParams.set("state", state ?? "");
  await assertFailed(await browser.fetch(first), 400, /another tab/);
  const response = await browser.fetch(last);
  await response.body?.cancel();
  assert.equal(response.status, 303);
  assert.ok(browser.get("parley"));
});

Deno.test("A callback in another browser signs nobody in", async () => {
  await using stage = await start();
  const callback = await goThroughProvider(new CookieClient(), stage);
  for (const other of [new CookieClient(), new CookieClient()]) {
    other.set("parley-sign-in", "a.b");
    await assertFailed(await other.fetch(callback), 400, /another browser/);
    assert.equal(other.get("parley"), undefined);
  }
});

Deno.test("A code is used once, even by a browser that keeps the cookie of the attempt", async () => {
  await using stage = await start();
  const browser = new CookieClient();
  const callback = await goThroughProvider(browser, stage);
  const attempt = browser.get("parley-sign-in") ?? "";
  await (await browser.fetch(callback)).body?.cancel();
  assert.ok(browser.get("parley"));
  await assertFailed(await new CookieClient().fetch(callback), 400, /was used before/);
  const again = new CookieClient();
  again.set("parley-sign-in", attempt);
  await assertFailed(await again.fetch(callback), 400, /was used before/);
  assert.equal(again.get("parley"), undefined);
});

Deno.test("A user who cancels at the provider is told so, and nothing that the provider says is shown", async () => {
  await using log = await LogRecorder.start();
  await using stage = await start();
  const browser = new CookieClient();
  const callback = await goThroughProvider(browser, stage, { fields: { cancel: "yes" } });
  assert.equal(callback.searchParams.get("error"), "access_denied");
  callback.searchParams.set("error_description", "<b>no</b>");
  await assertFailed(await browser.fetch(callback), 403, /cancelled/);
  assert.deepEqual(log.fields("sign_in.failed"), [
    { reason: "denied", why: "access_denied", count: 1 },
  ]);
});

Deno.test("The service starts without its provider, and signs users in once that is there", async () => {
  await using log = await LogRecorder.start();
  await using stage = await start();
  await stage.provider[Symbol.asyncDispose]();
  const language = { headers: { "accept-language": "zh-CN" } };
  const away = await fetch(`${stage.service.url}/auth/login`, language);
  await assertFailed(away, 503, /目前无法连接登录服务/);
  assert.equal(log.fields("sign_in.failed")[0]?.["reason"], "away");
  const port = Number(new URL(stage.provider.issuer).port);
  await using provider = await startProvider(stage.service.url, { port });
  const browser = new CookieClient();
  await signIn(new CookieClient(), { ...stage, provider });
  await signIn(browser, { ...stage, provider });
  assert.equal(provider.discoveries, 1);
  assert.ok((await hello(stage.service, browser.header)).you);
});

Deno.test("A provider that goes away between login and callback is a 503", async () => {
  await using stage = await start();
  const browser = new CookieClient();
  const callback = await goThroughProvider(browser, stage);
  await stage.provider[Symbol.asyncDispose]();
  await assertFailed(await browser.fetch(callback), 503, /cannot be reached/);
});

Deno.test("A provider that takes the secret only in the body gets it there", async () => {
  const method = "client_secret_post";
  await using stage = await start({}, {
    more: { clientAuthMethods: [method] },
    client: { token_endpoint_auth_method: method },
  });
  const browser = new CookieClient();
  await signIn(browser, stage);
  assert.equal((await hello(stage.service, browser.header)).you?.["name"], "Ann");
});

Deno.test("A wrong OIDC_CLIENT_SECRET is a 502, and in no log record", async () => {
  await using log = await LogRecorder.start();
  await using stage = await start({ OIDC_CLIENT_SECRET: "hunter2" });
  const browser = new CookieClient();
  const callback = await goThroughProvider(browser, stage);
  await assertFailed(await browser.fetch(callback), 502, /did not answer as expected/);
  const [{ reason, why } = {}] = log.fields("sign_in.failed");
  assert.deepEqual([reason, why], [
    "refused",
    "the provider does not accept OIDC_CLIENT_ID and OIDC_CLIENT_SECRET: it answered with 401",
  ]);
  for (const secret of ["hunter2", callback.searchParams.get("code") ?? "?", browser.header]) {
    assert.ok(secret !== "" && !log.text.includes(secret), secret);
  }
});

Deno.test("An ID token that the provider's published keys did not sign signs nobody in, and the log says so", async () => {
  await using log = await LogRecorder.start();
  await using stage = await start({}, { publishesOtherKeys: true });
  const browser = new CookieClient();
  const callback = await goThroughProvider(browser, stage);
  await assertFailed(await browser.fetch(callback), 502, /did not answer as expected/);
  assert.match(
    String(log.fields("sign_in.failed")[0]?.["why"]),
    /: JWT signature verification failed$/,
  );
  assert.equal(browser.get("parley"), undefined);
});

Deno.test("A provider whose response breaks off is away", async () => {
  await using log = await LogRecorder.start();
  const at = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  const headers = { "content-type": "application/json", "content-length": "100" };
  await using provider = Deno.serve({ ...at, onError: () => new Response() }, () => {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode("{")),
      pull: (controller) => controller.error(new Error("breaks off")),
    });
    return new Response(body, { headers });
  });
  await using service = await startTestService({
    OIDC_ISSUER: `http://127.0.0.1:${provider.addr.port}`,
    OIDC_CLIENT_ID: "parley",
    OIDC_CLIENT_SECRET: "hunter2",
    PUBLIC_URL: "http://127.0.0.1",
  });
  await assertFailed(await fetch(`${service.url}/auth/login`), 503, /cannot be reached/);
  assert.equal(log.fields("sign_in.failed")[0]?.["reason"], "away");
});

Deno.test("A provider that states another issuer than the settings is a 502", async () => {
  await using stage = await start();
  const { port } = new URL(stage.provider.issuer);
  const env = { ...stage.provider.settings, OIDC_ISSUER: `http://localhost:${port}` };
  await using other = await startTestService(env);
  await assertFailed(await fetch(`${other.url}/auth/login`), 502, /did not answer as expected/);
});

Deno.test("A cookie that is changed, that has ended or that another service has signed is as none", async () => {
  await using stage = await start();
  const good = await sessionCookie(stage);
  assert.equal((await hello(stage.service, good)).you?.["name"], "Ann");
  for (
    const cookie of [
      good.slice(0, -1) + (good.endsWith("A") ? "B" : "A"),
      await sessionCookie(stage, { secret: "a secret of another service" }),
      await sessionCookie(stage, { endsInMs: -1 }),
      `__Host-${good}`,
    ]
  ) assert.equal((await hello(stage.service, cookie)).code, "token_required", cookie);
  await using open = await start({ AUTH: "open" });
  assert.equal((await hello(open.service, good)).you?.["kind"], "guest");
});

Deno.test("A connection is told that its cookie ends soon", async () => {
  await using stage = await start();
  const cookie = await sessionCookie(stage, { endsInMs: 3_000 });
  const init = { protocols: [JSON_SUBPROTOCOL], headers: { cookie } };
  await using client = await TestClient.open(`${stage.service.url}/ws`, init);
  client.send(JSON.stringify({ type: "hello" }));
  assert.equal(JSON.parse(String(await client.next())).type, "hello");
  assert.equal(JSON.parse(String(await client.next())).type, "expiring");
});

Deno.test("A user who is signed out by the app or an operator has to sign in again", async () => {
  const ADMIN_TOKEN = "a token of the operator";
  await using stage = await start({ ADMIN_TOKEN });
  const { service, provider } = stage;
  const cookie = await sessionCookie(stage);
  const init = { protocols: [JSON_SUBPROTOCOL], headers: { cookie } };
  await using client = await TestClient.open(`${service.url}/ws`, init);
  client.send(JSON.stringify({ type: "hello" }));
  assert.equal(JSON.parse(String(await client.next())).type, "hello");
  const response = await fetch(`${service.url}/api/v1/revocations`, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    body: JSON.stringify({ subject: "ann", issuer: provider.issuer }),
  });
  assert.equal(response.status, 200, await response.text());
  assert.equal((await client.closed).code, 4508);
  assert.equal((await hello(service, cookie)).code, "bad_token");
  const again = new CookieClient();
  await signIn(again, stage);
  assert.equal((await hello(service, again.header)).you?.["name"], "Ann");
});

Deno.test("Plain text has the cookie's user too", async () => {
  await using stage = await start();
  const cookie = await sessionCookie(stage);
  const headers = { cookie, origin: stage.service.url };
  await using client = await TestClient.open(`${stage.service.url}/ws?name=Guest`, { headers });
  client.send("hi");
  assert.equal(await client.next(), "Ann: hi");
});

Deno.test("A page of another site cannot connect with the cookie", async () => {
  await using stage = await start();
  const { port } = stage.service;
  const cookie = await sessionCookie(stage);
  for (const origin of ["https://evil.example", "null", `http://localhost:${port}`]) {
    const request = handshake(port, "/ws", { Cookie: cookie, Origin: origin });
    assert.equal((await sendRequest(port, request)).status, 403, origin);
  }
});

Deno.test("A user with the cookie cannot be somebody else with a token", async () => {
  await using stage = await start({ JWT_SECRET });
  const cookie = await sessionCookie(stage);
  const { code } = await hello(stage.service, cookie, { token: await tokenOf("ben", stage) });
  assert.equal(code, "not_allowed");
});

Deno.test("A person is the same user with the cookie and with a token of the same issuer", async () => {
  await using stage = await start({ JWT_SECRET });
  const { you } = await hello(stage.service, await sessionCookie(stage));
  const token = await tokenOf("ann", stage);
  assert.equal((await hello(stage.service, "", { token })).you?.["user"], you?.["user"]);
});

const JWT_SECRET = "a secret of an app that is long enough";

function tokenOf(subject: string, { provider }: Stage): Promise<string> {
  return new SignJWT({ name: subject }).setProtectedHeader({ alg: "HS256" })
    .setSubject(subject).setIssuer(provider.issuer).setExpirationTime("1h")
    .sign(new TextEncoder().encode(JWT_SECRET));
}

Deno.test("A user whom the provider does not name chooses a name", async () => {
  await using stage = await start();
  const browser = new CookieClient();
  await signIn(browser, stage, "nameless");
  const { you } = await hello(stage.service, browser.header, { name: "Nemo" });
  assert.deepEqual([you?.["name"], you?.["kind"]], ["Nemo", "app"]);
});

Deno.test("Signing out removes the cookie, and leads to the provider's page for it", async () => {
  await using stage = await start();
  const url = `${stage.service.url}/auth/logout`;
  const accept = "application/json";
  for (const headers of [{ accept, origin: stage.service.url }, new Headers()]) {
    const browser = new CookieClient();
    browser.set("parley", "a.b");
    const response = await browser.fetch(url, { method: "POST", headers });
    const text = await response.text();
    const to = text ? JSON.parse(text).to : response.headers.get("location");
    assert.equal(response.status, text ? 200 : 303);
    assert.equal(response.headers.get("cache-control"), "no-store");
    assert.equal(browser.get("parley"), undefined);
    assert.ok(to.startsWith(`${stage.provider.issuer}/session/end?`), to);
    const home = new URL(to).searchParams.get("post_logout_redirect_uri");
    assert.equal(home, `${stage.service.url}/`);
  }
});

Deno.test("Signing out works while the provider is away, and where it has no page for it", async () => {
  const features = { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: false } };
  await using without = await start({}, { more: { features } });
  await using away = await start();
  await away.provider[Symbol.asyncDispose]();
  for (const { service } of [without, away]) {
    const response = await new CookieClient().fetch(`${service.url}/auth/logout`, {
      method: "POST",
    });
    await response.body?.cancel();
    assert.equal(response.headers.get("location"), `${service.url}/`);
    assert.match(response.headers.get("set-cookie") ?? "", /^parley=; Max-Age=0;/);
  }
});

Deno.test("A page of another site can neither sign a user out nor read the answer", async () => {
  await using stage = await start();
  for (const origin of ["https://evil.example", "null"]) {
    const init = { method: "POST", headers: { origin } };
    const response = await fetch(`${stage.service.url}/auth/logout`, init);
    await response.body?.cancel();
    assert.equal(response.status, 403);
    assert.equal(response.headers.get("set-cookie"), null);
    assert.equal(response.headers.get("access-control-allow-origin"), null);
  }
});

for (
  const [path, allowed, others] of [
    ["/auth/login", "GET", ["HEAD", "POST"]],
    ["/auth/callback", "GET", ["HEAD", "POST"]],
    ["/auth/logout", "POST", ["GET", "HEAD", "PUT"]],
  ] as const
) {
  Deno.test(`${path} takes a ${allowed}, and nothing else`, async () => {
    await using stage = await start();
    for (const method of others) {
      const response = await fetch(stage.service.url + path, { method });
      await response.body?.cancel();
      assert.deepEqual([response.status, response.headers.get("allow")], [405, allowed]);
    }
  });
}

Deno.test("Without a provider there is no sign-in, and the page offers none", async () => {
  await using service = await startTestService();
  for (const path of ["/auth/login", "/auth/callback", "/auth/logout"]) {
    const response = await fetch(service.url + path);
    await response.body?.cancel();
    assert.equal(response.status, 404);
  }
  assert.doesNotMatch(await (await fetch(service.url)).text(), /name="sign-in"/);
  await using stage = await start();
  assert.match(
    await (await fetch(stage.service.url)).text(),
    /<meta name="sign-in" content="auth\/login">/,
  );
});

Deno.test("The cookie counts for the HTTP API, but not for a page of another origin", async () => {
  await using stage = await start();
  const { service } = stage;
  const browser = new CookieClient();
  await signIn(browser, stage);
  const send = async (origin: string) => {
    const response = await browser.fetch(`${service.url}/api/v1/rooms/den/messages`, {
      ...{ method: "POST", body: "hi", headers: { origin, "content-type": "text/plain" } },
    });
    return [response.status, (await response.json()).code];
  };
  assert.deepEqual(await send("https://elsewhere.example"), [403, "origin_refused"]);
  assert.deepEqual(await send("null"), [403, "origin_refused"]);
  const read = async () => {
    const response = await browser.fetch(`${service.url}/api/v1/rooms/den/messages`);
    return (await response.json()).messages;
  };
  assert.deepEqual(await read(), []);
  assert.deepEqual(await send(service.url), [201, undefined]);
  assert.equal((await read()).length, 1);
  const stranger = await fetch(`${service.url}/api/v1/me`);
  assert.deepEqual([stranger.status, (await stranger.json()).code], [401, "token_required"]);
});
