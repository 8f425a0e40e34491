/**
 * `/api/v1/revocations`: signs users out. Only for operators and the servers of apps, which have `ADMIN_TOKEN`.
 * @module
 */
import * as v from "valibot";
import type { Clock } from "../../chat/ports/clock.ts";
import type { RevocationSource } from "../../chat/revocations/revocation_feed.ts";
import {
  isRevocationTime,
  type Revocation,
  REVOCATION_KEPT_MS,
} from "../../core/auth/revocations.ts";
import type { Config } from "../../core/config/config.ts";
import { isUserId, USER_ID_RULE } from "../../core/log/entry.ts";
import { appUserId, PROXY_ISSUER } from "../auth/authenticators/app_user.ts";
import { jsonResponse, problemResponse } from "../http/responses.ts";
import { logger } from "../logger.ts";
import { type OperatorHandler, readFields, RequestProblem } from "./operator.ts";

/** Path at which operators and the servers of apps read and add revocations. */
export const REVOCATIONS_PATH = "/api/v1/revocations";

/** How far the clock of a caller who states a time may run ahead. */
const LEEWAY_MS = 60_000;

const EXPECTED =
  'The body must be JSON with one of "user", "subject" (and "issuer"), "token", "device" or ' +
  '"all": true, and perhaps "before" as an ISO 8601 time with its zone';

const ISSUER_NEEDED = 'Users sign in at an OpenID provider, so a subject needs an "issuer": ' +
  "the provider's, as its /.well-known/openid-configuration spells it";

const TIME_RULE = "Expected an ISO 8601 time with its zone, such as 2026-03-01T12:00:00Z";
const before = v.optional(v.pipe(v.string(), v.check(isRevocationTime, TIME_RULE)));
const text = v.pipe(v.string(), v.nonEmpty("Expected a text that is not empty"));

// Strict: with a misspelled `before`, more would be revoked than was meant.
const Body = v.union([
  v.strictObject({ user: v.pipe(v.string(), v.check(isUserId, USER_ID_RULE)), before }),
  v.strictObject({ subject: text, issuer: v.optional(v.nullable(v.string())), before }),
  v.strictObject({ token: text, before }),
  v.strictObject({ device: text, before }),
  v.strictObject({ all: v.literal(true), before }),
]);

/** Schema of a POST's body, for the OpenAPI document. */
export const REVOCATION_REQUEST = { body: Body } as const;

/** The settings that matter here. */
export type RevocationSettings = Pick<
  Config,
  | "jwtIssuer"
  | "authProxyHeader"
  | "oidcIssuer"
  | "jwtSecret"
  | "jwtPublicKeyFile"
  | "jwksUrl"
>;

/** Creates the handler of the path, for operators only: see `forOperators`. */
export function revocationsHandler(
  revocations: Pick<RevocationSource, "revoke" | "readRevocations">,
  settings: RevocationSettings,
  clock: Pick<Clock, "date">,
): OperatorHandler {
  const issuer = defaultIssuer(settings);
  return async (request) => {
    if (request.method === "GET") {
      const all = await revocations.readRevocations();
      const newestFirst = all.toSorted((one, other) => other.before - one.before);
      return jsonResponse({ revocations: newestFirst.map(describe) });
    }
    if (request.method !== "POST") {
      const detail = "Revocations are read with GET and added with POST";
      return problemResponse({ status: 405, detail, headers: { allow: "GET, POST, HEAD" } });
    }
    const revocation = await readRevocation(request, issuer, clock.date());
    await revocations.revoke(revocation);
    logger.info("auth.revoked", { scope: revocation.scope, ...timeOf(revocation) });
    return jsonResponse(describe(revocation));
  };
}

/**
 * The issuer of subjects without one: the proxy if only it signs users in, else that of the tokens. Undefined if users sign
 * in only at an OpenID provider: it may spell itself in another way than `OIDC_ISSUER`, such as with a slash at the end, and
 * no user would be signed out.
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

async function readRevocation(
  request: Request,
  defaultIssuer: string | null | undefined,
  now: number,
): Promise<Revocation> {
  const body = await readFields(request, Body, EXPECTED);
  const time = body.before === undefined ? now : Date.parse(body.before);
  if (Number.isNaN(time)) throw bad(`before: ${TIME_RULE}`);
  if (time > now + LEEWAY_MS) throw bad('"before" is in the future');
  if (time < now - REVOCATION_KEPT_MS) {
    throw bad('"before" is more than a year ago, and revocations are kept for a year');
  }
  const target = targetOf(body, defaultIssuer);
  if (target === undefined) throw bad(ISSUER_NEEDED);
  return { ...target, before: time };
}

function targetOf(
  body: v.InferOutput<typeof Body>,
  defaultIssuer: string | null | undefined,
): Pick<Revocation, "scope" | "id"> | undefined {
  if ("user" in body) return { scope: "user", id: body.user };
  if ("token" in body) return { scope: "token", id: body.token };
  if ("device" in body) return { scope: "device", id: body.device };
  if ("all" in body) return { scope: "all", id: "" };
  const { subject, issuer = defaultIssuer } = body;
  return issuer === undefined ? undefined : { scope: "user", id: appUserId(issuer, subject) };
}

function bad(detail: string): RequestProblem {
  return new RequestProblem({ status: 400, code: "bad_frame", detail });
}

/** A revocation as the API spells it. */
function describe(revocation: Revocation): Readonly<Record<string, unknown>> {
  const { scope, id } = revocation;
  return { [scope]: scope === "all" ? true : id, ...timeOf(revocation) };
}

function timeOf({ before }: Revocation): { readonly before: string } {
  return { before: new Date(before).toISOString() };
}
