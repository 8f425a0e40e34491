/**
 * Runs `parley backup FILE` and `parley restore FILE`. Both work on a store in a folder only, not on Redis.
 * @module
 */
import type { Config } from "../../core/config/config.ts";
import { newId } from "../auth/signed_tokens.ts";
import { configureLogger } from "../logger.ts";
import { backUp, type BackupContent } from "../sqlite/file/backup.ts";
import { restoreBackup } from "../sqlite/file/restore.ts";

const encoder = new TextEncoder();

/** Runs one of the commands; resolves with its exit status: 0 on success, 1 otherwise. */
export async function runBackupCommand(
  command: "backup" | "restore",
  file: string,
  config: Config,
): Promise<number> {
  const { dataDir, redisUrl } = config;
  if (redisUrl !== null) {
    return fail("Messages are in Redis: back that up; REDIS_URL is set");
  }
  if (dataDir === ":memory:") return fail("DATA_DIR is :memory:, which stores nothing on disk");
  await configureLogger(config);
  try {
    return command === "backup" ? await runBackup(dataDir, file) : await runRestore(dataDir, file);
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

async function runBackup(dataDir: string, file: string): Promise<number> {
  const content = await backUp(dataDir, file);
  return print(`Backed up ${dataDir} to ${file}: ${describeContent(content)}\n`);
}

async function runRestore(dataDir: string, file: string): Promise<number> {
  const { movedAside, ...content } = await restoreBackup(dataDir, file, new Date(), newId);
  print(`Restored ${file} to ${dataDir}: ${describeContent(content)}\n`);
  if (movedAside.length > 0) print(`What was there before: ${movedAside.join(", ")}\n`);
  return 0;
}

function describeContent({ messages, rooms }: BackupContent): string {
  return `${countOf(messages, "message")} in ${countOf(rooms, "room")}`;
}

function countOf(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}

function print(text: string): number {
  Deno.stdout.writeSync(encoder.encode(text));
  return 0;
}

function fail(problem: string): number {
  Deno.stderr.writeSync(encoder.encode(`parley: ${problem}\n`));
  return 1;
}
