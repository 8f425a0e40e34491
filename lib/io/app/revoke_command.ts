/**
 * Runs `parley revoke`: asks the running service, at its admin listener.
 * @module
 */
import * as v from "valibot";
import type { Config } from "../../core/config/config.ts";
import { DEFAULT_ADMIN_PORT } from "../../core/config/settings_table.ts";
import { listensOnAll } from "../../core/config/startup_message.ts";
import { REVOCATIONS_PATH } from "../api/revocations.ts";

const TIMEOUT_MS = 10_000;
const encoder = new TextEncoder();

const Revoked = v.object({
  user: v.optional(v.string()),
  token: v.optional(v.string()),
  before: v.string(),
});
const Refused = v.object({ detail: v.string() });

/** The settings that say where the service is. */
export type RevokeSettings = Pick<Config, "adminHost" | "adminPort" | "adminToken">;

/**
 * Sends the request; resolves with the exit status: 0 on success, 1 if the service refuses, 2 if it cannot be asked.
 *
 * @param body The body of the request.
 */
export async function runRevokeCommand(
  body: Readonly<Record<string, string | true>>,
  { adminHost, adminPort, adminToken }: RevokeSettings,
): Promise<number> {
  if (adminToken === null) return fail("Set ADMIN_TOKEN to that of the service", 2);
  if (adminPort === "off") {
    return fail(`ADMIN_PORT is off: POST to ${REVOCATIONS_PATH} of the service instead`, 2);
  }
  const origin = `http://${authority(adminHost)}:${adminPort ?? DEFAULT_ADMIN_PORT}`;
  try {
    const response = await fetch(`${origin}${REVOCATIONS_PATH}`, {
      method: "POST",
      headers: { authorization: `Bearer ${adminToken}`, "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return report(origin, response.status, await response.text());
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const advice = "start the service, or set ADMIN_HOST and ADMIN_PORT to its own";
    return fail(`Cannot reach the admin listener: ${why}: ${advice}`, 2);
  }
}

function authority(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  const address = listensOnAll(host) ? "::1" : host;
  return address.includes(":") ? `[${address}]` : address;
}

function report(origin: string, status: number, text: string): number {
  const answer = parseJson(text);
  if (status !== 200) {
    const refused = v.safeParse(Refused, answer);
    const why = refused.success ? refused.output.detail : `Its response has status ${status}`;
    return fail(`${origin} refuses: ${why}`, 1);
  }
  const parsed = v.safeParse(Revoked, answer);
  if (!parsed.success) return fail(`${origin} is not the admin listener of Parley`, 1);
  const { user, token, before } = parsed.output;
  if (token !== undefined) return print(`Revoked token ${token}\n`);
  const who = user === undefined ? "everybody" : `user ${user}`;
  return print(`Signed out ${who}: what was issued before ${before} is no longer valid\n`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function print(text: string): number {
  Deno.stdout.writeSync(encoder.encode(text));
  return 0;
}

function fail(problem: string, status: number): number {
  Deno.stderr.writeSync(encoder.encode(`parley: ${problem}\n`));
  return status;
}
