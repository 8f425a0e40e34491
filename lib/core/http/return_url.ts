/**
 * Where a user returns to after signing in: an address of this service, whatever the link to the sign-in said. Otherwise a
 * link to this service could lead to any other site.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(returnUrl("https://chat.example/team", "/#den"), "https://chat.example/team/#den");
 * assert.equal(returnUrl("https://chat.example", "https://evil.example"), "https://chat.example/");
 * ```
 * @module
 */

/** Maximum length of a path as URLs spell it, in characters. It is kept in a cookie. */
const MAX_LENGTH = 1_024;

/**
 * The address of a path of this service, or of its page if it is not one.
 *
 * @param publicUrl Where clients reach the service, without a trailing slash.
 * @param path As the request states it, below that URL; null for none.
 */
export function returnUrl(publicUrl: string, path: string | null): string {
  const home = `${publicUrl}/`;
  if (!path?.startsWith("/")) return home;
  // The parser resolves `..`, in any spelling, which may leave the path of the service. It also encodes characters, and what
  // it makes of them is up to nine times as long.
  const url = URL.parse(publicUrl + path);
  if (url === null || url.href.length > publicUrl.length + MAX_LENGTH) return home;
  return url.href.startsWith(new URL(home).href) ? url.href : home;
}
