/** HTTPS and WebSockets over TLS, with each engine. */
import assert from "node:assert/strict";
import type { EngineName } from "../../../lib/core/config/settings_table.ts";
import { NodeEngine } from "../../../lib/io/http/node/engine.ts";
import { readKeyPair } from "../../../lib/io/tls/key_pair.ts";
import { OPENSSL, TestAuthority } from "../../support/identity/certificates.ts";
import { CHROMIUM, launch, openWindow } from "../../support/programs/chromium.ts";
import { TestClient } from "../../support/clients/test_client.ts";
import { FakeClock } from "../../support/fakes.ts";
import { findProgram, programTest } from "../../support/provision.ts";
import { startTestService, type TestService } from "../../support/service.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";
import { eventually, say, untilShown, whenJoined } from "../page/page_fixture.ts";

const ENGINES: readonly EngineName[] = ["deno", "node"];

const opensslPath = await findProgram(OPENSSL.names);

/** A service with a certificate, and an HTTP client that trusts its authority. */
interface SecureService extends AsyncDisposable {
  readonly service: TestService;
  readonly client: Deno.HttpClient;
}

async function startSecureService(
  engine: EngineName,
  openssl: string,
): Promise<SecureService> {
  await using started = new AsyncDisposableStack();
  const folder = started.use(new TemporaryFolder());
  const authority = await TestAuthority.create({ path: openssl, env: {} }, folder.path);
  const { certFile, keyFile } = await authority.certify("chat");
  const service = started.use(
    await startTestService({
      WEBSOCKET_ENGINE: engine,
      TLS_CERT_FILE: certFile,
      TLS_KEY_FILE: keyFile,
    }),
  );
  const client = started.use(Deno.createHttpClient({ caCerts: [authority.pem] }));
  const resources = started.move();
  return { service, client, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

for (const engine of ENGINES) {
  programTest(
    OPENSSL,
    `The ${engine} engine serves page, echo and chat over TLS`,
    async (openssl) => {
      await using secure = await startSecureService(engine, openssl.path);
      const { service, client } = secure;
      assert.match(service.url, /^https:/);
      const page = await fetch(service.url, { client });
      assert.equal(page.status, 200);
      assert.match(await page.text(), /<!doctype html>/i);
      // The certificate is for the whole host, and others of its ports may have none.
      assert.equal(page.headers.get("strict-transport-security"), null);

      await using echo = await TestClient.open(`${service.url}/s`, { client });
      echo.send("hello");
      assert.equal(await echo.next(), "hello");
      const frame = new Uint8Array(60_000).fill(7);
      echo.send(frame);
      assert.deepEqual(await echo.next(), frame);

      await using ann = await TestClient.open(`${service.url}/ws?name=Ann`, { client });
      await using bob = await TestClient.open(`${service.url}/ws?name=Bob`, { client });
      bob.send("over TLS");
      while (!/Bob.*over TLS/.test(String(await ann.next())));
    },
  );

  programTest(
    OPENSSL,
    `The ${engine} engine's admin listener has no TLS, and exports when the certificate expires`,
    async (openssl) => {
      await using secure = await startSecureService(engine, openssl.path);
      const { adminUrl } = secure.service;
      const response = await fetch(`${adminUrl}/healthz`);
      assert.equal(response.status, 200);
      await response.body?.cancel();
      const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
      const [, seconds] = /^parley_tls_expiry_timestamp_seconds (\d+)$/m.exec(metrics) ?? [];
      assert.ok(Number(seconds) * 1_000 > Date.now(), metrics);
    },
  );

  programTest(
    OPENSSL,
    `The ${engine} engine closes a connection that speaks HTTP to its TLS port, and goes on`,
    async (openssl) => {
      await using secure = await startSecureService(engine, openssl.path);
      const { service, client } = secure;
      for (
        const text of [
          "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
          "\x16\x03\x01\x00\x08\x01\x00\x00\x04????",
        ]
      ) {
        using plain = await Deno.connect({ hostname: "127.0.0.1", port: service.port });
        await plain.write(new TextEncoder().encode(text));
        const received = await readAll(plain);
        // A TLS alert, or nothing.
        assert.ok(received.length === 0 || received[0] === 21, String(received));
      }
      const response = await fetch(`${service.url}/healthz`, { client });
      assert.equal(response.status, 200);
      await response.body?.cancel();
    },
  );

  programTest(
    OPENSSL,
    `The ${engine} engine closes TLS connections properly when it stops`,
    async (openssl) => {
      await using secure = await startSecureService(engine, openssl.path);
      const { service, client } = secure;
      const echo = await TestClient.open(`${service.url}/s`, { client });
      await service.stop();
      assert.equal((await echo.closed).code, 1012);
    },
  );

  const needed = opensslPath === undefined ? OPENSSL : CHROMIUM;
  programTest(needed, `A page served by the ${engine} engine over TLS chats`, async (chromium) => {
    await using secure = await startSecureService(engine, opensslPath ?? assert.fail());
    const { service } = secure;
    await using browser = await launch(chromium, ["--ignore-certificate-errors"]);
    await using opened = await openWindow(browser, `${service.url}/#den`);
    const { page, complaints } = opened;
    await whenJoined(page);
    assert.equal(await page.evaluate("isSecureContext"), true);
    await say(page, "hello");
    await untilShown(page, "hello");
    await eventually(() => Promise.resolve(complaints), []);
  });
}

programTest(
  OPENSSL,
  "The node engine ends TLS handshakes in progress when it stops",
  async (openssl) => {
    await using secure = await startSecureService("node", openssl.path);
    using silent = await Deno.connect({ hostname: "127.0.0.1", port: secure.service.port });
    // The service has accepted it when it answers one that came later.
    await (await fetch(secure.service.url, { client: secure.client })).body?.cancel();
    await secure.service.stop();
    assert.deepEqual(await readAll(silent), []);
  },
);

programTest(
  OPENSSL,
  "NodeEngine ends a TLS handshake after 10 s, and no request that it is responding to",
  async (openssl) => {
    await using folder = new TemporaryFolder();
    const authority = await TestAuthority.create(openssl, folder.path);
    const { certFile, keyFile } = await authority.certify("chat");
    const tls = await readKeyPair(certFile, keyFile);
    assert.ok(tls.kind === "good" && tls.pair !== undefined);
    const clock = new FakeClock();
    const received = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<Response>();
    const handler = () => (received.resolve(), answer.promise);
    const limits = { perAddress: 10, total: 10, keyOf: () => undefined };
    const port = await new NodeEngine().open({ handler, clock, tcpLimits: limits }, {
      host: "127.0.0.1",
      port: 0,
      isShared: false,
      keyPair: tls.pair,
    });
    using silent = await Deno.connect({ hostname: "127.0.0.1", port: port.port });
    using client = Deno.createHttpClient({ caCerts: [authority.pem] });
    const fetched = fetch(`https://127.0.0.1:${port.port}/`, { client });
    await received.promise;
    await clock.advance(10_000);
    assert.deepEqual(await readAll(silent), []);
    answer.resolve(new Response("late"));
    assert.equal(await (await fetched).text(), "late");
    await port.shutdown();
  },
);

/** What a peer sends until it ends the connection. */
async function readAll(connection: Deno.Conn): Promise<readonly number[]> {
  const received: number[] = [];
  const buffer = new Uint8Array(4_096);
  for (;;) {
    // A reset ends it as well.
    const length = await connection.read(buffer).catch(() => null);
    if (length === null) return received;
    received.push(...buffer.subarray(0, length));
  }
}
