/**
 * Links for members, made by an operator of a whole service.
 * @module
 */
import assert from "node:assert/strict";
import type { Frame } from "../clients/json_client.ts";

const ADMIN_TOKEN = "a token of some length";

/** Settings of a service whose operator can invite. */
export const MEMBER_SETTINGS = { ADMIN_TOKEN };

/** Makes an invite; resolves with its secret. @param terms As in the HTTP API. */
export async function inviteAsOperator(
  service: { readonly adminUrl: string },
  terms: Frame = {},
): Promise<string> {
  const response = await fetch(`${service.adminUrl}/api/v1/invites`, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    body: JSON.stringify(terms),
  });
  const { secret } = await response.json();
  assert.equal(response.status, 201);
  return secret;
}

/** Gives a member another role. */
export async function changeRole(
  service: { readonly adminUrl: string },
  user: string,
  role: string,
): Promise<void> {
  const response = await fetch(`${service.adminUrl}/api/v1/users`, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    body: JSON.stringify({ user, role }),
  });
  await response.body?.cancel();
  assert.ok(response.ok, `${response.status}`);
}
