/**
 * Draws the ids of members and the secrets of invites.
 * @module
 */
import { createHash } from "node:crypto";
import type { MemberIds } from "../../chat/members/directory_context.ts";
import { INVITE_BYTES } from "../../core/auth/invite.ts";
import { MEMBER_PREFIX } from "../../core/auth/user_kind.ts";
import { isUserId } from "../../core/log/entry.ts";
import { newId } from "./signed_tokens.ts";

/** From the runtime's source of random numbers. */
export const memberIds: MemberIds = {
  newMember() {
    const id = `${MEMBER_PREFIX}${newId()}`;
    if (!isUserId(id)) throw new TypeError(`Cannot draw a user: received ${id}`);
    return id;
  },
  newId,
  newSecret() {
    const bytes = crypto.getRandomValues(new Uint8Array(INVITE_BYTES));
    return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
  },
  hash: (secret) => createHash("sha256").update(secret).digest("base64url"),
};
