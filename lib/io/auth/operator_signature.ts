/**
 * What the commands and the admin listener say to each other in place of a secret. A command signs its request, and the
 * answer is sealed for the sender who has signed it. So a program that has taken the port learns nothing that it could use, and
 * cannot answer as the service would; one that passes the request on cannot read the answer.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const key = operatorKey("a secret");
 * const answer = sealAnswer(key, { nonce: "n", status: 200 }, "{}");
 * assert.equal(openAnswer(key, { nonce: "n", status: 200 }, answer), "{}");
 * assert.equal(openAnswer(key, { nonce: "n", status: 404 }, answer), undefined);
 * ```
 * @module
 */
import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from "node:crypto";

/** A key that both sides derive from a secret with {@linkcode operatorKey}: 32 bytes. */
export type OperatorKey = Uint8Array;

/** What is signed of a request. */
export interface SignedParts {
  /** The HTTP method, in capitals. */
  readonly method: string;
  /** The path, with its query. */
  readonly path: string;
  /** The body; empty without one. */
  readonly body: Uint8Array;
}

/** When a request was signed, and what makes it different from all others. */
export interface SignatureParams {
  /** In milliseconds since 1970. */
  readonly time: number;
  /** 128 random bits as base64url. */
  readonly nonce: string;
}

/** What `Authorization: Parley-Signature` states. */
export interface OperatorSignature extends SignatureParams {
  /** See {@linkcode signatureOf}. */
  readonly signature: string;
}

/** To what an answer belongs. */
export interface AnswerContext {
  /** The nonce of the request's signature. The key of the answer is derived from it. */
  readonly nonce: string;
  /** The HTTP status of the response, which the answer authenticates. */
  readonly status: number;
}

const SIGNATURE = /^Parley-Signature time=(\d{1,15}), nonce=([\w-]{22}), signature=([\w-]{43})$/;
const CIPHER = "aes-256-gcm";
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * The key of a caller who has a secret: `ADMIN_TOKEN` or the session secret. Nothing else that is signed with either can be
 * used as a signature of a request.
 */
export function operatorKey(secret: string): OperatorKey {
  return mac(secret, ["parley.operator"]);
}

/** Returns a nonce for one request: 128 random bits as base64url. */
export function newNonce(): string {
  return randomBytes(16).toString("base64url");
}

/** The signature of a request, as base64url. */
export function signatureOf(
  key: OperatorKey,
  { method, path, body }: SignedParts,
  { time, nonce }: SignatureParams,
): string {
  const hash = createHash("sha256").update(body).digest("base64url");
  return mac(key, ["parley.request", method, path, hash, time, nonce]).toString("base64url");
}

/** The value of the header `Authorization`. */
export function formatSignature({ time, nonce, signature }: OperatorSignature): string {
  return `Parley-Signature time=${time}, nonce=${nonce}, signature=${signature}`;
}

/** Reads that value; undefined for any other. */
export function parseSignature(authorization: string | null): OperatorSignature | undefined {
  const [, time, nonce, signature] = SIGNATURE.exec(authorization ?? "") ?? [];
  if (time === undefined || nonce === undefined || signature === undefined) return undefined;
  return { time: Number(time), nonce, signature };
}

/** An answer that only the signer of the request can read, and only a holder of the key can have written; as base64url. */
export function sealAnswer(key: OperatorKey, context: AnswerContext, text: string): string {
  // Drawn, not counted: several instances may answer one request, and each must use another one.
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, answerKey(key, context), iv).setAAD(boundTo(context));
  const sealed = [iv, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()];
  return Buffer.concat(sealed).toString("base64url");
}

/** Opens what {@linkcode sealAnswer} returned; undefined if it is anything else. */
export function openAnswer(
  key: OperatorKey,
  context: AnswerContext,
  sealed: string,
): string | undefined {
  const bytes = Buffer.from(sealed, "base64url");
  if (bytes.length < IV_BYTES + TAG_BYTES) return undefined;
  const iv = bytes.subarray(0, IV_BYTES);
  const decipher = createDecipheriv(CIPHER, answerKey(key, context), iv)
    .setAAD(boundTo(context))
    .setAuthTag(bytes.subarray(-TAG_BYTES));
  const text = decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES));
  try {
    return Buffer.concat([text, decipher.final()]).toString("utf8");
  } catch {
    // The tag is wrong.
    return undefined;
  }
}

function answerKey(key: OperatorKey, { nonce }: AnswerContext): Uint8Array {
  return mac(key, ["parley.answer", nonce]);
}

function boundTo({ nonce, status }: AnswerContext): Uint8Array {
  return new TextEncoder().encode(JSON.stringify([nonce, status]));
}

function mac(key: string | Uint8Array, parts: readonly (string | number)[]): Buffer {
  return createHmac("sha256", key).update(JSON.stringify(parts)).digest();
}
