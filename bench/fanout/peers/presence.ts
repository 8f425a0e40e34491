/**
 * Determines which peers are available on this machine: each peer's packages are provided before anything is measured,
 * and unavailable peers are reported with the reason.
 * @module
 */
import { peerNamed } from "./peers.ts";
import type { Absence } from "../samples.ts";

/** The unavailable ones of these peers. @param say Receives progress, because downloading packages takes a while. */
export async function absencesAmong(
  names: readonly string[],
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Absence[]> {
  const absences: Absence[] = [];
  for (const peer of names) {
    say(`making ready: ${peerNamed(peer).title}`);
    const why = await whyAbsent(peer, signal);
    signal.throwIfAborted();
    if (why === undefined) continue;
    say(`  left out: ${why}`);
    absences.push({ peer, why });
  }
  return absences;
}

async function whyAbsent(name: string, signal: AbortSignal): Promise<string | undefined> {
  const folder = await Deno.makeTempDir({ prefix: "parley-bench-" });
  try {
    const place = { port: 1, redisPort: 1, folder, settings: {} };
    const { program } = await peerNamed(name).launch(place, signal);
    await new Deno.Command(program, { args: ["--help"], stdout: "null", stderr: "null" }).output();
    return undefined;
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).split("\n")[0];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
