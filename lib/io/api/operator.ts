/**
 * What the paths for operators have in common: who may use them, how their bodies are read, and what they answer while the
 * store is unavailable. No page can send what they need, so there is no CORS.
 * @module
 */
import { createHmac } from "node:crypto";
import { BusUnavailable } from "../../chat/ports/bus.ts";
import { isAuthorized } from "../http/health_responses.ts";
import { type Problem, problemResponse } from "../http/responses.ts";

/** What operators can prove who they are with. */
export interface OperatorAccess {
  /** `ADMIN_TOKEN`; null if it is not set. */
  readonly adminToken: string | null;
  /** The session secret, from which {@linkcode localToken} is derived. Until it resolves, only `ADMIN_TOKEN` counts. */
  readonly secret: Promise<string>;
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

const MAX_BODY_BYTES = 4_096;
const UNAUTHORIZED: Problem = {
  status: 401,
  detail: "Authorization is not Bearer with ADMIN_TOKEN",
  headers: { "www-authenticate": "Bearer" },
};
const NO_TOKEN_SET: Problem = {
  status: 403,
  detail: "Set ADMIN_TOKEN to use this path: without it, nobody may",
};

/**
 * The token of commands on the machine of the service: who can read the session secret needs no other one. It cannot be used
 * for anything else, and nothing else that is signed with the secret can be used as one.
 */
export function localToken(secret: string): string {
  return createHmac("sha256", secret).update('["parley.operator"]').digest("base64url");
}

/** Lets only operators through. */
export function forOperators(
  { adminToken, secret }: OperatorAccess,
  handler: OperatorHandler,
): OperatorHandler {
  let local: string | null = null;
  // If it rejects, the service does not start; whoever has passed it on handles that.
  secret.then((known) => local = localToken(known), () => {});
  return async (request) => {
    const { headers } = request;
    const isOperator = isAuthorized(headers, adminToken) || isAuthorized(headers, local);
    if (!isOperator) return problemResponse(adminToken === null ? NO_TOKEN_SET : UNAUTHORIZED);
    try {
      return await handler(request);
    } catch (error) {
      if (error instanceof RequestProblem) return problemResponse(error.problem);
      if (!(error instanceof BusUnavailable)) throw error;
      return problemResponse({ status: 503, detail: error.message });
    }
  };
}

/** The body of a request, parsed as JSON; undefined if it is no JSON. Throws {@linkcode RequestProblem} if it is too long. */
export async function readJson({ body }: Request): Promise<unknown> {
  const bytes: number[] = [];
  for await (const chunk of body ?? []) {
    if (bytes.length + chunk.length > MAX_BODY_BYTES) {
      const detail = `The body has more than ${MAX_BODY_BYTES} bytes`;
      throw new RequestProblem({ status: 413, detail });
    }
    bytes.push(...chunk);
  }
  try {
    return JSON.parse(new TextDecoder().decode(new Uint8Array(bytes)));
  } catch {
    return undefined;
  }
}
