/**
 * Handles the requests of the HTTP API for users: `/api/v1/rooms` and so on. Everything that a request can do, and who may do it,
 * is decided by a session (`chat/calls/call.ts`); here is only what is particular to HTTP.
 * @module
 */
import type { Call } from "../../../chat/calls/call.ts";
import type { SessionContext } from "../../../chat/session/session.ts";
import {
  API_METHODS,
  API_PREFIX,
  type Operation,
  OPERATIONS,
} from "../../../core/api/operations.ts";
import { type PathMatch, PathTable } from "../../../core/api/path_match.ts";
import { matchesEtag } from "../../../core/http/etag.ts";
import type { OriginPolicy } from "../../../core/http/handshake.ts";
import type { RequestSource } from "../../../core/http/ip_address.ts";
import { bodyProblem, readBody } from "../../http/body.ts";
import { queryOf } from "../../http/query.ts";
import { type Problem, problemResponse } from "../../http/responses.ts";
import type { PathHandler } from "../../http/routes.ts";
import { faultResponse, frameResponse, historyHeaders } from "./answers.ts";
import { forAllowedOrigins } from "../../http/origin_check.ts";
import { readCallRequest } from "./call_request.ts";
import { makeTimedCall } from "./timed_call.ts";
import { type CallerContext, callerOf } from "./credentials.ts";

/** What {@linkcode CallApi} needs from its worker. */
export interface CallApiContext extends Pick<CallerContext, "statedUser"> {
  /** Shared by the sessions that carry out the requests. */
  readonly sessions: SessionContext;
  /** Origins of the pages that may use the API. */
  readonly origins: OriginPolicy;
  /** Maximum length of a body, in bytes. */
  readonly maxBodyBytes: number;
  /** The rate of one connection; 0 for no limit. */
  readonly messagesPerSecond: number;
}

/** As the id of a request: 1 to 64 printable ASCII characters. */
const KEY = /^[\x21-\x7e]{1,64}$/;

const decoder = new TextDecoder("utf-8", { fatal: true });

/** The handlers of the operations, by path. */
export class CallApi {
  readonly #context: CallApiContext;
  readonly #paths = new PathTable<Operation>(OPERATIONS);

  /** Handles requests from the start. */
  constructor(context: CallApiContext) {
    this.#context = context;
  }

  /** The handler of a path; undefined if there is no operation at it. @param path As in the URL. */
  find(path: string): PathHandler | undefined {
    if (!path.startsWith(`${API_PREFIX}/`)) return undefined;
    const match = this.#paths.find(path.slice(API_PREFIX.length));
    if (match === undefined) return undefined;
    const methods = methodsOf(match.byMethod);
    const respond: PathHandler = (request, source) =>
      this.#respond(request, source, match, methods);
    return forAllowedOrigins(this.#context.origins, methods, respond);
  }

  async #respond(
    request: Request,
    source: RequestSource,
    { byMethod, parameters }: PathMatch<Operation>,
    methods: string,
  ): Promise<Response> {
    const operation = byMethod.get(request.method === "HEAD" ? "GET" : request.method);
    if (operation === undefined) {
      const headers = { allow: `${methods}, OPTIONS` };
      return problemResponse({ status: 405, detail: `This path takes ${methods}`, headers });
    }
    const call = await this.#readCall(operation, request, source, parameters);
    if ("status" in call) return problemResponse(call);
    const { messagesPerSecond } = this.#context;
    const known = request.headers.get("if-none-match");
    const unchanged = known === null ? undefined : await this.#unchanged(call, known);
    if (unchanged) return unchanged;
    const result = await makeTimedCall(call, this.#context.sessions);
    return result.kind === "refused"
      ? faultResponse(result.fault, messagesPerSecond)
      : frameResponse(result.frame, operation.status);
  }

  /** The answer to a request for messages if nothing has happened in the room since; undefined if something has. */
  async #unchanged(call: Call, known: string): Promise<Response | undefined> {
    // A ticket works once only.
    if (call.request?.type !== "history" || call.origin.ticket !== undefined) return undefined;
    const request = { ...call.request, limit: 0 };
    const result = await makeTimedCall({ ...call, request }, this.#context.sessions);
    if (result.kind === "refused" || result.frame.type !== "history") return undefined;
    const headers = historyHeaders(result.frame);
    return matchesEtag(known, headers.etag)
      ? new Response(null, { status: 304, headers })
      : undefined;
  }

  async #readCall(
    operation: Operation,
    request: Request,
    source: RequestSource,
    parameters: Readonly<Record<string, string>>,
  ): Promise<Call | Problem> {
    const { sessions, maxBodyBytes, statedUser } = this.#context;
    const query = queryOf(request.url);
    const key = operation.isAction
      ? request.headers.get("idempotency-key") ?? undefined
      : undefined;
    if (key !== undefined && !KEY.test(key)) return BAD_KEY;
    const bytes = await readBody(request, maxBodyBytes);
    if (typeof bytes === "string") return bodyProblem(bytes, maxBodyBytes);
    const body = parseBody(operation, request.headers.get("content-type"), bytes);
    if ("status" in body) return body;
    const { sessionTokens } = sessions;
    const caller = callerOf(request, source, { query, seed: key }, { sessionTokens, statedUser });
    if ("status" in caller) return caller;
    const { guestSeed } = caller.origin;
    // All users in the room see the id, and a caller who knows the guest's seed is the guest.
    const own = guestSeed === undefined ? key : sessionTokens.userIdFor(`id of ${guestSeed}`);
    const id = own ?? sessions.newId();
    const read = readCallRequest(operation, { parameters, query, body: body.fields, id });
    if ("status" in read) return read;
    return {
      ...caller,
      bytes: bytes.length,
      room: operation.isInRoom && read.type !== "members" ? parameters.room : undefined,
      request: read.type === "hello" ? undefined : read,
    };
  }
}

const BAD_KEY: Problem = {
  status: 400,
  code: "bad_frame",
  detail: "Idempotency-Key is not 1 to 64 printable ASCII characters",
};

const NOT_JSON: Problem = {
  status: 400,
  code: "bad_frame",
  detail: "The body is not a JSON object",
};
const NOT_UTF8: Problem = { status: 400, code: "bad_frame", detail: "The body is not UTF-8" };

function parseBody(
  { method, takesText }: Operation,
  contentType: string | null,
  bytes: Uint8Array<ArrayBuffer>,
): { readonly fields: Readonly<Record<string, unknown>> } | Problem {
  if (bytes.length === 0 || method === "GET") return { fields: {} };
  const [type = ""] = (contentType ?? "").split(";", 1);
  const isText = takesText === true && type.trim().toLowerCase() === "text/plain";
  if (!isText && type.trim().toLowerCase() !== "application/json") {
    const types = takesText ? "application/json or text/plain" : "application/json";
    return { status: 415, detail: `Send the body with Content-Type: ${types}` };
  }
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    return NOT_UTF8;
  }
  if (isText) return { fields: { text } };
  const fields = parseObject(text);
  return fields === undefined ? NOT_JSON : { fields };
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns the value of the header Allow, without OPTIONS. */
function methodsOf(byMethod: ReadonlyMap<string, Operation>): string {
  const own = API_METHODS.filter((method) => byMethod.has(method));
  return [...own, ...(byMethod.has("GET") ? ["HEAD"] : [])].join(", ");
}
