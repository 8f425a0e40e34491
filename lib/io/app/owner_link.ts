/**
 * What a start in a terminal says as long as there are no members: how to become the owner.
 * @module
 */
import { inviteLink } from "../../chat/requests/directory_requests.ts";
import { BusUnavailable } from "../../chat/ports/bus.ts";
import { OWNER_LINK_MS } from "../../core/auth/invite.ts";
import { textAfterLink } from "../commands/link_text.ts";
import type { Service } from "./service.ts";

const HOURS = OWNER_LINK_MS / 3_600_000;

/** The text; empty if there is a member. */
export async function ownerLinkText(
  service: Pick<Service, "inviteFirstOwner" | "page">,
): Promise<string> {
  try {
    const secret = await service.inviteFirstOwner();
    if (secret === undefined) return "";
    const link = inviteLink(service.page, secret);
    const more = await textAfterLink(link, true);
    return `\nTo become the owner, open this link. It works once, within ${HOURS} hours:\n${link}\n${more}\n`;
  } catch (error) {
    if (!(error instanceof BusUnavailable)) throw error;
    return "The store is unavailable, so there is no link for the first owner yet: later, run invite --role owner\n";
  }
}
