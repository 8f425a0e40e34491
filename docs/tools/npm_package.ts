/**
 * Builds the npm package `parley-client`, the client library for apps with a build step, in `dist/npm/`: the files that
 * the service has under `static/`, a README, the license and a package.json with the version of `deno.json`. Run it with
 * `deno task npm`; CONTRIBUTING.md says how to publish it.
 * @module
 */
import config from "../../deno.json" with { type: "json" };

const ROOT = new URL("../../", import.meta.url);
const STATIC = new URL("static/", ROOT);

const MANIFEST = {
  name: "parley-client",
  version: config.version,
  description: "The client of the chat service Parley: loses no message and shows none twice",
  license: "MIT",
  type: "module",
  exports: { ".": { types: "./client.d.ts", default: "./client.js" } },
  types: "./client.d.ts",
  files: ["client.js", "client.d.ts", "client"],
  sideEffects: false,
  engines: { node: ">=20" },
};

/** Builds the package. @param folder Where to write it; everything in it is removed first. */
export async function buildPackage(folder: string): Promise<void> {
  await Deno.remove(folder, { recursive: true }).catch(ignoreMissing);
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/package.json`, `${JSON.stringify(MANIFEST, null, 2)}\n`);
  await Deno.copyFile(new URL("LICENSE", ROOT), `${folder}/LICENSE`);
  await Deno.copyFile(new URL("npm_readme.md", import.meta.url), `${folder}/README.md`);
  for (const path of ["client.js", "client.d.ts"]) {
    await Deno.copyFile(new URL(path, STATIC), `${folder}/${path}`);
  }
  await copyFolder(new URL("client/", STATIC), `${folder}/client`);
}

async function copyFolder(from: URL, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(new URL(`${name}/`, from), `${to}/${name}`);
    else if (name.endsWith(".js")) await Deno.copyFile(new URL(name, from), `${to}/${name}`);
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

if (import.meta.main) await buildPackage(new URL("dist/npm", ROOT).pathname);
