/**
 * What the HTTP API answers: the fields of a frame as JSON, and faults as problem details (RFC 9457) with the status that says
 * the same in HTTP.
 * @module
 */
import { FAULT_STATUS } from "../../../core/protocol/fault_status.ts";
import type { Frame, FrameOf } from "../../../core/protocol/frames.ts";
import { jsonResponse, type Problem, problemResponse } from "../../http/responses.ts";

/** Wait stated with a fault that passes and does not say when, in milliseconds. */
const DEFAULT_WAIT_MS = 1_000;

/** The answer to a request that was carried out. */
export function frameResponse(frame: Frame, status: number): Response {
  const response = jsonResponse(fieldsOf(frame), status);
  if (frame.type === "history") {
    for (const [name, value] of Object.entries(historyHeaders(frame))) {
      response.headers.set(name, value);
    }
  }
  return response;
}

/** Messages can change only if something happens in the room, which moves its newest position. */
export function historyHeaders({ position }: Pick<FrameOf<"history">, "position">): {
  readonly etag: string;
  readonly "cache-control": string;
  readonly vary: string;
} {
  const vary = "authorization, cookie";
  return { etag: `"${position}"`, "cache-control": "private, no-cache", vary };
}

/** What a client is told of a frame: not its type, which the request has decided, nor the request's id. */
function fieldsOf(frame: Frame): Readonly<Record<string, unknown>> {
  const { type: _type, id: _id, ...fields }: Frame & { readonly id?: string | undefined } = frame;
  return fields;
}

/** The answer to a request that was refused. @param messagesPerSecond The rate of a connection; 0 for no limit. */
export function faultResponse(fault: FrameOf<"fault">, messagesPerSecond: number): Response {
  return problemResponse(faultProblem(fault, messagesPerSecond));
}

/** A fault as problem details. @param messagesPerSecond The rate of a connection; 0 for no limit. */
export function faultProblem(fault: FrameOf<"fault">, messagesPerSecond: number): Problem {
  const { code, message, retry, afterMs, scope, reason, missing } = fault;
  // The room does not exist, and the user may not create it.
  const status = missing ? 404 : FAULT_STATUS[code as keyof typeof FAULT_STATUS] ?? 500;
  const waitMs = afterMs ?? (retry ? DEFAULT_WAIT_MS : undefined);
  return {
    status,
    code: code as keyof typeof FAULT_STATUS,
    detail: message,
    afterMs: afterMs === undefined ? undefined : Math.ceil(afterMs),
    scope,
    reason,
    headers: {
      ...(status === 401 && { "www-authenticate": challenge(code) }),
      ...(waitMs !== undefined && { "retry-after": String(Math.ceil(waitMs / 1_000)) }),
      ...(status === 429 && rateLimitHeaders(waitMs ?? 0, messagesPerSecond)),
    },
  };
}

/** RFC 6750 §3: without a token there is nothing wrong with it. */
function challenge(code: string): string {
  return code === "token_required" ? "Bearer" : 'Bearer error="invalid_token"';
}

/** As in draft-ietf-httpapi-ratelimit-headers-10: nothing is left of the quota for so many seconds. */
function rateLimitHeaders(
  waitMs: number,
  messagesPerSecond: number,
): Readonly<Record<string, string>> {
  return {
    ...(messagesPerSecond > 0 && { "ratelimit-policy": `"messages";q=${messagesPerSecond};w=1` }),
    ratelimit: `"messages";r=0;t=${Math.ceil(waitMs / 1_000)}`,
  };
}
