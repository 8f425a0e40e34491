/**
 * How commands ask the running service: at its admin listener, with `ADMIN_TOKEN`, or with the session secret if they run
 * where it is stored.
 * @module
 */
import * as v from "valibot";
import type { Config } from "../../core/config/config.ts";
import { DEFAULT_ADMIN_PORT } from "../../core/config/settings_table.ts";
import { listensOnAll } from "../../core/config/startup_message.ts";
import { localToken } from "../api/operator.ts";
import { readSecret } from "../auth/session_secret.ts";

/** The settings that say where the service is, and who asks. */
export type OperatorSettings = Pick<
  Config,
  "adminHost" | "adminPort" | "adminToken" | "sessionSecret" | "redisUrl" | "dataDir"
>;

/** A request to the service. */
export interface OperatorRequest {
  /** A path of the HTTP API. */
  readonly path: string;
  /** What to post; undefined to read. */
  readonly body?: Readonly<Record<string, unknown>> | undefined;
}

const TIMEOUT_MS = 10_000;
const encoder = new TextEncoder();
const Refusal = v.object({ detail: v.string() });

/**
 * Sends a request, and prints what `describe` makes of the response; resolves with the exit status: 0 on success, 1 if the
 * service refuses, 2 if it cannot be asked.
 *
 * @param describe The text to print; undefined if the response is not one of Parley's.
 */
export async function askService(
  { path, body }: OperatorRequest,
  settings: OperatorSettings,
  describe: (response: unknown) => string | undefined | Promise<string | undefined>,
): Promise<number> {
  const { adminHost, adminPort } = settings;
  const token = await tokenOf(settings);
  if (token === undefined) {
    const why = "or run this where the service stores its messages, with the same DATA_DIR";
    return fail(`Set ADMIN_TOKEN to that of the service, ${why}`, 2);
  }
  if (adminPort === "off") return fail(`ADMIN_PORT is off: use ${path} of the service instead`, 2);
  const origin = `http://${authority(adminHost)}:${adminPort ?? DEFAULT_ADMIN_PORT}`;
  try {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const response = await fetch(`${origin}${path}`, {
      ...(body && { method: "POST", body: JSON.stringify(body) }),
      headers,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const answer = parseJson(await response.text());
    if (!response.ok) return fail(`${origin} refuses: ${reasonOf(answer, response.status)}`, 1);
    const text = await describe(answer);
    if (text === undefined) return fail(`${origin} is not the admin listener of Parley`, 1);
    Deno.stdout.writeSync(encoder.encode(text));
    return 0;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const advice = "start the service, or set ADMIN_HOST and ADMIN_PORT to its own";
    return fail(`Cannot reach the admin listener: ${why}: ${advice}`, 2);
  }
}

/** With Redis, the secret is there, unless a setting has it. */
async function tokenOf(
  { adminToken, sessionSecret, redisUrl, dataDir }: OperatorSettings,
): Promise<string | undefined> {
  if (adminToken !== null) return adminToken;
  const isInFolder = redisUrl === null && dataDir !== ":memory:";
  const secret = sessionSecret ?? (isInFolder ? await readSecret(dataDir) : undefined);
  return secret === undefined ? undefined : localToken(secret);
}

function authority(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  const address = listensOnAll(host) ? "::1" : host;
  return address.includes(":") ? `[${address}]` : address;
}

function reasonOf(answer: unknown, status: number): string {
  const refusal = v.safeParse(Refusal, answer);
  return refusal.success ? refusal.output.detail : `Its response has status ${status}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fail(problem: string, status: number): number {
  Deno.stderr.writeSync(encoder.encode(`parley: ${problem}\n`));
  return status;
}
