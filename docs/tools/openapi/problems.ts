/**
 * The errors of the HTTP API in `openapi.yaml`: one response for each status, with the codes that it can have.
 * @module
 */
import { FAULT_STATUS } from "../../../lib/core/protocol/fault_status.ts";
import { FAULTS } from "../../../lib/core/protocol/faults.ts";
import { componentRef, objectSchema, type Part, schemaRef, textSchema } from "./schema.ts";

/** Statuses of any operation. */
export const COMMON_PROBLEMS = [400, 401, 403, 404, 421, 429, 503] as const;
/** Statuses of operations with a body. */
export const BODY_PROBLEMS = [408, 413, 415] as const;
/** Statuses of operations that change something. */
export const CHANGE_PROBLEMS = [409, 410, 422, 507] as const;

/** Faults of the frames of a connection, which no request over HTTP can cause. */
const NOT_OVER_HTTP: readonly string[] = ["unknown_type", "hello_first", "in_room", "not_in_room"];

/** Codes that are no faults, by status: the request is refused before it is read. */
const REFUSALS: Readonly<Record<number, readonly string[]>> = {
  400: ["host_refused"],
  403: ["origin_refused"],
  421: ["host_refused"],
  429: ["too_many_connections"],
};

const NAMES: Readonly<Record<number, readonly [name: string, meaning: string]>> = {
  202: ["Held", "A moderator will look at the message first. Do not send it again."],
  400: ["BadRequest", "The path, the query, a header or the body is invalid."],
  401: ["Unauthorized", "There are no credentials although some are needed, or they are refused."],
  403: ["Forbidden", "You may not do this."],
  404: ["NotFound", "It does not exist, or you may not know whether it does."],
  408: ["RequestTimeout", "The body did not arrive within 10 s."],
  409: ["Conflict", "It contradicts what is there."],
  410: ["Gone", "The message was deleted, is no longer kept, or never existed."],
  413: ["ContentTooLarge", "The body or its text is too long."],
  415: ["UnsupportedMediaType", "The Content-Type is not one of those of the operation."],
  421: ["MisdirectedRequest", "The Host is not a name of the service."],
  422: ["UnprocessableContent", "The text cannot be sent here."],
  429: ["TooManyRequests", "Wait for as long as Retry-After says."],
  503: ["ServiceUnavailable", "It may work later: wait for as long as Retry-After says."],
  507: ["InsufficientStorage", "A limit of the whole service has been reached."],
};

/** References to the responses of statuses, by status. */
export function problemRefs(statuses: readonly number[]): Readonly<Record<string, Part>> {
  return Object.fromEntries(
    statuses.map((status) => [status, componentRef("responses", nameOf(status))]),
  );
}

/** The responses, by name. */
export function problemResponses(): Readonly<Record<string, Part>> {
  return Object.fromEntries(Object.keys(NAMES).map((status) => responseOf(Number(status))));
}

function responseOf(status: number): readonly [string, Part] {
  const [name, meaning] = NAMES[status] ?? ["", ""];
  const codes = codesOf(status);
  const listed = codes.map((code) => `\n- \`${code}\`${wordsOf(code)}`).join("");
  const schema = codes.length === 0 ? schemaRef("Problem") : {
    allOf: [schemaRef("Problem"), { properties: { code: { enum: codes } } }],
  };
  return [name, {
    description: `${meaning}${listed === "" ? "" : `\n${listed}`}`,
    ...headersOf(status),
    content: { "application/problem+json": { schema } },
  }];
}

/** The codes that a status can have. */
export function codesOf(status: number): readonly string[] {
  const faults = Object.entries(FAULT_STATUS).filter(([code, it]) =>
    it === status && !NOT_OVER_HTTP.includes(code)
  );
  // A room that does not exist, and that the user may not create.
  const missing = status === 404 ? ["not_allowed", "bad_invite"] : [];
  return [...faults.map(([code]) => code), ...missing, ...REFUSALS[status] ?? []];
}

function wordsOf(code: string): string {
  const fault: { readonly message: string } | undefined = Object.entries(FAULTS)
    .find(([it]) => it === code)?.[1];
  return fault === undefined ? "" : `: ${fault.message}`;
}

function headersOf(status: number): Part {
  const names = status === 401
    ? ["WWW-Authenticate"]
    : status === 429
    ? ["Retry-After", "RateLimit", "RateLimit-Policy"]
    : status === 503
    ? ["Retry-After"]
    : [];
  if (names.length === 0) return {};
  return { headers: Object.fromEntries(names.map((it) => [it, componentRef("headers", it)])) };
}

function nameOf(status: number): string {
  const [name] = NAMES[status] ?? [];
  if (name === undefined) throw new RangeError(`Cannot describe a status: received ${status}`);
  return name;
}

/** The schema of problem details. */
export const PROBLEM_SCHEMA: Part = {
  ...objectSchema({
    type: { const: "about:blank" },
    title: textSchema("The phrase of the status."),
    status: { type: "integer", description: "The status of the response." },
    detail: textSchema("What is wrong, for people. It may change."),
  }, {
    code: textSchema("Why, for programs. Codes never change; more may be added."),
    afterMs: {
      type: "integer",
      minimum: 0,
      description:
        "Milliseconds to wait before the same request can succeed, or until a mute or a ban ends.",
    },
    scope: {
      enum: ["connection", "user", "room"],
      description: "With slow_down, what has to wait; if missing, only this request.",
    },
    reason: textSchema("With muted and banned: what the moderator gave as the reason."),
  }),
  description: "Problem details (RFC 9457).",
};

/** The headers of responses. */
export const HEADERS: Readonly<Record<string, Part>> = {
  "Retry-After": header("Seconds to wait, at least 0 (RFC 9110 §10.2.3).", { type: "integer" }),
  "RateLimit": header(
    'How much is left of a quota: r requests, for the next t seconds. Such as `"messages";r=0;t=3`.',
  ),
  "RateLimit-Policy": header(
    'The quota of a connection: q requests in w seconds. Such as `"messages";q=10;w=1`.',
  ),
  "WWW-Authenticate": header('Bearer, perhaps with `error="invalid_token"` (RFC 6750 §3).'),
  "ETag": header("Changes whenever something happens in the room."),
};

function header(description: string, schema: Part = { type: "string" }): Part {
  return { description, schema };
}
