import assert from "node:assert/strict";
import { join } from "node:path";
import { readOrMakeSecret, SECRET_NAME } from "../../lib/io/data_dir.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

Deno.test("readOrMakeSecret() makes a secret that only its owner can read, and keeps it", async () => {
  await using folder = new TemporaryFolder();
  const path = join(folder.path, "new");
  const secret = await readOrMakeSecret(path);
  assert.match(secret, /^[\w-]{43}$/);
  assert.equal(await readOrMakeSecret(path), secret);
  const { mode } = await Deno.stat(join(path, SECRET_NAME));
  assert.equal((mode ?? 0) & 0o777, 0o600);
  assert.deepEqual([...Deno.readDirSync(path)].map(({ name }) => name), [SECRET_NAME]);
});

Deno.test("readOrMakeSecret() makes another secret in another folder", async () => {
  await using one = new TemporaryFolder();
  await using other = new TemporaryFolder();
  assert.notEqual(await readOrMakeSecret(one.path), await readOrMakeSecret(other.path));
});

Deno.test("readOrMakeSecret() does not take what is no secret", async () => {
  await using folder = new TemporaryFolder();
  for (const text of ["", "short", "x".repeat(44)]) {
    await Deno.writeTextFile(join(folder.path, SECRET_NAME), text);
    await assert.rejects(readOrMakeSecret(folder.path), /delete it for a new one/);
    assert.equal(await Deno.readTextFile(join(folder.path, SECRET_NAME)), text);
  }
});
