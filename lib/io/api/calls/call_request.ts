/**
 * Turns a request of the HTTP API into a request of `chat.v1.json`, checked against the same schema.
 * @module
 */
import * as v from "valibot";
import { type Operation, requestTypeOf } from "../../../core/api/operations.ts";
import type { IdentifiedRequest } from "../../../chat/calls/call.ts";
import { REQUESTS } from "../../../core/protocol/requests.ts";
import type { Problem } from "../../http/responses.ts";

/** What a request of the API consists of. */
export interface CallParts {
  /** The values of the path's parameters. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The query. */
  readonly query: URLSearchParams;
  /** The body, parsed; its fields are not checked yet. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The id of the request. */
  readonly id: string;
}

/** Maximum number of characters of a client's text that a problem repeats. */
const MAX_ECHOED = 100;

/** The request, or what is wrong with it. */
export function readCallRequest(
  operation: Operation,
  { parameters, query, body, id }: CallParts,
): IdentifiedRequest | Problem {
  const type = requestTypeOf(operation, parameters.room);
  const { fixed, query: queryFields = [], parameters: names = {} } = operation;
  const fields: Record<string, unknown> = { ...body };
  for (const [name, value] of Object.entries(parameters)) fields[names[name] ?? name] = value;
  for (const field of queryFields) {
    const value = query.get(field);
    if (value !== null) fields[field] = NUMBERS.has(field) ? numberIn(value) : value;
  }
  const parsed = v.safeParse(REQUESTS[type], { ...fields, ...fixed, type, id });
  // The schema has the field `id`, which is given.
  if (parsed.success) return { ...parsed.output, id };
  const [issue] = parsed.issues;
  const detail = `${v.getDotPath(issue) ?? "body"}: ${issue.message}`;
  return { status: 400, code: "bad_frame", detail: truncated(detail) };
}

/** Fields of queries that are numbers. */
const NUMBERS: ReadonlySet<string> = new Set(["limit"]);

/** A number, or the text if it is none, which the schema then refuses. */
function numberIn(text: string): number | string {
  return /^\d{1,9}$/.test(text) ? Number(text) : text;
}

// The schema's message quotes the received value.
function truncated(text: string): string {
  return text.length <= MAX_ECHOED ? text : `${text.slice(0, MAX_ECHOED)}…`;
}
