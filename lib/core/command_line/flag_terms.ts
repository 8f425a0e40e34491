/**
 * What the HTTP API says about a request, in terms of the command's flags: the user of a command has never seen the body
 * of the request.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(inFlagTerms('"before" is in the future'), "--before is in the future");
 * assert.equal(inFlagTerms("give the id as user"), "give the id with --user");
 * ```
 * @module
 */

/** Fields of requests that a flag of the same name sets. */
const FIELDS = /"(user|subject|issuer|token|device|before|name|room|rooms|role|uses|reason|url)"/g;
/** How a problem with one of them begins. */
const FIELD_PREFIX =
  /^(user|subject|issuer|token|device|before|name|room|rooms|role|uses|reason|url)(?:\.\d+)?: /;
/** How a problem with any field begins. */
const ANY_PREFIX = /^[A-Za-z]+(?:\.\d+)?: /;

/** Rewrites the detail of a refusal. */
export function inFlagTerms(detail: string): string {
  const isUnknownField = ANY_PREFIX.test(detail) && !FIELD_PREFIX.test(detail);
  if (isUnknownField || detail.startsWith("The body must be JSON")) {
    return "a flag has a value that is not allowed; --help lists what each flag needs";
  }
  return detail.replace(FIELDS, "--$1")
    .replace(FIELD_PREFIX, "--$1: ")
    .replace(/\bas user\b/, "with --user")
    .replace(/\bgive a room\b/, "give a room with --room");
}
