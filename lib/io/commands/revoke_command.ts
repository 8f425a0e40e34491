/**
 * Runs `parley revoke`: asks the running service to sign users out.
 * @module
 */
import * as v from "valibot";
import { REVOCATIONS_PATH } from "../api/revocations.ts";
import { askService, type OperatorSettings } from "./operator_client.ts";

const Revoked = v.object({
  user: v.optional(v.string()),
  token: v.optional(v.string()),
  device: v.optional(v.string()),
  before: v.string(),
});

/** Sends the request; resolves with the exit status: see {@linkcode askService}. @param body The body of the request. */
export async function runRevokeCommand(
  body: Readonly<Record<string, string | true>>,
  settings: OperatorSettings,
): Promise<number> {
  return await askService({ path: REVOCATIONS_PATH, body }, settings, (response) => {
    const parsed = v.safeParse(Revoked, response);
    if (!parsed.success) return undefined;
    const { user, token, device, before } = parsed.output;
    if (token !== undefined) return `Revoked token ${token}\n`;
    if (device !== undefined) return `Signed out device ${device}\n`;
    const who = user === undefined ? "all users" : `user ${user}`;
    return `Signed out ${who}: what was issued before ${before} is no longer valid\n`;
  });
}
