/**
 * Provides nginx and its modules from Debian packages without installing them: they are unpacked into the cache, which
 * needs no privileges and does not touch the machine's nginx. Modules fit only one build of nginx, so nginx is unpacked
 * too.
 * @module
 */
import { join } from "node:path";
import { cached, fingerprint, run } from "./cache.ts";

const PACKAGES = [
  "nginx",
  "libnginx-mod-nchan",
  "libnginx-mod-http-ndk",
  "libnginx-mod-http-lua",
  "libluajit2-5.1-2",
  "libpcre3",
  "lua-resty-core",
  "lua-resty-lrucache",
  "lua-nginx-redis",
  "lua-nginx-websocket",
];
const FETCH_MS = 120_000;

/** The paths of the unpacked nginx. */
export interface Nginx {
  /** The program. */
  readonly program: string;
  /** The folder of its modules. */
  readonly modules: string;
  /** The folder of the Lua libraries. */
  readonly lua: string;
  /** Variables that it needs. */
  readonly env: Readonly<Record<string, string>>;
  /** Package and version. */
  readonly versions: ReadonlyMap<string, string>;
}

/** Unpacks nginx with Nchan and Lua, unless the cache has it. Rejects with advice if it is not available. */
export async function unpackedNginx(signal: AbortSignal): Promise<Nginx> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(FETCH_MS)]);
  const name = `nginx-${await systemName()}-${await fingerprint(PACKAGES.join(" "))}`;
  const root = await cached(name, (work) => unpack(work, limit));
  return {
    program: join(root, "usr/sbin/nginx"),
    modules: join(root, "usr/lib/nginx/modules"),
    lua: join(root, "usr/share/lua/5.1"),
    env: { LD_LIBRARY_PATH: (await libraries(root)).join(":") },
    versions: parseVersions(await Deno.readTextFile(join(root, "versions"))),
  };
}

/** Some packages still use `/lib`. */
async function libraries(root: string): Promise<string[]> {
  const folders: string[] = [];
  for (const parent of [join(root, "usr/lib"), join(root, "lib")]) {
    for await (const { name, isDirectory } of Deno.readDir(parent)) {
      if (isDirectory && name.includes("-linux-")) folders.push(join(parent, name));
    }
  }
  return folders;
}

/** Parses lines of a package, a space and a version. */
export function parseVersions(text: string): ReadonlyMap<string, string> {
  const lines = text.split("\n").filter((line) => line.includes(" "));
  return new Map(lines.map((line) => {
    const [name = "", version = ""] = line.split(" ");
    return [name, version.replace(/^\d+:/, "")];
  }));
}

async function unpack(work: string, signal: AbortSignal): Promise<void> {
  try {
    await run("apt-get", ["download", ...PACKAGES], work, signal);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const advice = "needs Debian 12 or its like, and its package list: apt-get update, as root";
    throw new Error(`${advice}: ${why}`, { cause });
  }
  const versions: string[] = [];
  for await (const { name } of Deno.readDir(work)) {
    if (!name.endsWith(".deb")) continue;
    await run("dpkg-deb", ["-x", name, work], work, signal);
    const format = "--showformat=${Package} ${Version}\n";
    versions.push(await run("dpkg-deb", ["-W", format, name], work, signal));
    await Deno.remove(join(work, name));
  }
  await Deno.writeTextFile(join(work, "versions"), versions.join(""));
}

/** A cache may be shared between systems whose libraries differ. */
async function systemName(): Promise<string> {
  const release = await Deno.readTextFile("/etc/os-release").catch(() => "");
  const [id, version] = ["ID", "VERSION_ID"].map((key) =>
    new RegExp(`^${key}="?([^"\n]*)"?$`, "m").exec(release)?.[1] ?? "unknown"
  );
  return `${id}-${version}-${Deno.build.arch}`;
}
