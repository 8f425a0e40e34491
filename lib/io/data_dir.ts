/**
 * What the data folder holds besides the messages: the secret by which resume tokens are signed, where no setting gives
 * one. It is made once and kept, so that guests come back as who they were also after a restart.
 * @module
 */
import { join } from "node:path";

/** The file's name in its folder. */
export const SECRET_NAME = "session_secret";

/** The secret that is kept in the folder: 32 random bytes as base64url. Makes both where they are missing. */
export async function readOrMakeSecret(folder: string): Promise<string> {
  const path = join(folder, SECRET_NAME);
  const secret = await readSecret(folder) ?? await makeSecret(folder, path);
  if (/^[\w-]{43}$/.test(secret)) return secret;
  throw new Error(
    `Cannot use ${path}: it holds no secret of 43 characters; delete it for a new one`,
  );
}

/** The content of the secret's file, unchecked; undefined if there is none. */
export function readSecret(folder: string): Promise<string | undefined> {
  return readIfThere(join(folder, SECRET_NAME));
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return (await Deno.readTextFile(path)).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function makeSecret(folder: string, path: string): Promise<string> {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  const secret = bytes.toBase64({ alphabet: "base64url", omitPadding: true });
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    await writeSecret(path, secret);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const advice = "make the folder writable, or set SESSION_SECRET";
    throw new Error(`Cannot write ${path} (${why}): ${advice}`, { cause });
  }
  return secret;
}

/** Writes a temporary file and moves it into place once it is on the disk, so that half a secret is never found. */
export async function writeSecret(path: string, secret: string): Promise<void> {
  const work = `${path}.${crypto.randomUUID()}`;
  {
    using file = await Deno.open(work, { write: true, createNew: true, mode: 0o600 });
    await file.write(new TextEncoder().encode(`${secret}\n`));
    await file.sync();
  }
  await Deno.rename(work, path);
}
