/**
 * The responses of `/healthz`, `/readyz` and `/metrics`. Details are only for the admin listener or a request with the
 * token; all others learn only whether the service is up and ready.
 * @module
 */
import type { ConnectionCounts } from "../../chat/heartbeat.ts";
import type { EngineName } from "../../core/config/settings_table.ts";
import { PROMETHEUS_CONTENT_TYPE } from "../../core/metrics/prometheus.ts";
import { refuse } from "../../core/http/handshake.ts";
import { bearerToken, equalsSecret } from "../../core/auth/bearer_token.ts";
import { jsonResponse, refusalResponse, textResponse } from "./responses.ts";
import type { Readiness } from "./readiness.ts";

/** Sources of the health responses; all describe the whole process. */
export interface HealthSources {
  /** Number of connections, by status. */
  readonly connectionCounts: () => Promise<ConnectionCounts>;
  /** Whether the service is ready. */
  readonly readiness: () => Promise<Readiness>;
  /** Metrics in the text format of Prometheus. */
  readonly metrics: () => Promise<string>;
}

/** Handlers of GET, by path. */
export type HealthHandlers = ReadonlyMap<string, () => Response | Promise<Response>>;

/** Handlers that respond with all details. */
export function detailedHealthHandlers(
  { connectionCounts, readiness, metrics }: HealthSources,
  engine: EngineName,
): HealthHandlers {
  return new Map([
    [
      "/healthz",
      async () => jsonResponse({ status: "ok", engine, connections: await connectionCounts() }),
    ],
    ["/readyz", async () => readinessResponse(await readiness())],
    ["/metrics", async () => metricsResponse(await metrics())],
  ]);
}

/** Handlers that respond without details. @param hasToken Whether a token for the details is set. */
export function publicHealthHandlers(
  { readiness }: Pick<HealthSources, "readiness">,
  hasToken: boolean,
): HealthHandlers {
  const noMetrics = hasToken
    ? refuse(401, "Authorization is not Bearer with ADMIN_TOKEN", { "www-authenticate": "Bearer" })
    : refuse(404, "Metrics are on the admin listener (ADMIN_PORT), or here with ADMIN_TOKEN");
  return new Map<string, () => Response | Promise<Response>>([
    ["/healthz", () => jsonResponse({ status: "ok" })],
    ["/readyz", async () => readyResponse((await readiness()).ready)],
    ["/metrics", () => refusalResponse(noMetrics)],
  ]);
}

/** Whether a request carries the admin token. @param token Null if none is set: no request is authorized. */
export function isAuthorized(headers: Pick<Headers, "get">, token: string | null): boolean {
  const sent = bearerToken(headers.get("authorization"));
  return token !== null && sent !== undefined && equalsSecret(sent, token);
}

function readyResponse(ready: boolean): Response {
  return ready ? jsonResponse({ status: "ready" }) : jsonResponse({ status: "not ready" }, 503);
}

function readinessResponse(readiness: Readiness): Response {
  const { problems } = readiness;
  const more = problems && { problems };
  if (readiness.ready) return jsonResponse({ status: "ready", ...more });
  return jsonResponse({ status: "not ready", reason: readiness.reason, ...more }, 503);
}

function metricsResponse(text: string): Response {
  return textResponse(text, 200, {
    "content-type": PROMETHEUS_CONTENT_TYPE,
    "cache-control": "no-store",
  });
}
