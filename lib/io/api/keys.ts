/**
 * `/api/v1/keys`: adds API keys, lists and removes them. For operators.
 * @module
 */
import * as v from "valibot";
import type { ApiKeyManager } from "../../chat/ports/api_keys.ts";
import { API_KEY_TERMS, type ApiKey, MAX_API_KEYS } from "../../core/auth/api_key.ts";
import { NAME_RULE, parseName } from "../../core/names/names.ts";
import { jsonResponse, problemResponse } from "../http/responses.ts";
import { logger } from "../logger.ts";
import { type OperatorHandler, readFields, RequestProblem } from "./operator.ts";

/** Path at which operators list, add and remove API keys. */
export const KEYS_PATH = "/api/v1/keys";

// Strict: with a misspelled `seconds`, a key would be valid for good.
const Body = v.union([v.strictObject({ remove: v.string() }), v.strictObject(API_KEY_TERMS)]);

/** Schema of a POST's body, for the OpenAPI document. */
export const KEY_REQUEST = { body: Body } as const;

const EXPECTED = 'The body must be JSON with "name", "rooms", "allow" and optionally "seconds", ' +
  'or with "remove" and the id of a key';

/** Creates the handler of the path, for operators only: see `forOperators`. */
export function keysHandler(keys: ApiKeyManager): OperatorHandler {
  return async (request) => {
    if (request.method === "GET") {
      return jsonResponse({ keys: (await keys.apiKeys()).map(describe) });
    }
    if (request.method !== "POST") {
      const detail = "Keys are read with GET and changed with POST";
      return problemResponse({ status: 405, detail, headers: { allow: "GET, POST, HEAD" } });
    }
    const body = await readFields(request, Body, EXPECTED);
    return "remove" in body ? await remove(body.remove, keys) : await add(body, keys);
  };
}

type Terms = Exclude<v.InferOutput<typeof Body>, { remove: string }>;

async function add(
  { name: asked, rooms, allow, seconds }: Terms,
  keys: ApiKeyManager,
): Promise<Response> {
  const name = parseName(asked);
  if (name === undefined) {
    throw new RequestProblem({ status: 400, code: "bad_name", detail: NAME_RULE });
  }
  const rights = rooms.map((match) => ({ match, allow }));
  const lifetimeMs = seconds === undefined ? undefined : seconds * 1_000;
  const added = await keys.addApiKey({ name, rights, lifetimeMs });
  if (added === undefined) {
    return problemResponse({ status: 409, detail: `There are ${MAX_API_KEYS} keys already` });
  }
  logger.info("key.added", { key: added.key.id });
  return jsonResponse({ key: describe(added.key), secret: added.secret }, 201);
}

async function remove(id: string, keys: ApiKeyManager): Promise<Response> {
  if (!await keys.removeApiKey(id)) {
    return problemResponse({ status: 404, detail: "There is no key with this id" });
  }
  logger.info("key.removed", { key: id });
  return jsonResponse({ removed: id });
}

function describe(
  { id, user, name, rights, createdAt, expiresAt, usedAt }: ApiKey,
): Readonly<Record<string, unknown>> {
  return {
    key: id,
    user,
    name,
    rooms: rights.map(({ match }) => match),
    allow: rights[0]?.allow ?? [],
    createdAt: timeOf(createdAt),
    ...(expiresAt !== null && { expiresAt: timeOf(expiresAt) }),
    ...(usedAt !== null && { usedAt: timeOf(usedAt) }),
  };
}

function timeOf(date: number): string {
  return new Date(date).toISOString();
}
