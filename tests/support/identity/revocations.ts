/**
 * What tests need to sign users of a whole service out.
 * @module
 */
import assert from "node:assert/strict";
import { SECRET } from "../app.ts";
import { type Frame, JsonClient } from "../clients/json_client.ts";

const ADMIN_TOKEN = "a token of some length";

/** Settings of a service whose users can be signed out. */
export const REVOCATION_SETTINGS = { JWT_SECRET: SECRET, ADMIN_TOKEN };

/** Posts a revocation. @param url Of a listener. */
export async function revoke(url: string, body: Frame): Promise<void> {
  const response = await fetch(`${url}/api/v1/revocations`, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    body: JSON.stringify(body),
  });
  assert.equal(response.status, 200, await response.text());
}

/** A client that has signed in, and the answer to its hello. */
export async function enter(
  service: { readonly url: string },
  hello: Frame,
): Promise<{ readonly client: JsonClient; readonly hello: Frame }> {
  const client = await JsonClient.open(service);
  client.send({ type: "hello", ...hello });
  return { client, hello: await client.next("hello") };
}

/** Resolves if the client is still connected. */
export async function answers(client: JsonClient): Promise<void> {
  client.send({ type: "ping" });
  await client.next("pong");
}
