/**
 * The admin listener: `/metrics`, and `/healthz` and `/readyz` with all details, on a port of its own, by default for this
 * machine only. There is one per process. Hosting platforms with a single listener have none; there, and everywhere else,
 * `ADMIN_TOKEN` opens the same paths on the main listener.
 * @module
 */
import type { Clock } from "../chat/clock.ts";
import type { Config } from "../core/config.ts";
import { authorityAsked, refuse, refuseBadHost } from "../core/handshake.ts";
import { HostCheck } from "../core/hosts.ts";
import { DEFAULT_ADMIN_PORT } from "../core/settings_table.ts";
import { refusalAnswer } from "./answers.ts";
import { detailedAnswers, type HealthSources, isAuthorized } from "./health_answers.ts";
import { Listener } from "./listener.ts";
import { log } from "./log.ts";
import type { Answerer } from "./routes.ts";

/** An explicit `ADMIN_PORT` that cannot be listened on; the message says why and what to set. */
export class AdminNotOpened extends Error {
  /** For logs. */
  override readonly name = "AdminNotOpened";
}

/** Opens the admin listener; undefined if there is none. Throws {@linkcode AdminNotOpened}. */
export function openAdmin(
  config: Config,
  sources: HealthSources,
  clock: Clock,
): Listener | undefined {
  const { adminHost: host, adminPort } = config;
  if (adminPort === "off") return undefined;
  const port = adminPort ?? DEFAULT_ADMIN_PORT;
  try {
    const at = { host, port, isShared: false };
    const listener = new Listener(answers(config, sources), clock, at);
    const name = host.includes(":") ? `[${host}]` : host;
    log.info("admin.listening", { url: `http://${name}:${listener.port}` });
    return listener;
  } catch (error) {
    const why = error instanceof Deno.errors.AddrInUse ? "the port is taken" : String(error);
    if (adminPort === null) {
      log.warn("admin.not_listening", { host, port, why });
      return undefined;
    }
    const help = "choose another with ADMIN_PORT, or turn it off with ADMIN_PORT=off";
    throw new AdminNotOpened(`Cannot open the admin listener on ${host}:${port}: ${why}: ${help}`);
  }
}

function answers(config: Config, sources: HealthSources): Answerer {
  const { adminHost, adminToken, allowedHosts } = config;
  const hosts = new HostCheck({ host: adminHost, publicUrl: null, allowedHosts });
  const byPath = detailedAnswers(sources);
  return (request) => {
    const refused = refuseBadHost(request) ?? hosts.refusal(authorityAsked(request, false));
    if (refused) return refusalAnswer(refused);
    const answer = byPath.get(new URL(request.url).pathname);
    if (!answer) {
      return refusalAnswer(refuse(404, `The admin listener has ${[...byPath.keys()].join(", ")}`));
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      return refusalAnswer(refuse(405, `Method is ${request.method}`, { allow: "GET, HEAD" }));
    }
    if (adminToken !== null && !isAuthorized(request.headers, adminToken)) {
      const headers = { "www-authenticate": "Bearer" };
      return refusalAnswer(refuse(401, "Authorization is not Bearer with ADMIN_TOKEN", headers));
    }
    return answer();
  };
}
