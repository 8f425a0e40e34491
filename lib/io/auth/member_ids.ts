/**
 * Draws the ids of members, and the secrets of invites and keys.
 * @module
 */
import { createHash } from "node:crypto";
import type { ApiKeyIds } from "../../chat/members/stored_api_keys.ts";
import type { MemberIds } from "../../chat/members/directory_context.ts";
import { API_KEY_BYTES } from "../../core/auth/api_key.ts";
import { INVITE_BYTES } from "../../core/auth/invite.ts";
import { MEMBER_PREFIX } from "../../core/auth/user_kind.ts";
import { isUserId } from "../../core/log/entry.ts";
import { newId } from "./signed_tokens.ts";

/** From the runtime's source of random numbers. */
export const memberIds: MemberIds & ApiKeyIds = {
  newMember() {
    const id = `${MEMBER_PREFIX}${newId()}`;
    if (!isUserId(id)) throw new TypeError(`Cannot draw a user: received ${id}`);
    return id;
  },
  newId,
  newSecret: () => randomText(INVITE_BYTES),
  newKeySecret: () => randomText(API_KEY_BYTES),
  hash: (secret) => createHash("sha256").update(secret).digest("base64url"),
};

function randomText(bytes: number): string {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  return random.toBase64({ alphabet: "base64url", omitPadding: true });
}
