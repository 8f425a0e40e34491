/**
 * Compares entity tags as `If-None-Match` asks for it (RFC 9110 §13.1.2).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(matchesEtag('"a", W/"b"', '"b"'), true);
 * assert.equal(matchesEtag("*", '"b"'), true);
 * assert.equal(matchesEtag('"a"', '"b"'), false);
 * ```
 * @module
 */
import { listItems } from "./header_list.ts";

/**
 * Whether a client has what the tag stands for. Whether tags are weak does not matter.
 *
 * @param header The value of If-None-Match; null if there is none.
 * @param etag The current tag, without commas.
 */
export function matchesEtag(header: string | null, etag: string): boolean {
  const known = listItems(header);
  return known.includes("*") || known.map(strongTag).includes(strongTag(etag));
}

function strongTag(tag: string): string {
  return tag.startsWith("W/") ? tag.slice(2) : tag;
}
