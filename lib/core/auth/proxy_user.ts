/**
 * The user whom a proxy states in a header (`AUTH_PROXY_HEADER`). Whether the proxy may do so is checked before.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(parseProxyUser(" ann "), { kind: "stated", subject: "ann" });
 * assert.deepEqual(parseProxyUser("mallory, ann"), { kind: "bad" });
 * ```
 * @module
 */

/** What a proxy states about the user of a request. */
export type ProxyUser =
  /** Nothing: it has not signed anyone in. */
  | { readonly kind: "none" }
  /** The user, unique at the proxy. */
  | { readonly kind: "stated"; readonly subject: string }
  /** Not one user. */
  | { readonly kind: "bad" };

const NONE: ProxyUser = { kind: "none" };
const BAD: ProxyUser = { kind: "bad" };
const MAX_SUBJECT_LENGTH = 255;
/** UTF-8 takes up to three bytes for each unit of UTF-16. Blanks may surround them. */
const MAX_BYTES = 4 * MAX_SUBJECT_LENGTH;

/** Reads the header. @param value As the runtime returns it: each byte is a character; null if there is none. */
export function parseProxyUser(value: string | null): ProxyUser {
  if (value === null || value === "") return NONE;
  if (value.length > MAX_BYTES) return BAD;
  const subject = withoutBlanks(decode(value));
  if (subject === undefined || subject.length > MAX_SUBJECT_LENGTH) return BAD;
  // The runtime joins headers of one name with commas. One of two would be from the client, if the proxy adds its own to it.
  if (subject.includes(",")) return BAD;
  return subject === "" ? NONE : { kind: "stated", subject };
}

function decode(bytes: string): string | undefined {
  try {
    const codes = Uint8Array.from(bytes, (byte) => byte.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(codes);
  } catch {
    return undefined;
  }
}

/** Removes the blanks of HTTP around a text, and no others: `ann` and the same with a no-break space are two users. */
function withoutBlanks(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const isBlank = (at: number) => text[at] === " " || text[at] === "\t";
  let [start, end] = [0, text.length];
  while (start < end && isBlank(start)) start++;
  while (end > start && isBlank(end - 1)) end--;
  return text.slice(start, end);
}
