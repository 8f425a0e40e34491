/**
 * How commands ask the running service: at its admin listener, with `ADMIN_TOKEN`, or with the session secret if they run
 * where it is stored. They sign with it and never send it, and believe no answer that is not sealed with it: another program
 * may have the port.
 * @module
 */
import * as v from "valibot";
import { inFlagTerms } from "../../core/command_line/flag_terms.ts";
import type { Config } from "../../core/config/config.ts";
import { DEFAULT_ADMIN_PORT } from "../../core/config/settings_table.ts";
import { listensOnAll } from "../../core/config/startup_message.ts";
import { visibleText, withVisibleTexts } from "../../core/visible_text.ts";
import {
  formatSignature,
  newNonce,
  openAnswer,
  type OperatorKey,
  operatorKey,
  signatureOf,
} from "../auth/operator_signature.ts";
import { readSecret, SecretUnreadable } from "../auth/session_secret.ts";

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
const NOT_THE_SERVICE =
  "cannot prove that it is the service: something else listens there, or it " +
  "has another ADMIN_TOKEN, SESSION_SECRET or DATA_DIR";
const NO_SECRET = "Set ADMIN_TOKEN to that of the service, or run this where the service stores " +
  "its messages, with the same DATA_DIR";
const encoder = new TextEncoder();
const Refusal = v.object({ detail: v.string() });

/**
 * Sends a request, and prints what `describe` makes of the response; resolves with the exit status: 0 on success, 1 if the
 * service refuses or something else has answered, 2 if it cannot be asked.
 *
 * @param describe The text to print; undefined if the response is not one of Parley's. Users have chosen parts of the response,
 *   so its texts are those that are safe to print; `exact` is the response as it was sent.
 */
export async function askService(
  request: OperatorRequest,
  settings: OperatorSettings,
  describe: (
    response: unknown,
    exact: unknown,
  ) => string | undefined | Promise<string | undefined>,
): Promise<number> {
  const { adminHost, adminPort } = settings;
  const key = await keyOf(settings);
  if (typeof key === "string") return fail(key, 2);
  if (adminPort === "off") {
    return fail(`ADMIN_PORT is off: ask ${request.path} of the service, with ADMIN_TOKEN`, 2);
  }
  const origin = `http://${authority(adminHost)}:${adminPort ?? DEFAULT_ADMIN_PORT}`;
  try {
    const answer = await send(request, origin, key);
    if (answer === undefined) return fail(`${origin} ${NOT_THE_SERVICE}`, 1);
    const { status, body } = answer;
    if (status >= 400) return fail(`${origin} refuses: ${reasonOf(body, status)}`, 1);
    const text = await describe(withVisibleTexts(body), body);
    if (text === undefined) return fail(`${origin} is another version of Parley`, 1);
    Deno.stdout.writeSync(encoder.encode(text));
    return 0;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const advice = "start the service, or set ADMIN_HOST and ADMIN_PORT to its own";
    return fail(`Cannot reach the admin listener: ${why}: ${advice}`, 2);
  }
}

/** Undefined if the answer is not sealed with the key. */
async function send(
  { path, body }: OperatorRequest,
  origin: string,
  key: OperatorKey,
): Promise<{ readonly status: number; readonly body: unknown } | undefined> {
  const method = body === undefined ? "GET" : "POST";
  const bytes = encoder.encode(body === undefined ? "" : JSON.stringify(body));
  const params = { time: Date.now(), nonce: newNonce() };
  const signature = signatureOf(key, { method, path, body: bytes }, params);
  const response = await fetch(`${origin}${path}`, {
    method,
    ...(body && { body: bytes }),
    headers: { authorization: formatSignature({ ...params, signature }) },
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const { status } = response;
  const text = openAnswer(key, { nonce: params.nonce, status }, await response.text());
  return text === undefined ? undefined : { status, body: parseJson(text) };
}

/** What to sign with, or why there is nothing. With Redis, the session secret is there, unless a setting has it. */
async function keyOf(
  { adminToken, sessionSecret, redisUrl, dataDir }: OperatorSettings,
): Promise<OperatorKey | string> {
  const given = adminToken ?? sessionSecret;
  if (given !== null) return operatorKey(given);
  if (redisUrl !== null) return "Set ADMIN_TOKEN or SESSION_SECRET to that of the service";
  try {
    const stored = dataDir === ":memory:" ? undefined : await readSecret(dataDir);
    return stored === undefined ? NO_SECRET : operatorKey(stored);
  } catch (error) {
    if (error instanceof SecretUnreadable) return error.message;
    throw error;
  }
}

function authority(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  const address = listensOnAll(host) ? "::1" : host;
  return address.includes(":") ? `[${address}]` : address;
}

function reasonOf(answer: unknown, status: number): string {
  const refusal = v.safeParse(Refusal, answer);
  return refusal.success ? inFlagTerms(refusal.output.detail) : `Its response has status ${status}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fail(problem: string, status: number): number {
  Deno.stderr.writeSync(encoder.encode(`parley: ${visibleText(problem)}\n`));
  return status;
}
