/**
 * Makes a call that ends in time: no client waits for longer.
 * @module
 */
import { type Call, type CallResult, makeCall } from "../../../chat/calls/call.ts";
import type { SessionContext } from "../../../chat/session/session.ts";

/** Maximum time for a call. Everything that can wait in one ends sooner. */
const CALL_MS = 15_000;

/** As {@linkcode makeCall}, for at most 15 seconds. */
export async function makeTimedCall(call: Call, sessions: SessionContext): Promise<CallResult> {
  const life = new AbortController();
  const timer = setTimeout(() => life.abort(), CALL_MS);
  try {
    return await makeCall(call, sessions, life.signal);
  } finally {
    clearTimeout(timer);
  }
}
