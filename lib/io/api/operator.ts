/**
 * What the paths for operators have in common: who may use them, how their bodies are read, and what they answer while the
 * store is unavailable. No page can send what they need, so there is no CORS.
 * @module
 */
import * as v from "valibot";
import { BusUnavailable } from "../../chat/ports/bus.ts";
import { MAX_ROOM_UNITS } from "../../core/names/names.ts";
import { describeIssue } from "../../core/schema_issue.ts";
import { MAX_WEBHOOK_ROOMS } from "../../core/webhooks/webhook.ts";
import { type OperatorSignature, parseSignature, sealAnswer } from "../auth/operator_signature.ts";
import { bodyProblem, readBody } from "../http/body.ts";
import { isAuthorized } from "../http/health_responses.ts";
import { type Problem, problemResponse, textResponse } from "../http/responses.ts";
import type { SignedRequests } from "./signed_requests.ts";

/** How operators prove who they are. */
export interface OperatorAccess {
  /** `ADMIN_TOKEN`, which is good as a bearer token; null if it is not set. */
  readonly adminToken: string | null;
  /** Judges signatures; undefined where none is valid. */
  readonly signed?: SignedRequests | undefined;
}

/** Responds to a request of an operator. Throws {@linkcode RequestProblem} if it cannot be carried out. */
export type OperatorHandler = (request: Request) => Promise<Response>;

/** Why a request cannot be carried out. */
export class RequestProblem extends Error {
  /** For log records; test with `instanceof`. */
  override readonly name = "RequestProblem";
  /** What to answer. */
  readonly problem: Problem;

  /** Describes it. */
  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/**
 * Maximum length of a body: the longest names of rooms for one webhook, with each UTF-16 unit escaped as `\u0000`, and space for
 * the other fields.
 */
export const MAX_BODY_BYTES: number = MAX_WEBHOOK_ROOMS * MAX_ROOM_UNITS * 6 + 16_384;
const UNAUTHORIZED: Problem = {
  status: 401,
  detail: "Authorization is not Bearer with ADMIN_TOKEN",
  headers: { "www-authenticate": "Bearer" },
};
const AWAY = { status: 503, code: "unavailable", headers: { "retry-after": "1" } } as const;
const NO_TOKEN_SET: Problem = {
  status: 403,
  detail: "Set ADMIN_TOKEN to use this path; without it, use the commands of parley " +
    "where the service runs",
};

/** Lets only operators through. */
export function forOperators(access: OperatorAccess, handler: OperatorHandler): OperatorHandler {
  const { adminToken, signed } = access;
  return async (request) => {
    const { headers } = request;
    const signature = signed && parseSignature(headers.get("authorization"));
    const respond = () =>
      signature
        ? respondSigned(request, signature, { ...access, signed }, handler)
        : isAuthorized(headers, adminToken)
        ? handler(asGet(request))
        : refuse(adminToken);
    return await withProblems(respond);
  };
}

/** Whether a request claims to be an operator's: it is signed, or has `ADMIN_TOKEN`. */
export function isOperatorRequest(
  { headers }: Pick<Request, "headers">,
  adminToken: string | null,
): boolean {
  const isSigned = parseSignature(headers.get("authorization")) !== undefined;
  return isSigned || isAuthorized(headers, adminToken);
}

/** A HEAD as the GET that it stands for: the runtime leaves the body out. */
function asGet(request: Request): Request {
  const { method, url, headers } = request;
  return method === "HEAD" ? new Request(url, { headers }) : request;
}

function refuse(adminToken: string | null): Response {
  return problemResponse(adminToken === null ? NO_TOKEN_SET : UNAUTHORIZED);
}

async function withProblems(respond: () => Response | Promise<Response>): Promise<Response> {
  try {
    return await respond();
  } catch (error) {
    if (error instanceof RequestProblem) return problemResponse(error.problem);
    if (!(error instanceof BusUnavailable)) throw error;
    return problemResponse({ ...AWAY, detail: error.message });
  }
}

/** Also seals why a request is refused, if it was signed with a key of this service. */
async function respondSigned(
  request: Request,
  signature: OperatorSignature,
  { adminToken, signed }: Required<OperatorAccess> & { readonly signed: SignedRequests },
  handler: OperatorHandler,
): Promise<Response> {
  const { url, method } = request;
  const bytes = await readWhole(request);
  const { pathname, search } = new URL(url);
  const known = signed.use({ method, path: `${pathname}${search}`, body: bytes }, signature);
  if (known === undefined) return refuse(adminToken);
  const { key, problem } = known;
  const again = new Request(url, { method, ...(method === "POST" && { body: bytes }) });
  const response = problem
    ? problemResponse(problem)
    : await withProblems(() => handler(asGet(again)));
  const { status } = response;
  const answer = sealAnswer(key, { nonce: signature.nonce, status }, await response.text());
  return textResponse(answer, status, { "cache-control": "no-store" });
}

/** The fields that a body can have. */
type Fields = v.GenericSchema & { readonly entries: Readonly<Record<string, unknown>> };

/**
 * The fields that a body can have, or several choices of them.
 * @internal Keeps `deno doc --lint` from asking for the documentation of valibot's type.
 */
export type BodySchema<T> =
  & v.GenericSchema<unknown, T>
  & (Fields | { readonly options: readonly [Fields, ...Fields[]] });

/**
 * The fields of a request's body. Throws {@linkcode RequestProblem} if it cannot be read, or a field is wrong.
 *
 * @param expected What to answer to a body without any of the fields.
 */
export async function readFields<T>(
  request: Request,
  schema: BodySchema<T>,
  expected: string,
): Promise<T> {
  const body = await readJson(request);
  const parsed = v.safeParse(schema, body);
  if (parsed.success) return parsed.output;
  const meant = meantFields(schema, body);
  const detail = meant ? describeIssue(v.safeParse(meant, body).issues) : expected;
  throw new RequestProblem({ status: 400, code: "bad_frame", detail });
}

/**
 * The choice that has the most fields in common with a body; undefined if none has any. The issues of a union are about all of its
 * choices, and name no field.
 */
function meantFields<T>(schema: BodySchema<T>, body: unknown): Fields | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const countIn = ({ entries }: Fields) => Object.keys(entries).filter((it) => it in body).length;
  const options = "options" in schema ? schema.options : [schema];
  const [meant] = options.toSorted((one, other) => countIn(other) - countIn(one));
  return meant && countIn(meant) > 0 ? meant : undefined;
}

/** The body of a request, parsed as JSON; undefined if it is no JSON. */
export async function readJson(request: Request): Promise<unknown> {
  const bytes = await readWhole(request);
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

async function readWhole(request: Request): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readBody(request, MAX_BODY_BYTES);
  if (typeof bytes === "string") throw new RequestProblem(bodyProblem(bytes, MAX_BODY_BYTES));
  return bytes;
}
