/**
 * Provides a peer's npm packages, exactly those of its lock file. They are installed next to a copy of the peer,
 * because Node and Bun search for packages from a file's own folder.
 * @module
 */
import { join } from "node:path";
import { cached, fingerprint, run } from "./cache.ts";

const PEERS = new URL("../../peers/", import.meta.url).pathname;
const INSTALL_MS = 240_000;

/** A folder with the current peer and the packages of its lock file. */
export async function withPackages(peer: string, signal: AbortSignal): Promise<string> {
  const source = join(PEERS, peer);
  const lock = await Deno.readTextFile(join(source, "package-lock.json"));
  const folder = await cached(`${peer}-${await fingerprint(lock)}`, async (work) => {
    await copyFiles(source, work);
    const args = ["ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"];
    const limit = AbortSignal.any([signal, AbortSignal.timeout(INSTALL_MS)]);
    await run("npm", args, work, limit).catch((cause) => {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`needs Node 20 or later with npm, and npm's packages: ${why}`, { cause });
    });
  });
  await copyFiles(source, folder);
  return folder;
}

/** The version of a package in a folder of {@linkcode withPackages}. */
export async function versionOf(folder: string, name: string): Promise<string> {
  const text = await Deno.readTextFile(join(folder, "node_modules", name, "package.json"));
  return /"version":\s*"([^"]+)"/.exec(text)?.[1] ?? "unknown";
}

async function copyFiles(from: string, to: string): Promise<void> {
  for await (const { name, isFile } of Deno.readDir(from)) {
    if (isFile) await Deno.copyFile(join(from, name), join(to, name));
  }
}
