/**
 * The secret that signs session tokens, stored in the data folder if no setting provides one. It is created once and kept:
 * with a new secret, guests would lose their identity at a restart.
 * @module
 */
import { join } from "node:path";

/** Name of the secret's file in the data folder. */
export const SECRET_FILE = "session_secret";

/** The secret's file exists but may not be read; the message says what to do. */
export class SecretUnreadable extends Error {
  /** For logs. */
  override readonly name = "SecretUnreadable";
}

/** Reads the secret in the folder: 32 random bytes as base64url. Creates the folder and the secret if they are missing. */
export async function readOrCreateSecret(folder: string): Promise<string> {
  const path = join(folder, SECRET_FILE);
  const secret = await readSecret(folder) ?? await createSecret(folder, path);
  if (/^[\w-]{43}$/.test(secret)) return secret;
  throw new Error(
    `Cannot use ${path}: it contains no secret of 43 characters; delete it to create a new one`,
  );
}

/** Reads the secret's file without validating it; undefined if there is none. Rejects with {@linkcode SecretUnreadable}. */
export function readSecret(folder: string): Promise<string | undefined> {
  return readIfExists(join(folder, SECRET_FILE));
}

async function readIfExists(path: string): Promise<string | undefined> {
  try {
    return (await Deno.readTextFile(path)).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    const { PermissionDenied, NotCapable } = Deno.errors;
    if (!(error instanceof PermissionDenied || error instanceof NotCapable)) throw error;
    const advice = "run the command as the user of the service";
    throw new SecretUnreadable(`Cannot read ${path} (${error.message}): ${advice}`, {
      cause: error,
    });
  }
}

async function createSecret(folder: string, path: string): Promise<string> {
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

/** Writes a secret atomically: a temporary file is renamed once it is on disk, so a partial secret is never read. */
export async function writeSecret(path: string, secret: string): Promise<void> {
  const temporaryPath = `${path}.${crypto.randomUUID()}`;
  {
    using file = await Deno.open(temporaryPath, { write: true, createNew: true, mode: 0o600 });
    await file.write(new TextEncoder().encode(`${secret}\n`));
    await file.sync();
  }
  await Deno.rename(temporaryPath, path);
}
