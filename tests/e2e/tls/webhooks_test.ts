/** Webhooks with TLS: who is connected to, and who is believed. */
import assert from "node:assert/strict";
import { fails, send } from "../../io/webhooks/attempts.ts";
import { HostileReceiver, readRequest, writeText } from "../../io/webhooks/hostile_receiver.ts";
import { OPENSSL, TestAuthority } from "../../support/identity/certificates.ts";
import { type Program, programTest } from "../../support/provision.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

/** A receiver with a certificate for localhost, and the authority that has signed it. */
async function startTls(openssl: Program) {
  await using started = new AsyncDisposableStack();
  const folder = started.use(new TemporaryFolder());
  const authority = await TestAuthority.create(openssl, folder.path);
  const { certFile, keyFile } = await authority.certify("hook");
  const pair = {
    cert: await Deno.readTextFile(certFile),
    key: await Deno.readTextFile(keyFile),
  };
  const hosts: (string | undefined)[] = [];
  const receiver = started.use(HostileReceiver.tls(pair, async (connection) => {
    const request = await readRequest(connection);
    hosts.push(/^host: (.*?):/m.exec(request)?.[1]);
    await writeText(connection, "HTTP/1.1 200 OK\r\n\r\n");
  }));
  const resolve = () => Promise.resolve(["127.0.0.1"]);
  const resources = started.move();
  return {
    hosts,
    sendTo: (host: string, caCerts: readonly string[] = [authority.pem]) =>
      send(`https://${host}:${receiver.port}/`, { resolve, caCerts }),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

programTest(
  OPENSSL,
  "With TLS, the address is that which was checked, and the certificate is checked for the name",
  async (openssl) => {
    await using stage = await startTls(openssl);
    for (const host of ["localhost", "127.0.0.1"]) {
      const outcome = await stage.sendTo(host);
      assert.equal(outcome.kind === "answered" && outcome.status, 200, host);
    }
    assert.deepEqual(stage.hosts, ["localhost", "127.0.0.1"]);
    assert.deepEqual(await stage.sendTo("hook.example"), fails("tls"));
    assert.equal(stage.hosts.length, 2, "nothing was sent under another name");
  },
);

programTest(OPENSSL, "A certificate of an unknown authority fails the attempt", async (openssl) => {
  await using stage = await startTls(openssl);
  assert.deepEqual(await stage.sendTo("localhost", []), fails("tls"));
  assert.deepEqual(stage.hosts, []);
});
