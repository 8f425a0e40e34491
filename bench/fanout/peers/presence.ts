/**
 * Who can be had on this machine: each peer's packages are brought before anything is measured, and who cannot be had is
 * told with the reason.
 * @module
 */
import { peerNamed } from "./peers.ts";
import type { Absence } from "../samples.ts";

/** Of these peers, those that cannot be had. @param say Told what goes on, since bringing packages takes a while. */
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
