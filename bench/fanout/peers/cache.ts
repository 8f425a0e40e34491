/**
 * The cache for peers' packages, outside the checkout. Each folder is created next to its final place and moved there
 * when it is complete, so that an interrupted download is never mistaken for a complete one.
 * @module
 */
import { dirname, join } from "node:path";

/** The folder for downloads; created by the first writer. */
export function cacheFolder(): string {
  const home = Deno.env.get("HOME") ?? "/tmp";
  return join(Deno.env.get("XDG_CACHE_HOME") || join(home, ".cache"), "parley-bench");
}

/** The folder of that name. Calls `fill` if it does not exist yet. */
export async function cached(
  name: string,
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(cacheFolder(), name);
  if (await exists(folder)) return folder;
  await Deno.mkdir(dirname(folder), { recursive: true });
  const work = await Deno.makeTempDir({ dir: dirname(folder), prefix: "filling-" });
  try {
    await fill(work);
    await Deno.chmod(work, 0o755);
    await Deno.rename(work, folder);
    return folder;
  } catch (error) {
    await Deno.remove(work, { recursive: true }).catch(() => {});
    throw error;
  }
}

/** A hash of a text in a dozen characters, for the name of a folder. */
export async function fingerprint(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex().slice(0, 12);
}

/** Runs a program and resolves to its output. Rejects with both streams if it fails or takes too long. */
export async function run(
  program: string,
  args: readonly string[],
  cwd: string,
  signal: AbortSignal,
): Promise<string> {
  const command = new Deno.Command(program, { args: [...args], cwd, stdin: "null", signal });
  const { success, code, stdout, stderr } = await command.output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (success) return out ?? "";
  throw new Error(`${program} ${args[0]} ended with ${code}: ${out}${err}`.slice(0, 600));
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}
