/**
 * Answers with a text that is known as a whole. Their length is given, since an answer to HEAD has no body to tell it by
 * and the runtime would say 0.
 * @module
 */
import type { Refusal } from "../core/handshake.ts";

const encoder = new TextEncoder();

/** An answer with a text. @param headers Names in small letters. */
export function textAnswer(
  body: string,
  status: number,
  headers: Readonly<Record<string, string>>,
): Response {
  const length = String(encoder.encode(body).length);
  return new Response(body, { status, headers: { ...headers, "content-length": length } });
}

/** A refusal: one line of plain text. */
export function refusalAnswer({ status, why, headers }: Refusal): Response {
  const type = { "content-type": "text/plain; charset=utf-8" };
  return textAnswer(`${why}\n`, status, { ...type, ...headers });
}

/** A value as JSON. */
export function jsonAnswer(value: unknown, status = 200): Response {
  return textAnswer(JSON.stringify(value), status, { "content-type": "application/json" });
}
