/**
 * A first start downloads the packages that the service imports, and nothing that only tests, benches or documents
 * need. Starts with an empty cache, so it needs an npm registry.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import config from "../../../deno.json" with { type: "json" };
import testConfig from "../../deno.json" with { type: "json" };
import { registryTest } from "../../support/programs/npm_registry.ts";
import { spawnAsIs } from "../../support/parley.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

const SETTINGS = { PORT: "0", ADMIN_PORT: "0", DATA_DIR: ":memory:" };
const ROOT = new URL("../../..", import.meta.url).pathname;
const lock: { readonly npm: Readonly<Record<string, unknown>> } = JSON.parse(
  await Deno.readTextFile(new URL("../../../deno.lock", import.meta.url)),
);
/** Size of the unpacked packages. Half of it is @redis/client. */
const MAX_BYTES = 24 * 1024 * 1024;

/** Names with versions of the packages in a cache folder, and the total size of their files. */
function packagesIn(cache: string): { readonly names: string[]; readonly bytes: number } {
  const names: string[] = [];
  let bytes = 0;
  const walk = (path: string, segments: readonly string[]) => {
    for (const { name, isDirectory } of Deno.readDirSync(path)) {
      const below = [...segments, name];
      const size = segments[0]?.startsWith("@") ? 3 : 2;
      if (isDirectory && below.length === size) {
        names.push(`${below.slice(0, -1).join("/")}@${name}`);
      }
      if (isDirectory) walk(join(path, name), below);
      else bytes += Deno.statSync(join(path, name)).size;
    }
  };
  const [registry, ...others] = [...Deno.readDirSync(join(cache, "npm"))].map(({ name }) => name);
  assert.ok(
    registry !== undefined && others.length === 0,
    "the cache has packages of one registry",
  );
  walk(join(cache, "npm", registry), []);
  return { names, bytes };
}

// A package in the lock file has its peer dependencies after an underscore.
const wanted = Object.keys(lock.npm).map((it) => it.replace(/_.*$/, "")).toSorted();

for (
  const [way, args, done] of [
    ["deno task start", ["task", "start"], /Parley is on /],
    ["deno install for a container", ["install", "--frozen", "--entrypoint", "main.ts"], undefined],
  ] as const
) {
  registryTest(
    `${way} with an empty cache downloads only the packages that the service imports`,
    async () => {
      await using cache = new TemporaryFolder();
      // The registry, proxy and certificates come from the user's environment.
      const env = { ...Deno.env.toObject(), ...SETTINGS, DENO_DIR: cache.path };
      await using program = spawnAsIs(Deno.execPath(), args, env, ROOT);
      // deno task forwards this signal, so that no process is left behind.
      if (done) await program.printed(done).finally(() => program.stop());
      else assert.equal((await program.ended).code, 0, program.output);
      const { names, bytes } = packagesIn(cache.path);
      assert.deepEqual(names.toSorted(), wanted);
      assert.ok(bytes < MAX_BYTES, `${bytes} bytes`);
    },
  );
}

Deno.test("Tests use the packages, types and flags of the service", () => {
  for (const [name, specifier] of Object.entries(config.imports)) {
    assert.equal(Object.entries(testConfig.imports).find(([it]) => it === name)?.[1], specifier);
  }
  assert.deepEqual(testConfig.unstable, config.unstable);
  assert.deepEqual(testConfig.compilerOptions, config.compilerOptions);
  assert.deepEqual(testConfig.lint.rules, config.lint.rules);
  assert.equal(testConfig.fmt.lineWidth, config.fmt.lineWidth);
});
