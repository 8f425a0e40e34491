/**
 * Finds older releases of Deno, so that the service can be started on them. npm downloads each once: 46 MB, in 2 to 3 s here.
 * @module
 */
import { dirname, join } from "node:path";
import { cacheFolder, type Program } from "../provision.ts";

/** The last release of each line from the oldest that works, and the first of them, which Deno Deploy states. */
export const RELEASES = ["2.5.0", "2.5.7", "2.6.8", "2.7.14", "2.8.3", "2.9.6"] as const;

/** Timeout of a download. */
const DOWNLOAD_MS = 180_000;

/** A release for a test: its program, or why it is missing. */
export type Release =
  | { readonly kind: "found"; readonly version: string; readonly program: Program }
  | { readonly kind: "missing"; readonly version: string; readonly why: string };

/** Finds all of them, one download after the other. */
export async function findReleases(): Promise<readonly Release[]> {
  const releases: Release[] = [];
  const packages = await packageCache();
  for (const version of RELEASES) releases.push(await find(version, packages));
  return releases;
}

async function find(version: string, packages: string): Promise<Release> {
  if (version === Deno.version.deno) {
    return { kind: "found", version, program: { path: Deno.execPath(), env: {} } };
  }
  const link = join(cacheFolder(), `deno-${version}`);
  try {
    const path = await Deno.realPath(link).catch(() => fetchPath(version, link));
    return {
      kind: "found",
      version,
      program: { path, env: { DENO_DIR: await ownCache(version, packages) } },
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { kind: "missing", version, why: why.split("\n")[0] ?? "" };
  }
}

/** The folder where Deno caches packages. */
async function packageCache(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { npmCache } = JSON.parse(new TextDecoder().decode(stdout));
  return npmCache;
}

/**
 * The folder where a release caches compiled modules. In one that it shared with another release, each would compile all
 * modules again after the other. The packages are the same for all.
 *
 * @param npmCache Where they are.
 */
async function ownCache(version: string, npmCache: string): Promise<string> {
  const folder = join(cacheFolder(), `deno-${version}-cache`);
  await Deno.mkdir(folder, { recursive: true });
  const packages = join(folder, "npm");
  if (await Deno.readLink(packages).catch(() => "") !== npmCache) {
    await Deno.remove(packages).catch(() => {});
    await Deno.symlink(npmCache, packages).catch(() => {});
  }
  return folder;
}

/** Downloads a release with npm, and keeps a link to the program itself: npx would intercept its signals. */
async function fetchPath(version: string, link: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("npx", {
    args: ["-y", `deno@${version}`, "eval", "console.log(Deno.execPath())"],
    env: { NO_COLOR: "1" },
    signal: AbortSignal.timeout(DOWNLOAD_MS),
  }).output();
  const [out = "", err] = [stdout, stderr].map((it) => new TextDecoder().decode(it).trim());
  if (!success) throw new Error(`npx -y deno@${version} failed: ${err}`);
  await Deno.mkdir(dirname(link), { recursive: true });
  // Another test may have created it meanwhile; a link whose program is gone is created anew.
  await Deno.remove(link).catch(() => {});
  await Deno.symlink(out, link).catch(() => {});
  return out;
}

/**
 * Registers a test for each release. When npm cannot download one, the test is ignored and its name says why; with
 * `CI=true` it fails instead, since ignored tests go unnoticed there.
 */
export function releaseTest(
  releases: readonly Release[],
  name: (version: string) => string,
  fn: (deno: Program) => Promise<void>,
): void {
  for (const release of releases) {
    const title = name(release.version);
    if (release.kind === "found") Deno.test(title, () => fn(release.program));
    else if (Deno.env.get("CI") === "true") {
      Deno.test(title, () => Promise.reject(new Error(release.why)));
    } else Deno.test({ name: `${title} (ignored: ${release.why})`, ignore: true, fn: () => {} });
  }
}
