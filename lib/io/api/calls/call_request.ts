/**
 * Turns a request of the HTTP API into a request of `chat.v1.json`, checked against the same schema.
 * @module
 */
import * as v from "valibot";
import { type Operation, requestTypeOf } from "../../../core/api/operations.ts";
import type { IdentifiedRequest } from "../../../chat/calls/call.ts";
import { describeIssue } from "../../../core/schema_issue.ts";
import { REQUESTS } from "../../../core/protocol/requests.ts";
import type { Problem } from "../../http/responses.ts";

/** What a request of the API consists of. */
export interface CallParts {
  /** The values of the path's parameters, decoded. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The query of the URL. Only fields that the operation lists are read. */
  readonly query: URLSearchParams;
  /** The body, parsed; its fields are not checked yet. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The id of the request, whatever `id` the body has. */
  readonly id: string;
}

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
    if (value !== null) fields[field] = NUMBERS[field]?.(value) ?? value;
  }
  const parsed = v.safeParse(REQUESTS[type], { ...fields, ...fixed, type, id });
  // The schema has the field `id`, which is given.
  if (parsed.success) return { ...parsed.output, id };
  const detail = inTermsOfPath(describeIssue(parsed.issues), names);
  return { status: 400, code: "bad_frame", detail };
}

/** Names the parameter of the path that has set the field. */
function inTermsOfPath(detail: string, names: NonNullable<Operation["parameters"]>): string {
  const [parameter, field = ""] = Object.entries(names)
    .find(([, it]) => detail.startsWith(`${it}: `)) ?? [];
  return parameter === undefined ? detail : `${parameter}${detail.slice(field.length)}`;
}

/** Reads the fields of queries that are numbers. The schema refuses what is none. */
const NUMBERS: Readonly<Record<string, (text: string) => number | undefined>> = {
  limit: numberIn,
  at: timeIn,
};

function numberIn(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Milliseconds since 1970, or a time in ISO 8601. */
function timeIn(text: string): number | undefined {
  return v.is(IsoTime, text) ? Date.parse(text) : numberIn(text);
}

const IsoTime = v.pipe(v.string(), v.isoTimestamp());
