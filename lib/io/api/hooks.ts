/**
 * `POST /hooks/{key}`: messages in the format of Slack's incoming webhooks. The secret of an API key that may send in exactly one
 * room is all that a sender needs. A URL is easily seen by others, so use a key of its own for each sender.
 * @module
 */
import type { Call, CallResult } from "../../chat/calls/call.ts";
import type { SessionContext } from "../../chat/session/session.ts";
import type { ApiKeys } from "../../chat/ports/api_keys.ts";
import { BusUnavailable } from "../../chat/ports/bus.ts";
import { type ApiKey, isApiKey, onlyRoom } from "../../core/auth/api_key.ts";
import { type HookMessage, readSlackMessage } from "../../core/api/slack_message.ts";
import type { RequestSource } from "../../core/http/ip_address.ts";
import { admissionKey, EXEMPT_KEY } from "../../core/limits/connection_limits.ts";
import { parseName } from "../../core/names/names.ts";
import { faultFrame, slowDownFault } from "../../core/protocol/json_protocol.ts";
import { exceedsBytes } from "../../core/utf8.ts";
import { keyUser } from "../auth/authenticators/key_authenticator.ts";
import { bodyProblem, readBody } from "../http/body.ts";
import { problemResponse, textResponse } from "../http/responses.ts";
import type { PathHandler } from "../http/routes.ts";
import { faultResponse } from "./calls/answers.ts";
import { makeTimedCall } from "./calls/timed_call.ts";

/** What hooks need. */
export interface HooksContext {
  /** Shared by the sessions that send the messages. */
  readonly sessions: SessionContext;
  /** Finds the key of a URL. */
  readonly apiKeys: ApiKeys;
  /** Maximum length of a body, in bytes. */
  readonly maxBodyBytes: number;
  /** The rate of one connection; 0 for no limit. */
  readonly messagesPerSecond: number;
}

const HOOKS_PATH = "/hooks/";
const NO_MESSAGE = 'The body is no message: JSON with "text", or a form whose "payload" is that';
const NO_HOOK = "There is no hook at this URL";
const NOT_ONE_ROOM = "The key of this hook has to allow to send in exactly one room";
const CUT = "…";
const FORM = /^application\/x-www-form-urlencoded(?:;|$)/i;

/** Returns the handler of a path; undefined if it is none of a hook. */
export function hookPaths(context: HooksContext): (path: string) => PathHandler | undefined {
  return (path) => {
    if (!path.startsWith(HOOKS_PATH)) return undefined;
    const secret = path.slice(HOOKS_PATH.length);
    return (request, source) => receive(request, source, secret, context);
  };
}

async function receive(
  request: Request,
  source: RequestSource,
  secret: string,
  context: HooksContext,
): Promise<Response> {
  if (request.method !== "POST") {
    const headers = { allow: "POST" };
    return problemResponse({ status: 405, detail: "A hook takes a POST", headers });
  }
  const key = await findKey(secret, source, context);
  if (key instanceof Response) return key;
  const room = onlyRoom(key);
  if (room === undefined) return problemResponse({ status: 403, detail: NOT_ONE_ROOM });
  const body = await readBody(request, context.maxBodyBytes);
  if (typeof body === "string") {
    return problemResponse(bodyProblem(body, context.maxBodyBytes));
  }
  const message = readMessage(new TextDecoder().decode(body), request.headers.get("content-type"));
  if (message === undefined) {
    return problemResponse({ status: 400, code: "bad_frame", detail: NO_MESSAGE });
  }
  const result = await post(message, key, room, { source, bytes: body.length }, context);
  if (result.kind === "refused") return faultResponse(result.fault, context.messagesPerSecond);
  return textResponse("ok", 200, { "content-type": "text/plain", "cache-control": "no-store" });
}

/** Guesses count as bad tokens of the address. */
async function findKey(
  secret: string,
  source: RequestSource,
  { apiKeys, sessions: { limits, clock, revocations }, messagesPerSecond }: HooksContext,
): Promise<ApiKey | Response> {
  const address = countedAddress(source);
  const waitMs = limits.checkBadTokens(address, clock.now());
  if (waitMs > 0) return faultResponse(slowDownFault(undefined, waitMs), messagesPerSecond);
  try {
    const key = isApiKey(secret) ? await apiKeys.useApiKey(secret) : undefined;
    if (key && !revocations.isRevoked(keyUser(key))) return key;
  } catch (error) {
    if (!(error instanceof BusUnavailable)) throw error;
    return faultResponse(faultFrame(undefined, "unavailable", error.message), messagesPerSecond);
  }
  limits.chargeBadToken(address, clock.now());
  return problemResponse({ status: 404, detail: NO_HOOK });
}

/** As JSON, or as the field `payload` of a form. What curl sends is said to be a form, also if it is JSON. */
function readMessage(body: string, contentType: string | null): HookMessage | undefined {
  const isForm = body.startsWith("payload=") || FORM.test(contentType ?? "");
  const isJson = body.trimStart().startsWith("{");
  const json = isForm && !isJson ? new URLSearchParams(body).get("payload") : body;
  try {
    return readSlackMessage(JSON.parse(json ?? ""));
  } catch {
    return undefined;
  }
}

/** Under the name that the sender states, if no user has it and no member has one like it; otherwise under that of the key. */
async function post(
  { name, text }: HookMessage,
  key: ApiKey,
  room: string,
  { source, bytes }: { readonly source: RequestSource; readonly bytes: number },
  { sessions }: HooksContext,
): Promise<CallResult> {
  const id = sessions.newId();
  const known = keyUser(key);
  const request = { type: "say", id, room, text: fitting(text, sessions.maxMessageBytes) } as const;
  const call = { bytes, room, request, hello: {} };
  const origin = { address: countedAddress(source), user: known };
  const wanted = name === undefined ? undefined : parseName(name);
  // A sender who asks for a name like a member's gets a guest name.
  const isOwn = wanted !== undefined && wanted !== key.name &&
    !sessions.names.isLookalike({ user: known.user, name: wanted });
  if (isOwn) {
    const named: Call = {
      ...{ ...call, hello: { name: wanted } },
      origin: { ...origin, user: { ...known, name: undefined } },
    };
    const result = await makeTimedCall(named, sessions);
    const isNameRefused = result.kind === "refused" &&
      (result.fault.code === "bad_name" || result.fault.code === "name_taken");
    if (!isNameRefused) return result;
  }
  return await makeTimedCall({ ...call, origin }, sessions);
}

/** The beginning of a text that is too long: alerts say what matters first. */
function fitting(text: string, maxBytes: number): string {
  if (!exceedsBytes(text, maxBytes)) return text;
  let [fits, exceeds] = [0, text.length];
  while (exceeds - fits > 1) {
    const middle = Math.floor((fits + exceeds) / 2);
    if (exceedsBytes(text.slice(0, middle) + CUT, maxBytes)) exceeds = middle;
    else fits = middle;
  }
  return text.slice(0, fits).toWellFormed().replace(/\uFFFD$/, "") + CUT;
}

function countedAddress({ address }: RequestSource): string | undefined {
  const key = admissionKey(address);
  return key === EXEMPT_KEY ? undefined : key;
}
