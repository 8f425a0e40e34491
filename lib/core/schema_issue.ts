/**
 * Says what is wrong with a value that does not match its schema: which field, and what is expected there. Clients choose what
 * they send, so the text repeats only the beginning of it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import * as v from "valibot";
 * const problemOf = (value: unknown) => describeIssue(v.safeParse(v.object({ ids: v.array(v.string()) }), value).issues);
 * assert.equal(problemOf({ ids: ["a", 7] }), "ids.1: Invalid type: Expected string but received 7");
 * assert.equal(problemOf({}), "ids: the field is missing");
 * ```
 * @module
 */
import * as v from "valibot";

/** Maximum number of characters of a client's text that a text for clients repeats. */
const MAX_ECHOED = 100;

/** The beginning of a client's text: an answer must not grow with the request. */
export function excerpt(text: string): string {
  return text.length <= MAX_ECHOED ? text : `${text.slice(0, MAX_ECHOED)}…`;
}

/**
 * What a parser reports; undefined if it has found nothing.
 * @internal Keeps `deno doc --lint` from asking for the documentation of valibot's type.
 */
export type Issues = readonly v.BaseIssue<unknown>[] | undefined;

/** The first problem, as `field: what is wrong`. @param whole What to call the value, if it is no object. */
export function describeIssue(
  issues: Issues,
  whole = "body",
): string {
  const [issue] = issues ?? [];
  return issue === undefined ? "" : `${v.getDotPath(issue) ?? whole}: ${whatIsWrong(issue)}`;
}

function whatIsWrong({ kind, type, expected, received, message }: v.BaseIssue<unknown>): string {
  const isKey = kind === "schema" && (type === "object" || type === "strict_object");
  if (isKey && expected === "never") return "there is no such field here";
  if (isKey && received === "undefined") return "the field is missing";
  // The schema's message quotes the received value. A function, since `$&` in the value would mean something else.
  return message.replace(received, () => excerpt(received));
}
