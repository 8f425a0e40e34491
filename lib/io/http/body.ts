/**
 * Reads the bodies of requests: never more than a limit, and never for longer than a time.
 * @module
 */
import { joinBytes } from "../../core/bytes.ts";
import { withTimeout } from "../timeout.ts";

/** Why a body was not read. */
export type BodyProblem = "too long" | "too slow" | "broken off";

/**
 * Reads a body. One that states a greater length is not read at all.
 *
 * @param maxBytes Maximum length.
 * @param maxMs Maximum time for all of it.
 */
export async function readBody(
  { body, headers }: Pick<Request, "body" | "headers">,
  maxBytes: number,
  maxMs: number,
): Promise<Uint8Array<ArrayBuffer> | BodyProblem> {
  const stated = Number(headers.get("content-length") ?? 0);
  if (stated > maxBytes) return "too long";
  if (body === null) return new Uint8Array();
  const reader = body.getReader();
  try {
    return await withTimeout(maxMs, "The body did not arrive", readAll(reader, maxBytes));
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
