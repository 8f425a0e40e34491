/**
 * Reads the bodies of requests: never more than a limit, and never for longer than a time.
 * @module
 */
import { joinBytes } from "../../core/bytes.ts";
import { withTimeout } from "../timeout.ts";
import type { Problem } from "./responses.ts";

/** Why a body was not read. */
export type BodyProblem = "too long" | "too slow" | "broken off";

/** Maximum time for a body to arrive. */
const BODY_MS = 10_000;

/** What the HTTP API answers if a body was not read. @param maxBytes Its maximum length. */
export function bodyProblem(what: BodyProblem, maxBytes: number): Problem {
  switch (what) {
    case "too long":
      return { status: 413, code: "too_long", detail: `The body has more than ${maxBytes} bytes` };
    case "too slow": {
      const detail = `The body did not arrive within ${BODY_MS / 1_000} s`;
      // RFC 9110 §15.5.9: the client is not to send the rest.
      return { status: 408, detail, headers: { connection: "close" } };
    }
    case "broken off":
      return { status: 400, code: "bad_frame", detail: "The body has broken off" };
  }
}

/** Reads a body. One that states a greater length is not read at all. @param maxBytes Maximum length. */
export async function readBody(
  request: Pick<Request, "body" | "headers">,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | BodyProblem> {
  const stated = Number(request.headers.get("content-length") ?? 0);
  if (stated > maxBytes) return "too long";
  // Only now: an engine asks the client for the body when it is touched, if the client waits for that (RFC 9110 §10.1.1).
  const { body } = request;
  if (body === null) return new Uint8Array();
  const reader = body.getReader();
  try {
    return await withTimeout(BODY_MS, "The body did not arrive", readAll(reader, maxBytes));
  } catch (error) {
    reader.cancel().catch(() => {});
    return error instanceof Error && error.message.startsWith("The body did not arrive")
      ? "too slow"
      : "broken off";
  }
}

async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | "too long"> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > maxBytes) {
      reader.cancel().catch(() => {});
      return "too long";
    }
    chunks.push(value);
  }
  return joinBytes(chunks, length);
}
