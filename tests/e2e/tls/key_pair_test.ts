/** The files of the certificate and its key, as they are checked before use. */
import assert from "node:assert/strict";
import { expiryOf, readKeyPair } from "../../../lib/io/tls/key_pair.ts";
import { watchKeyPair } from "../../../lib/io/tls/key_pair_watch.ts";
import {
  type CertificateFiles,
  OPENSSL,
  TestAuthority,
} from "../../support/identity/certificates.ts";
import { FakeClock } from "../../support/fakes.ts";
import { LogRecorder } from "../../support/log_recorder.ts";
import { runArguments, spawn } from "../../support/parley.ts";
import { programTest } from "../../support/provision.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

async function problemsOf({ certFile, keyFile }: CertificateFiles): Promise<readonly string[]> {
  const result = await readKeyPair(certFile, keyFile);
  return result.kind === "good" ? [] : result.problems.map(({ name, value, allowed }) => {
    assert.equal(value, name === "TLS_CERT_FILE" ? certFile : keyFile);
    return `${name}: ${allowed}`;
  });
}

programTest(
  OPENSSL,
  "readKeyPair() accepts a certificate with its key, and knows its expiry",
  async (openssl) => {
    await using folder = new TemporaryFolder();
    const authority = await TestAuthority.create(openssl, folder.path);
    const { certFile, keyFile } = await authority.certify("chat");
    const result = await readKeyPair(certFile, keyFile);
    assert.ok(result.kind === "good" && result.pair !== undefined);
    assert.deepEqual(result.pair, {
      cert: await Deno.readTextFile(certFile),
      key: await Deno.readTextFile(keyFile),
    });
    // It was made for two days, a moment ago.
    const until = (await expiryOf(result.pair))?.getTime() ?? 0;
    assert.equal(Math.round((until - Date.now()) / 86_400_000), 2);
  },
);

programTest(OPENSSL, "readKeyPair() reports what is wrong with the files", async (openssl) => {
  await using folder = new TemporaryFolder();
  const authority = await TestAuthority.create(openssl, folder.path);
  const { certFile, keyFile } = await authority.certify("chat");
  const other = await authority.certify("other");
  const missing = `${folder.path}/missing.pem`;
  const empty = `${folder.path}/empty.pem`;
  await Deno.writeTextFile(empty, "");
  const half = `${folder.path}/half.pem`;
  const whole = await Deno.readTextFile(certFile);
  await Deno.writeTextFile(half, whole.slice(0, whole.length / 2));

  for (
    const [files, ...problems] of [
      [
        { certFile: missing, keyFile },
        /^TLS_CERT_FILE: a PEM file that can be read \(No such file/,
      ],
      [{ certFile, keyFile: missing }, /^TLS_KEY_FILE: a PEM file that can be read \(No such file/],
      [{ certFile: folder.path, keyFile }, /^TLS_CERT_FILE: a PEM file that can be read \(/],
      [{ certFile: empty, keyFile }, /^TLS_CERT_FILE: a PEM file with a certificate in it$/],
      [{ certFile, keyFile: certFile }, /^TLS_KEY_FILE: a PEM file with a private key/],
      [{ certFile: half, keyFile }, /^TLS_CERT_FILE: a certificate with its private key/],
      [
        { certFile, keyFile: other.keyFile },
        /^TLS_CERT_FILE: a certificate with its private key in TLS_KEY_FILE \(the key belongs to another/,
      ],
      [{ certFile: empty, keyFile: missing }, /^TLS_CERT_FILE: /, /^TLS_KEY_FILE: /],
    ] as const
  ) {
    const found = await problemsOf(files);
    assert.equal(found.length, problems.length, found.join("\n"));
    for (const [at, problem] of problems.entries()) assert.match(found[at] ?? "", problem);
  }
});

programTest(
  OPENSSL,
  "readKeyPair() returns the pair in use only while the files have both parts of it",
  async (openssl) => {
    await using folder = new TemporaryFolder();
    const authority = await TestAuthority.create(openssl, folder.path);
    const { certFile, keyFile } = await authority.certify("chat");
    const first = await readKeyPair(certFile, keyFile);
    assert.ok(first.kind === "good" && first.pair !== undefined);
    const again = await readKeyPair(certFile, keyFile, first.pair);
    assert.ok(again.kind === "good" && again.pair === first.pair);
    const other = await authority.certify("other");
    const half = await readKeyPair(other.certFile, keyFile, first.pair);
    assert.equal(half.kind, "bad");
    const whole = await readKeyPair(other.certFile, other.keyFile, first.pair);
    assert.ok(whole.kind === "good" && whole.pair !== first.pair);
  },
);

programTest(
  OPENSSL,
  "watchKeyPair() reports once that the certificate has expired",
  async (openssl) => {
    await using folder = new TemporaryFolder();
    const authority = await TestAuthority.create(openssl, folder.path);
    const { certFile, keyFile } = await authority.certify("chat");
    const first = await readKeyPair(certFile, keyFile);
    assert.ok(first.kind === "good" && first.pair !== undefined);
    const until = await expiryOf(first.pair);
    assert.ok(until !== undefined);
    const validUntil = until.toISOString();
    await using log = await LogRecorder.start();
    const clock = new FakeClock();
    // It expires six seconds after the start.
    clock.date = () => until.getTime() - 6_000 + clock.now();
    const life = new AbortController();
    const onChange = () => assert.fail();
    const read = () => Promise.resolve(first);
    const validities: (Date | undefined)[] = [];
    const onValidity = (it: Date | undefined) => void validities.push(it);
    const context = { read, clock, onChange, onValidity };
    const watching = watchKeyPair(context, first.pair, life.signal);
    while (log.fields("tls.loaded").length === 0) await clock.advance(0);
    assert.deepEqual(log.fields("tls.loaded"), [{ validUntil }]);
    assert.deepEqual(validities, [until]);
    await clock.advance(5_999);
    assert.deepEqual(log.fields("tls.expired"), []);
    await clock.advance(60_000);
    assert.deepEqual(log.fields("tls.expired"), [{ validUntil }]);
    life.abort();
    await watching;
  },
);

Deno.test("readKeyPair() without both files returns no pair", async () => {
  for (const [cert, key] of [[null, null], ["/cert.pem", null], [null, "/key.pem"]] as const) {
    assert.deepEqual(await readKeyPair(cert, key), { kind: "good", pair: undefined });
  }
});

Deno.test("parley reports unusable TLS files together with all other problems, and exits with 2", async () => {
  const env = { PING_SECONDS: "0", TLS_CERT_FILE: "/missing.pem", TLS_KEY_FILE: "/absent.pem" };
  for (
    const [removed, expected] of [
      [[], [
        /^PING_SECONDS is/,
        /^TLS_CERT_FILE is "\/missing\.pem"/,
        /^TLS_KEY_FILE is "\/absent/,
      ]],
      [["TLS_KEY_FILE"], [/^TLS_CERT_FILE .*: only with TLS_KEY_FILE$/, /^PING_SECONDS is/]],
    ] as const
  ) {
    const given = Object.entries(env).filter(([name]) => !removed.some((it) => it === name));
    await using child = spawn(Deno.execPath(), runArguments(), Object.fromEntries(given));
    assert.equal((await child.ended).code, 2);
    const lines = child.output.trimEnd().split("\n");
    assert.equal(lines.length, expected.length, child.output);
    for (const line of lines) {
      const said = line.replace(/^parley: /, "");
      assert.ok(expected.some((it) => it.test(said)), said);
    }
  }
});
