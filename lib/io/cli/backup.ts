/**
 * `parley backup FILE` and `parley restore FILE`.
 * @module
 */
import type { Config } from "../../core/config.ts";
import { drawId } from "../identities.ts";
import { openLog } from "../log.ts";
import { backUp, restore } from "../sqlite/backup.ts";

const encoder = new TextEncoder();

/** Runs one of the commands; resolves with its exit status: 0 where it is done, 1 otherwise. */
export async function runBackupCommand(
  command: "backup" | "restore",
  file: string,
  config: Config,
): Promise<number> {
  const { dataDir, redisUrl } = config;
  if (redisUrl !== null) {
    return complain("Messages are in Redis: back that up; REDIS_URL is set");
  }
  if (dataDir === ":memory:") return complain("DATA_DIR is :memory:, which keeps nothing");
  await openLog(config);
  try {
    return command === "backup" ? await takeBackup(dataDir, file) : await putBack(dataDir, file);
  } catch (error) {
    return complain(error instanceof Error ? error.message : String(error));
  }
}

async function takeBackup(dataDir: string, file: string): Promise<number> {
  const { rooms, messages } = await backUp(dataDir, file);
  return tell(`Backed up ${dataDir} to ${file}: ${messages} messages in ${rooms} rooms\n`);
}

async function putBack(dataDir: string, file: string): Promise<number> {
  const { rooms, messages, aside } = await restore(dataDir, file, new Date(), drawId);
  tell(`Restored ${file} to ${dataDir}: ${messages} messages in ${rooms} rooms\n`);
  if (aside.length > 0) tell(`What was there before: ${aside.join(", ")}\n`);
  return 0;
}

function tell(text: string): number {
  Deno.stdout.writeSync(encoder.encode(text));
  return 0;
}

function complain(problem: string): number {
  Deno.stderr.writeSync(encoder.encode(`parley: ${problem}\n`));
  return 1;
}
