// @ts-check
/**
 * Finds out why a connection was refused. A refused WebSocket reports only close code 1006, so the library asks over HTTP: a POST
 * to the same URL returns what the handshake would be answered. If that fails, the reason stays unknown.
 * @module
 */

import { RefusedError } from "../errors.js";

const FETCH_TIMEOUT_MS = 10_000;
// An operator must change the settings before it can succeed.
const FORBIDDEN_RETRY_MS = 5 * 60_000;
const FORBIDDEN = new Set(["origin_refused", "host_refused"]);
const CODES = new Set([...FORBIDDEN, "too_many_connections", "unavailable"]);
const MAX_MESSAGE_LENGTH = 300;

/**
 * Asks a server why it refused a WebSocket.
 * @param {string} url Of the WebSocket.
 * @returns {Promise<unknown>} The server's answer; rejects if it cannot be requested.
 */
export async function fetchRefusal(url) {
  const answer = await fetch(url.replace(/^ws/, "http"), {
    method: "POST",
    headers: { accept: "application/json" },
    // With no-referrer, a page would not send its own origin either.
    referrerPolicy: "strict-origin",
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
  });
  return await answer.json();
}

/**
 * The answer as an error; null if it states no reason.
 * @param {any} answer
 * @returns {RefusedError | null}
 */
export function parseRefusal(answer) {
  if (!CODES.has(answer?.code)) return null;
  const { code, message, afterMs } = answer;
  const retryMs = FORBIDDEN.has(code) ? FORBIDDEN_RETRY_MS : Number(afterMs) || 0;
  const why = typeof message === "string" ? message.slice(0, MAX_MESSAGE_LENGTH) : code;
  return new RefusedError({
    ...{ type: "fault", code, retry: true, afterMs: retryMs },
    message: `Cannot connect: ${why}`,
  });
}
