/**
 * The cases that run against each web server in front of Parley, with its shipped configuration.
 * @module
 */
import assert from "node:assert/strict";
import { requestTicket, SECRET, signToken } from "../../support/app.ts";
import { TestClient } from "../../support/clients/test_client.ts";
import { type Program, programTest, type RequiredProgram } from "../../support/provision.ts";
import type { TestService } from "../../support/service.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";
import { BEARER, statusOf, TOKEN, UPGRADE } from "./proxied.ts";

/** Something that runs until it is disposed of. */
export interface Started extends AsyncDisposable {
  readonly url: string;
}

/** A web server in front of one or more instances. */
export interface ProxiedService extends Started {
  readonly instances: readonly [TestService, ...TestService[]];
}

/** A web server and its shipped configuration. */
export interface WebServer {
  /** The name in test titles, and of the configuration in `deploy`. */
  readonly name: string;
  readonly required: RequiredProgram;
  /** The status of a request for /metrics. */
  readonly metricsStatus: number;
  /** The arguments that check the shipped configuration. */
  checkArguments(program: Program, folder: string): readonly string[] | Promise<readonly string[]>;
  /** Starts it in front of a port. */
  start(program: Program, upstream: number): Promise<Started>;
  /** Starts it in front of as many instances as its configuration names. */
  startService(program: Program, env?: Record<string, string>): Promise<ProxiedService>;
}

/** Registers the cases for one web server. */
export function proxyContract(server: WebServer): void {
  const { name } = server;
  const test = (title: string, fn: (program: Program) => Promise<void>) =>
    programTest(server.required, `${name} ${title}`, fn);

  test(`accepts deploy/${name}.conf as it is`, async (program) => {
    await using folder = new TemporaryFolder();
    const args = [...await server.checkArguments(program, folder.path)];
    const { success, stderr } = await new Deno.Command(program.path, { args }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
  });

  test("passes /s, /s/ and an upgrade on / to the echo", async (program) => {
    await using front = await server.startService(program);
    for (const path of ["/s", "/s/", "/"]) {
      await using client = await TestClient.open(front.url + path);
      client.send("grüß Gott");
      assert.equal(await client.next(), "grüß Gott");
      const bytes = Uint8Array.from({ length: 65_535 }, (_, index) => index % 251);
      client.send(bytes);
      assert.deepEqual(await client.next(), bytes);
      client.send("x".repeat(65_535));
      assert.equal(await client.next(), "x".repeat(65_535));
    }
  });

  test("passes the page, /healthz and a plain GET of a socket path", async (program) => {
    await using front = await server.startService(program);
    const [direct, through] = await Promise.all(
      [front.instances[0].url, front.url].map(async (url) => await (await fetch(url)).text()),
    );
    assert.match(through ?? "", /<html/);
    assert.equal(through, direct);
    assert.equal(await statusOf(`${front.url}/healthz`), 200);
    for (const path of ["/s", "/s/", "/ws", "/ws/"]) {
      assert.equal(await statusOf(front.url + path), 426, path);
    }
  });

  test("passes a request for a ticket, and a page's own origin", async (program) => {
    await using front = await server.startService(program, { JWT_SECRET: SECRET });
    const token = await signToken();
    const own = await requestTicket(front, token, { origin: front.url });
    assert.equal(own.status, 201);
    const foreign = await requestTicket(front, token, { origin: "https://foreign.example" });
    assert.equal(foreign.status, 403);
    assert.equal((await requestTicket(front, undefined)).body.code, "token_required");
  });

  test("accepts pages of its own origin only", async (program) => {
    // A service that does not trust the proxy sees Host; one that trusts it uses X-Forwarded-Host.
    for (const TRUST_PROXY of ["", "127.0.0.1/32"]) {
      await using front = await server.startService(program, { TRUST_PROXY });
      for (const path of ["/s", "/ws/", "/"]) {
        const url = front.url + path;
        await using _page = await TestClient.open(url, { headers: { origin: front.url } });
        const foreign = { ...UPGRADE, origin: "https://foreign.example" };
        const forged = { ...foreign, "x-forwarded-host": "foreign.example" };
        assert.equal(await statusOf(url, foreign), 403);
        assert.equal(await statusOf(url, forged), 403);
      }
    }
  });

  test("forwards each client's own address to Parley", async (program) => {
    const at = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    await using upstream = Deno.serve(
      at,
      (request) => new Response(request.headers.get("x-forwarded-for")),
    );
    await using proxy = await server.start(program, upstream.addr.port);
    const headers = { "x-forwarded-for": "203.0.113.7" };
    for (const from of ["127.0.0.1", "127.0.0.2"]) {
      using client = Deno.createHttpClient({ localAddress: from });
      const forwarded = await (await fetch(`${proxy.url}/healthz`, { headers, client })).text();
      assert.equal(forwarded, from);
    }
  });

  test("does not pass /metrics, in any spelling and from any address", async (program) => {
    await using front = await server.startService(program, { ADMIN_TOKEN: TOKEN });
    for (const path of ["/metrics", "//metrics", "/%6detrics", "/metrics/"]) {
      for (const from of ["127.0.0.1", "127.0.0.2"]) {
        assert.equal(await statusOf(front.url + path, BEARER, from), server.metricsStatus, path);
      }
    }
  });
}
