/**
 * Reads the settings that are in files. Each file is read once, before the service starts and gives up permissions.
 * @module
 */
import type { ConfigProblem, SecretTexts } from "../core/config/config.ts";
import {
  fileProblem,
  MAX_SECRET_BYTES,
  parseSecret,
  type SecretFile,
  secretFiles,
  unreadable,
} from "../core/config/secret_files.ts";

/** Reads the files that the settings name. @param get Returns the text of a setting; undefined or "" if it is unset. */
export async function readSecretFiles(
  get: (name: string) => string | undefined,
): Promise<{ readonly texts: SecretTexts; readonly problems: readonly ConfigProblem[] }> {
  const texts = new Map<string, string | undefined>();
  const problems: ConfigProblem[] = [];
  for (const file of secretFiles(get)) {
    const read = await readSecret(file);
    texts.set(file.name, read.kind === "good" ? read.text : undefined);
    if (read.kind === "bad") problems.push(read.problem);
  }
  return { texts, problems };
}

async function readSecret(
  file: SecretFile,
): Promise<{ kind: "good"; text: string } | { kind: "bad"; problem: ConfigProblem }> {
  if (file.isGivenTwice) {
    return { kind: "bad", problem: fileProblem(file, `only without ${file.name}`) };
  }
  try {
    const read = parseSecret(await readBeginning(file.path, MAX_SECRET_BYTES + 1));
    return read.kind === "good" ? read : { kind: "bad", problem: fileProblem(file, read.allowed) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { kind: "bad", problem: unreadable(file, why) };
  }
}

/** Reads up to this many bytes: the path may name a device that never ends. */
async function readBeginning(path: string, maxBytes: number): Promise<Uint8Array> {
  using file = await Deno.open(path);
  const bytes = new Uint8Array(maxBytes);
  let length = 0;
  while (length < maxBytes) {
    const count = await file.read(bytes.subarray(length));
    if (count === null) break;
    length += count;
  }
  return bytes.subarray(0, length);
}
