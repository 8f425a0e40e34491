/**
 * The answers of `/healthz`, `/readyz` and `/metrics`: with all details on the admin listener or with its token, and
 * otherwise only whether the service is up and ready.
 * @module
 */
import type { Census } from "../chat/heartbeat.ts";
import { EXPOSITION_TYPE } from "../core/exposition.ts";
import { refuse } from "../core/handshake.ts";
import { bearerToken, equalsSecret } from "../core/secrets.ts";
import { jsonAnswer, refusalAnswer, textAnswer } from "./answers.ts";
import type { Readiness } from "./readiness.ts";

/** What is known about the whole process. */
export interface HealthSources {
  /** Its connections, by condition. */
  readonly census: () => Promise<Census>;
  /** Whether it can do its work. */
  readonly readiness: () => Promise<Readiness>;
  /** What it has counted, as Prometheus reads it. */
  readonly metrics: () => Promise<string>;
}

/** Answers to GET, by path. */
export type HealthAnswers = ReadonlyMap<string, () => Response | Promise<Response>>;

/** Answers with all details. */
export function detailedAnswers({ census, readiness, metrics }: HealthSources): HealthAnswers {
  return new Map([
    ["/healthz", async () => jsonAnswer({ status: "ok", connections: await census() })],
    ["/readyz", async () => sayReadiness(await readiness())],
    ["/metrics", async () => sayMetrics(await metrics())],
  ]);
}

/** Answers without details. @param hasToken Whether there is a token that opens the details. */
export function publicAnswers(
  { readiness }: Pick<HealthSources, "readiness">,
  hasToken: boolean,
): HealthAnswers {
  const noMetrics = hasToken
    ? refuse(401, "Authorization is not Bearer with ADMIN_TOKEN", { "www-authenticate": "Bearer" })
    : refuse(404, "Metrics are on the admin listener (ADMIN_PORT), or here with ADMIN_TOKEN");
  return new Map<string, () => Response | Promise<Response>>([
    ["/healthz", () => jsonAnswer({ status: "ok" })],
    ["/readyz", async () => sayWhetherReady((await readiness()).ready)],
    ["/metrics", () => refusalAnswer(noMetrics)],
  ]);
}

/** Whether a request carries the token. @param token Null if there is none. */
export function isAuthorized(headers: Pick<Headers, "get">, token: string | null): boolean {
  const sent = bearerToken(headers.get("authorization"));
  return token !== null && sent !== undefined && equalsSecret(sent, token);
}

function sayWhetherReady(ready: boolean): Response {
  return ready ? jsonAnswer({ status: "ready" }) : jsonAnswer({ status: "not ready" }, 503);
}

function sayReadiness(readiness: Readiness): Response {
  const { problems } = readiness;
  const more = problems && { problems };
  if (readiness.ready) return jsonAnswer({ status: "ready", ...more });
  return jsonAnswer({ status: "not ready", reason: readiness.why, ...more }, 503);
}

function sayMetrics(text: string): Response {
  return textAnswer(text, 200, { "content-type": EXPOSITION_TYPE, "cache-control": "no-store" });
}
