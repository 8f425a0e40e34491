/**
 * The admin listener: `/metrics`, `/healthz` and `/readyz` with all details, and the part of the HTTP API for operators, on
 * a separate port, by default for this machine only. There is one per process, and none on hosting platforms, which allow a
 * single listener. There and elsewhere, `ADMIN_TOKEN` gives access to the same paths on the main listener.
 * @module
 */
import type { Clock } from "../../chat/ports/clock.ts";
import { tcpLimits } from "../../core/limits/connection_limits.ts";
import { type Config, shareAddresses } from "../../core/config/config.ts";
import { checkHost, refuse, requestedAuthority } from "../../core/http/handshake.ts";
import { AllowedHosts } from "../../core/http/allowed_hosts.ts";
import { DEFAULT_ADMIN_PORT } from "../../core/config/settings_table.ts";
import { refusalFor, refusalResponse } from "./responses.ts";
import {
  detailedHealthHandlers,
  type HealthSources,
  isAuthorized,
  publicHealthHandlers,
} from "./health_responses.ts";
import type { RequestHandler, WebSocketEngine } from "./engine.ts";
import { Listener } from "./listener.ts";
import { logger } from "../logger.ts";

/** Cannot listen on an explicitly set `ADMIN_PORT`; the message says why and what to set. */
export class AdminPortUnavailable extends Error {
  /** For logs. */
  override readonly name = "AdminPortUnavailable";
}

/** What the admin listener gives access to. */
export interface AdminServices {
  /** Sources of `/healthz`, `/readyz` and `/metrics`. */
  readonly health: HealthSources;
  /** The part of the HTTP API for operators, by path. Its handlers check the token themselves. */
  readonly api: ReadonlyMap<string, (request: Request) => Promise<Response>>;
}

/** Opens the admin listener; undefined if there is none. Throws {@linkcode AdminPortUnavailable}. */
export async function openAdminListener(
  config: Config,
  services: AdminServices,
  clock: Clock,
  engine: WebSocketEngine,
): Promise<Listener | undefined> {
  const { adminHost: host, adminPort } = config;
  if (adminPort === "off") return undefined;
  const port = adminPort ?? DEFAULT_ADMIN_PORT;
  if (adminPort === null && port === config.port && shareAddresses(host, config.host)) {
    logger.warn("admin.listen_failed", { host, port, why: "the port is that of PORT" });
    return undefined;
  }
  try {
    const handler = adminHandler(config, services);
    const context = { engine, handler, clock, tcpLimits: tcpLimits(config) };
    const listener = await Listener.open(context, {
      host,
      port,
      isShared: false,
      keyPair: undefined,
    });
    const name = host.includes(":") ? `[${host}]` : host;
    logger.info("admin.listening", { url: `http://${name}:${listener.port}` });
    return listener;
  } catch (error) {
    const why = error instanceof Deno.errors.AddrInUse ? "the port is taken" : String(error);
    if (adminPort === null) {
      logger.warn("admin.listen_failed", { host, port, why });
      return undefined;
    }
    const wanted = error instanceof Deno.errors.AddrInUse
      ? "choose another with ADMIN_PORT"
      : "correct ADMIN_HOST or ADMIN_PORT";
    const help = `${wanted}, or turn it off with ADMIN_PORT=off`;
    throw new AdminPortUnavailable(
      `Cannot open the admin listener on ${host}:${port}: ${why}: ${help}`,
    );
  }
}

function adminHandler(config: Config, { health, api }: AdminServices): RequestHandler {
  const { adminHost, adminToken, allowedHosts } = config;
  const hosts = new AllowedHosts({ host: adminHost, publicUrl: null, allowedHosts });
  const handlers = detailedHealthHandlers(health, config.websocketEngine);
  const withoutToken = publicHealthHandlers(health, true);
  const paths = [...handlers.keys(), ...api.keys()].join(", ");
  return (request) => {
    const refusal = checkHost(request) ?? hosts.check(requestedAuthority(request, false));
    if (refusal) return refusalFor(request.url, refusal, "host_refused");
    const { pathname } = new URL(request.url);
    const apiHandler = api.get(pathname);
    if (apiHandler) return apiHandler(request);
    const handler = handlers.get(pathname);
    if (!handler) return refusalFor(request.url, refuse(404, `The admin listener has ${paths}`));
    if (request.method !== "GET" && request.method !== "HEAD") {
      return refusalResponse(refuse(405, `Method is ${request.method}`, { allow: "GET, HEAD" }));
    }
    const isAllowed = adminToken === null || isAuthorized(request.headers, adminToken);
    // Health checks of containers and load balancers have no token.
    return (isAllowed ? handler : withoutToken.get(pathname) ?? handler)();
  };
}
