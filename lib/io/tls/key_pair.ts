/**
 * The certificate and private key of the listener: reads the files of `TLS_CERT_FILE` and `TLS_KEY_FILE`, and checks
 * them before any engine uses them. The check matters: `node:https` takes a pair that does not fit without an error, and
 * then every handshake fails (Deno 2.9.6).
 * @module
 */
import type { ConfigProblem } from "../../core/config/config.ts";

/** A certificate and its private key, both in PEM. */
export interface KeyPair {
  /** The certificate, and those between it and its authority. */
  readonly cert: string;
  /** Its private key, without a password. */
  readonly key: string;
}

/** The pair, which the runtime accepts, undefined without files; or what is wrong with the files. */
export type KeyPairResult =
  | { readonly kind: "good"; readonly pair: KeyPair | undefined }
  | { readonly kind: "bad"; readonly problems: readonly ConfigProblem[] };

/**
 * Reads and checks the files. That only one of them is given is reported by the settings.
 *
 * @param inUse A pair that has passed the check, which takes a millisecond, and is returned if the files still have it.
 */
export async function readKeyPair(
  certFile: string | null,
  keyFile: string | null,
  inUse?: KeyPair,
): Promise<KeyPairResult> {
  if (!certFile || !keyFile) return { kind: "good", pair: undefined };
  const [cert, key] = await Promise.all([
    readPem("TLS_CERT_FILE", certFile, /-----BEGIN CERTIFICATE-----/, "a certificate in it"),
    readPem(
      "TLS_KEY_FILE",
      keyFile,
      /-----BEGIN (?:RSA |EC )?PRIVATE KEY-----/,
      "a private key without a password in it",
    ),
  ]);
  if (typeof cert !== "string" || typeof key !== "string") {
    return { kind: "bad", problems: [cert, key].filter((it) => typeof it !== "string") };
  }
  if (cert === inUse?.cert && key === inUse.key) return { kind: "good", pair: inUse };
  const pair = { cert, key };
  const why = await refusalOf(pair);
  if (why === undefined) return { kind: "good", pair };
  const allowed = `a certificate with its private key in TLS_KEY_FILE (${why})`;
  return { kind: "bad", problems: [{ name: "TLS_CERT_FILE", value: certFile, allowed }] };
}

/** Until when a certificate is valid; undefined if the runtime cannot tell. */
export async function expiryOf({ cert }: KeyPair): Promise<Date | undefined> {
  const { X509Certificate } = await import("node:crypto");
  try {
    return new Date(new X509Certificate(cert).validTo);
  } catch {
    return undefined;
  }
}

async function readPem(
  name: string,
  value: string,
  pattern: RegExp,
  content: string,
): Promise<string | ConfigProblem> {
  try {
    const pem = await Deno.readTextFile(value);
    return pattern.test(pem) ? pem : { name, value, allowed: `a PEM file with ${content}` };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { name, value, allowed: `a PEM file that can be read (${why})` };
  }
}

/** Why a pair cannot be used; undefined if the runtime accepts it. */
async function refusalOf({ cert, key }: KeyPair): Promise<string | undefined> {
  try {
    // First: older runtimes end the process when a client is created with the key of another certificate (Deno 2.8.3).
    if (!await belongTogether(cert, key)) return "the key belongs to another certificate";
    // A client takes the same pairs as a server, and needs no port to be checked.
    Deno.createHttpClient({ cert, key }).close();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Whether both have the same public key. `checkPrivateKey()` does not exist everywhere (Deno 2.6.8). */
async function belongTogether(cert: string, key: string): Promise<boolean> {
  const { createPublicKey, X509Certificate } = await import("node:crypto");
  const [one, other] = [new X509Certificate(cert).publicKey, createPublicKey(key)].map((
    publicKey,
  ) => publicKey.export({ type: "spki", format: "pem" }));
  return one === other;
}
