/**
 * `/api/v1/revocations`: signs users out. Only for operators and the servers of apps, which have `ADMIN_TOKEN`; no page
 * can send it, so there is no CORS.
 * @module
 */
import * as v from "valibot";
import { BusUnavailable } from "../../chat/ports/bus.ts";
import type { Clock } from "../../chat/ports/clock.ts";
import type { RevocationSource } from "../../chat/revocations/revocation_feed.ts";
import {
  isRevocationTime,
  type Revocation,
  REVOCATION_KEPT_MS,
} from "../../core/auth/revocations.ts";
import type { Config } from "../../core/config/config.ts";
import { isUserId } from "../../core/log/entry.ts";
import { appUserId, PROXY_ISSUER } from "../auth/app_user.ts";
import { isAuthorized } from "../http/health_responses.ts";
import { jsonResponse, type Problem, problemResponse } from "../http/responses.ts";
import { logger } from "../logger.ts";

/** The path of the handler. */
export const REVOCATIONS_PATH = "/api/v1/revocations";

const MAX_BODY_BYTES = 4_096;
/** How far the clock of whoever states a time may run ahead. */
const LEEWAY_MS = 60_000;

const NO_TOKEN_SET: Problem = {
  status: 403,
  detail: "Set ADMIN_TOKEN to use this path: without it, nobody may",
};
const UNAUTHORIZED: Problem = {
  status: 401,
  detail: "Authorization is not Bearer with ADMIN_TOKEN",
  headers: { "www-authenticate": "Bearer" },
};
const EXPECTED = 'The body must be JSON with one of "user", "subject" (and "issuer"), "token" or ' +
  '"all": true, and perhaps "before" as an ISO 8601 time with its zone';

const ISSUER_NEEDED = 'Users sign in at an OpenID provider, so a subject needs an "issuer": ' +
  "the provider's, as its /.well-known/openid-configuration spells it";

const before = v.optional(v.pipe(v.string(), v.check(isRevocationTime)));
const text = v.pipe(v.string(), v.nonEmpty());

// Strict: with a misspelled `before`, more would be revoked than was meant.
const Body = v.union([
  v.strictObject({ user: v.pipe(v.string(), v.check(isUserId)), before }),
  v.strictObject({ subject: text, issuer: v.optional(v.nullable(v.string())), before }),
  v.strictObject({ token: text, before }),
  v.strictObject({ all: v.literal(true), before }),
]);

/** The settings that matter here. */
export type RevocationSettings = Pick<
  Config,
  | "adminToken"
  | "jwtIssuer"
  | "authProxyHeader"
  | "oidcIssuer"
  | "jwtSecret"
  | "jwtPublicKeyFile"
  | "jwksUrl"
>;

/** Creates the handler of the path. */
export function revocationsHandler(
  revocations: Pick<RevocationSource, "revoke" | "readRevocations">,
  settings: RevocationSettings,
  clock: Pick<Clock, "date">,
): (request: Request) => Promise<Response> {
  const { adminToken } = settings;
  const issuer = defaultIssuer(settings);
  return async (request) => {
    if (adminToken === null) return problemResponse(NO_TOKEN_SET);
    if (!isAuthorized(request.headers, adminToken)) return problemResponse(UNAUTHORIZED);
    try {
      if (request.method === "GET") {
        const all = await revocations.readRevocations();
        const newestFirst = all.toSorted((one, other) => other.before - one.before);
        return jsonResponse({ revocations: newestFirst.map(describe) });
      }
      if (request.method !== "POST") {
        const detail = "Revocations are read with GET and added with POST";
        return problemResponse({ status: 405, detail, headers: { allow: "GET, POST" } });
      }
      const read = await readRevocation(request, issuer, clock.date());
      if (read.kind === "bad") return problemResponse(read.problem);
      const { revocation } = read;
      await revocations.revoke(revocation);
      logger.info("auth.revoked", { scope: revocation.scope, ...timeOf(revocation) });
      return jsonResponse(describe(revocation));
    } catch (error) {
      if (!(error instanceof BusUnavailable)) throw error;
      return problemResponse({ status: 503, detail: error.message });
    }
  };
}

/**
 * The issuer of subjects without one: the proxy if only it signs users in, else that of the tokens. Undefined if users sign
 * in only at an OpenID provider: it may spell itself in another way than `OIDC_ISSUER`, such as with a slash at the end, and
 * nobody would be signed out.
 */
function defaultIssuer(
  { jwtIssuer, authProxyHeader, oidcIssuer, jwtSecret, jwtPublicKeyFile, jwksUrl }:
    RevocationSettings,
): string | null | undefined {
  const acceptsTokens = [jwtSecret, jwtPublicKeyFile, jwksUrl].some((it) => it !== null);
  if (acceptsTokens) return jwtIssuer ?? "";
  if (authProxyHeader !== null) return PROXY_ISSUER;
  return oidcIssuer === null ? jwtIssuer ?? "" : undefined;
}

type ReadResult =
  | { readonly kind: "good"; readonly revocation: Revocation }
  | { readonly kind: "bad"; readonly problem: Problem };

async function readRevocation(
  request: Request,
  defaultIssuer: string | null | undefined,
  now: number,
): Promise<ReadResult> {
  const body = await readText(request);
  if (body === undefined) return bad(413, `The body has more than ${MAX_BODY_BYTES} bytes`);
  const parsed = v.safeParse(Body, parseJson(body));
  if (!parsed.success) return bad(400, EXPECTED);
  const { output } = parsed;
  const time = output.before === undefined ? now : Date.parse(output.before);
  if (Number.isNaN(time)) return bad(400, EXPECTED);
  if (time > now + LEEWAY_MS) return bad(400, '"before" is in the future');
  if (time < now - REVOCATION_KEPT_MS) {
    return bad(400, '"before" is more than a year ago, and revocations are kept for a year');
  }
  const target = targetOf(output, defaultIssuer);
  if (target === undefined) return bad(400, ISSUER_NEEDED);
  return { kind: "good", revocation: { ...target, before: time } };
}

function targetOf(
  body: v.InferOutput<typeof Body>,
  defaultIssuer: string | null | undefined,
): Pick<Revocation, "scope" | "id"> | undefined {
  if ("user" in body) return { scope: "user", id: body.user };
  if ("token" in body) return { scope: "token", id: body.token };
  if ("all" in body) return { scope: "all", id: "" };
  const { subject, issuer = defaultIssuer } = body;
  return issuer === undefined ? undefined : { scope: "user", id: appUserId(issuer, subject) };
}

function bad(status: number, detail: string): ReadResult {
  return { kind: "bad", problem: { status, detail } };
}

/** The body of a request; undefined if it is too long. */
async function readText({ body }: Request): Promise<string | undefined> {
  const bytes: number[] = [];
  for await (const chunk of body ?? []) {
    if (bytes.length + chunk.length > MAX_BODY_BYTES) return undefined;
    bytes.push(...chunk);
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A revocation as the API spells it. */
function describe(revocation: Revocation): Readonly<Record<string, unknown>> {
  const { scope, id } = revocation;
  return { [scope]: scope === "all" ? true : id, ...timeOf(revocation) };
}

function timeOf({ before }: Revocation): { readonly before: string } {
  return { before: new Date(before).toISOString() };
}
