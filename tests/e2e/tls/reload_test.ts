/** The certificate is replaced while clients are connected, with each engine. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:tls";
import type { EngineName } from "../../../lib/core/config/settings_table.ts";
import {
  type CertificateFiles,
  OPENSSL,
  TestAuthority,
} from "../../support/identity/certificates.ts";
import { TestClient } from "../../support/clients/test_client.ts";
import { startParley } from "../../support/parley.ts";
import { type Program, programTest, until } from "../../support/provision.ts";
import { startTestService } from "../../support/service.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

/** The files that a service reads, and the certificates that they can have. */
class ServedFiles implements AsyncDisposable {
  readonly client: Deno.HttpClient;
  readonly #authority: TestAuthority;
  readonly #folder: TemporaryFolder;

  private constructor(authority: TestAuthority, folder: TemporaryFolder) {
    this.client = Deno.createHttpClient({ caCerts: [authority.pem] });
    this.#authority = authority;
    this.#folder = folder;
  }

  /** Starts with a certificate for `one`; there is another one for `two`. */
  static async create(openssl: Program): Promise<ServedFiles> {
    const folder = new TemporaryFolder();
    const authority = await TestAuthority.create(openssl, folder.path);
    const files = new ServedFiles(authority, folder);
    for (const name of ["one", "two"]) await authority.certify(name);
    await files.rewrite("one", "key");
    await files.rewrite("one", "cert");
    return files;
  }

  get served(): CertificateFiles {
    const { path } = this.#folder;
    return { certFile: `${path}/served-cert.pem`, keyFile: `${path}/served-key.pem` };
  }

  get env(): Readonly<Record<string, string>> {
    return { TLS_CERT_FILE: this.served.certFile, TLS_KEY_FILE: this.served.keyFile };
  }

  /** Replaces one of both files. */
  async rewrite(name: string, which: "cert" | "key"): Promise<void> {
    const { path } = this.#folder;
    const { certFile, keyFile } = this.served;
    if (which === "cert") await Deno.copyFile(`${path}/${name}.pem`, certFile);
    else await Deno.copyFile(`${path}/${name}.key`, keyFile);
  }

  /** Makes both files links through a folder that is a link itself, as Kubernetes does. */
  async link(name: string): Promise<void> {
    const { path } = this.#folder;
    const version = `${path}/version-${name}`;
    await Deno.mkdir(version);
    await Deno.copyFile(`${path}/${name}.pem`, `${version}/cert.pem`);
    await Deno.copyFile(`${path}/${name}.key`, `${version}/key.pem`);
    await Deno.symlink(version, `${path}/next`);
    await Deno.rename(`${path}/next`, `${path}/current`);
  }

  /** A service reads the links from now on. */
  async serveLinks(): Promise<void> {
    const { certFile, keyFile } = this.served;
    for (const [file, target] of [[certFile, "cert.pem"], [keyFile, "key.pem"]] as const) {
      await Deno.remove(file);
      await Deno.symlink(`current/${target}`, file);
    }
  }

  /** The name in the certificate that a port serves. */
  async nameServed(port: number): Promise<string> {
    const ca = this.#authority.pem;
    const socket = connect({ host: "127.0.0.1", port, ca, servername: "localhost" });
    await once(socket, "secureConnect");
    const name = socket.getPeerCertificate().subject.CN;
    socket.destroy();
    return String(name);
  }

  /** Opens a connection; again if a worker that is being replaced refuses it, or the port is closed for a moment. */
  async open(url: string): Promise<TestClient> {
    let opened: TestClient | undefined;
    await until(`a connection to ${url}`, async () => {
      opened = await TestClient.open(url, { client: this.client }).catch(() => undefined);
      return opened !== undefined;
    });
    return opened ?? assert.fail();
  }

  /** Resolves when eight connections in a row get this certificate: an old worker is no longer there, or has it too. */
  whenServedEverywhere(name: string, port: number): Promise<void> {
    return until(`the certificate of ${name}`, async () => {
      for (let time = 0; time < 8; time++) {
        // A worker that moves its clients is ended in the midst of a handshake, and a port is closed for a moment.
        if (await this.nameServed(port).catch(() => "") !== name) return false;
      }
      return true;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    await this.#folder[Symbol.asyncDispose]();
  }
}

/** Whether the engine keeps connections when the certificate is replaced. */
const KEEPS: Readonly<Record<EngineName, boolean>> = { node: true, deno: false };

for (const [engine, keeps] of Object.entries(KEEPS)) {
  const outcome = keeps ? "keeps its connections" : "moves its clients to a new worker";

  programTest(
    OPENSSL,
    `A worker with the ${engine} engine whose certificate is renewed ${outcome}`,
    async (openssl) => {
      await using files = await ServedFiles.create(openssl);
      const { client } = files;
      await using parley = await startParley({
        ...files.env,
        WEBSOCKET_ENGINE: engine,
        WORKERS: "1",
      });
      await parley.printed(/tls\.loaded.*"validUntil":"20/);
      await using early = await TestClient.open(`${parley.url}/s`, { client });
      assert.equal(await files.nameServed(parley.port), "one");

      // Half of the pair: nothing changes.
      await files.rewrite("two", "key");
      await parley.printed(/tls\.reload_failed.*the key belongs to another/);
      assert.equal(await files.nameServed(parley.port), "one");

      await files.rewrite("two", "cert");
      await parley.printed(/tls\.replaced.*"validUntil":"20/);
      if (!keeps) {
        await parley.printed(/worker\.recycled.*"why":"certificate"/);
        assert.equal((await early.closed).code, 1012);
      }
      await files.whenServedEverywhere("two", parley.port);
      if (keeps) {
        early.send("still here");
        assert.equal(await early.next(), "still here");
        assert.doesNotMatch(parley.output, /worker\.recycled/);
      }
      await using late = await files.open(`${parley.url}/s`);
      late.send("hello");
      assert.equal(await late.next(), "hello");
      assert.equal(parley.output.match(/tls\.reload_failed/g)?.length, 1);
      assert.equal((await parley.stop()).code, 0);
    },
  );

  programTest(
    OPENSSL,
    `A service without workers with the ${engine} engine uses a certificate whose link was swapped`,
    async (openssl) => {
      await using files = await ServedFiles.create(openssl);
      const { client } = files;
      await files.link("one");
      await files.serveLinks();
      await using service = await startTestService({ ...files.env, WEBSOCKET_ENGINE: engine });
      await using early = await TestClient.open(`${service.url}/s`, { client });
      await files.link("two");
      if (!keeps) assert.equal((await early.closed).code, 1012);
      await files.whenServedEverywhere("two", service.port);
      if (keeps) {
        early.send("still here");
        assert.equal(await early.next(), "still here");
      }
      await using late = await files.open(`${service.url}/s`);
      late.send("hello");
      assert.equal(await late.next(), "hello");
    },
  );
}

programTest(
  OPENSSL,
  "All workers use a renewed certificate",
  async (openssl) => {
    await using files = await ServedFiles.create(openssl);
    await using parley = await startParley({
      ...files.env,
      WEBSOCKET_ENGINE: "node",
      WORKERS: "2",
    });
    await files.rewrite("two", "cert");
    await files.rewrite("two", "key");
    await parley.printed(/tls\.replaced/);
    await files.whenServedEverywhere("two", parley.port);
    assert.equal((await parley.stop()).code, 0);
  },
);
