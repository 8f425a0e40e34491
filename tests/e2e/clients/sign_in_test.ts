/**
 * Users whom a real nginx has signed in, with the lines that the guide for deploying shows and a sign-in service that knows
 * its users by a cookie.
 * @module
 */
import assert from "node:assert/strict";
import { TestClient } from "../../support/clients/test_client.ts";
import { type Program, programTest } from "../../support/provision.ts";
import { startTestService, type TestService } from "../../support/service.ts";
import { type Change, NGINX, startNginx } from "../proxies/nginx.ts";
import { statusOf, UPGRADE } from "../proxies/proxied.ts";

const GUIDE = new URL("../../../docs/operations/deploying.md", import.meta.url);
const ANN = { cookie: "session=1" };
const JOSE = { cookie: "session=2" };
/** May enter, but is not signed in. */
const NOBODY = { cookie: "session=3" };
const USERS = new Map([[ANN.cookie, "ann"], [JOSE.cookie, "José"], [NOBODY.cookie, ""]]);

interface SignedInService extends AsyncDisposable {
  /** The URL of nginx. */
  readonly url: string;
  readonly service: TestService;
}

/** Answers whether a request may pass, and whose it is. */
function signIn(request: Request): Response {
  const user = USERS.get(request.headers.get("cookie") ?? "");
  if (user === undefined || request.headers.has("remote-user")) {
    return new Response(null, { status: 401 });
  }
  // Headers are bytes, and each is a character.
  const bytes = String.fromCharCode(...new TextEncoder().encode(user));
  return new Response(null, { status: 204, headers: { "remote-user": bytes } });
}

async function linesOfGuide(): Promise<string> {
  const [, section = ""] = (await Deno.readTextFile(GUIDE)).split(
    "\n## Behind a proxy that signs users in\n",
  );
  const [, lines] = /```nginx\n([^]*?)```/.exec(section) ?? [];
  assert.ok(lines !== undefined && lines.includes("127.0.0.1:9091"));
  return lines;
}

/** @param address The address from which nginx connects to the service, which trusts no other. */
async function start(
  program: Program,
  env: Readonly<Record<string, string>> = {},
  address = "127.0.0.1",
): Promise<SignedInService> {
  await using started = new AsyncDisposableStack();
  const trust = { AUTH_PROXY_HEADER: "Remote-User", TRUST_PROXY: `${address}/32` };
  const service = started.use(await startTestService({ ...trust, ...env }));
  const at = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  const { addr } = started.use(Deno.serve(at, signIn));
  const lines = (await linesOfGuide()).replace("127.0.0.1:9091", `127.0.0.1:${addr.port}`);
  const change: Change = ["server_name _;", `server_name _; proxy_bind ${address};\n${lines}`];
  const nginx = started.use(await startNginx(program, [service.port, service.port], change));
  const all = started.move();
  return { url: nginx.url, service, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** The name under which a new client speaks that asks for the name Guest. */
async function nameOf(url: string, headers: Record<string, string> = {}): Promise<string> {
  await using client = await TestClient.open(`${url}/ws?name=Guest`, { headers });
  client.send("hi");
  return String(await client.next()).replace(/: hi$/, "");
}

programTest(
  NGINX,
  "Users whom nginx has signed in have their names in the chat",
  async (program) => {
    await using front = await start(program, { AUTH: "required" });
    assert.equal(await nameOf(front.url, { ...ANN, origin: front.url }), "ann");
    assert.equal(await nameOf(front.url, JOSE), "José");
    assert.equal(await statusOf(front.url, ANN), 200);
  },
);

programTest(NGINX, "Users whom nginx refuses get 401 and no connection", async (program) => {
  await using front = await start(program);
  const strangers: Record<string, string>[] = [
    {},
    { cookie: "session=4" },
    { "remote-user": "ann" },
  ];
  for (const headers of strangers) {
    for (const path of ["/ws", "/s", "/"]) {
      assert.equal(await statusOf(front.url + path, { ...UPGRADE, ...headers }), 401, path);
    }
    assert.equal(await statusOf(front.url, headers), 401);
  }
  assert.equal((await front.service.connectionCounts()).open, 0);
});

programTest(
  NGINX,
  "A client that sends the header to nginx does not choose its name",
  async (program) => {
    await using front = await start(program);
    for (const header of ["remote-user", "Remote-User", "remote_user"]) {
      assert.equal(await nameOf(front.url, { ...ANN, [header]: "mallory" }), "ann");
      assert.equal(await nameOf(front.url, { ...NOBODY, [header]: "mallory" }), "Guest");
    }
  },
);

programTest(
  NGINX,
  "A client that does not come through nginx does not choose its name",
  async (program) => {
    await using front = await start(program, {}, "127.0.0.2");
    assert.equal(await nameOf(front.url, ANN), "ann");
    assert.equal(await nameOf(front.service.url, { "remote-user": "ann" }), "Guest");
  },
);

programTest(
  NGINX,
  "A page of another site cannot use the cookie that nginx accepts",
  async (program) => {
    await using front = await start(program);
    for (const origin of ["https://evil.example", "null"]) {
      assert.equal(await statusOf(`${front.url}/ws`, { ...UPGRADE, ...ANN, origin }), 403);
    }
  },
);
