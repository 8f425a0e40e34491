/** The lock beside the embedded store's file, on this runtime and on those without `tryLockSync`. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { tryLock } from "../../../../lib/io/sqlite/file/lock.ts";
import { unchanged, withoutProperty } from "../../../support/programs/older_runtime.ts";
import { spawn } from "../../../support/parley.ts";
import { TemporaryFolder } from "../../../support/temporary_folder.ts";

const MODULE = new URL("../../../../lib/io/sqlite/file/lock.ts", import.meta.url).href;
const WITHOUT = "delete Deno.FsFile.prototype.tryLockSync;";

/** A process that takes the lock, reports whether it has it, and keeps it until it is killed. */
function holder(path: string, before: string) {
  const program = `${before} const { tryLock } = await import("${MODULE}");
    console.log(tryLock("${path}") ? "held" : "refused"); setInterval(() => {}, 1_000);`;
  return spawn(Deno.execPath(), ["eval", program], {});
}

/** Deno 2.5 and 2.6. */
const withoutTryLock = () => withoutProperty(Deno.FsFile.prototype, "tryLockSync");

for (
  const [what, surroundings, before] of [
    ["", unchanged, ""],
    [" without tryLockSync", withoutTryLock, WITHOUT],
  ] as const
) {
  Deno.test(`tryLock()${what} gives the lock to one at a time, and to the next when it is released`, async () => {
    using _runtime = surroundings();
    await using folder = new TemporaryFolder();
    const path = join(folder.path, "lock");
    {
      using first = tryLock(path);
      assert.ok(first);
      assert.equal(tryLock(path), undefined);
      await using other = holder(path, before);
      await other.printed(/refused/);
    }
    assert.deepEqual([...Deno.readDirSync(folder.path)].map(({ name }) => name), ["lock"]);
    using next = tryLock(path);
    assert.ok(next);
  });

  Deno.test(`tryLock()${what} gives the lock to the next when its holder is killed`, async () => {
    using _runtime = surroundings();
    await using folder = new TemporaryFolder();
    const path = join(folder.path, "lock");
    await using other = holder(path, before);
    await other.printed(/held/);
    assert.equal(tryLock(path), undefined);
    other.kill("SIGKILL");
    await other.ended;
    using lock = tryLock(path);
    assert.ok(lock);
  });

  Deno.test(`tryLock()${what} throws when the file cannot be created`, () => {
    using _runtime = surroundings();
    assert.throws(() => tryLock("/nowhere/lock"));
  });
}
