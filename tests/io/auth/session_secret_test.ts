import assert from "node:assert/strict";
import { join } from "node:path";
import {
  readOrCreateSecret,
  readSecret,
  SECRET_FILE,
  SecretUnreadable,
} from "../../../lib/io/auth/session_secret.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

Deno.test("readOrMakeSecret() creates a secret that only its owner can read, and keeps it", async () => {
  await using folder = new TemporaryFolder();
  const path = join(folder.path, "new");
  const secret = await readOrCreateSecret(path);
  assert.match(secret, /^[\w-]{43}$/);
  assert.equal(await readOrCreateSecret(path), secret);
  const { mode } = await Deno.stat(join(path, SECRET_FILE));
  assert.equal((mode ?? 0) & 0o777, 0o600);
  assert.deepEqual([...Deno.readDirSync(path)].map(({ name }) => name), [SECRET_FILE]);
});

Deno.test("readOrMakeSecret() creates another secret in another folder", async () => {
  await using one = new TemporaryFolder();
  await using other = new TemporaryFolder();
  assert.notEqual(await readOrCreateSecret(one.path), await readOrCreateSecret(other.path));
});

Deno.test("readOrMakeSecret() rejects an invalid secret", async () => {
  await using folder = new TemporaryFolder();
  for (const text of ["", "short", "x".repeat(44)]) {
    await Deno.writeTextFile(join(folder.path, SECRET_FILE), text);
    await assert.rejects(readOrCreateSecret(folder.path), /delete it to create a new one/);
    assert.equal(await Deno.readTextFile(join(folder.path, SECRET_FILE)), text);
  }
});

Deno.test({
  name: "readSecret() says which user can read a secret that this one cannot",
  permissions: { read: false },
  async fn() {
    await assert.rejects(readSecret("data"), (error) => {
      assert.ok(error instanceof SecretUnreadable);
      assert.match(error.message, /^Cannot read data.session_secret .*as the user of the service$/);
      return true;
    });
  },
});
