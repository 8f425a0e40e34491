/**
 * What a start in a terminal says as long as there are no members: how to become the owner.
 * @module
 */
import { inviteLink } from "../../chat/session/member_requests.ts";
import { BusUnavailable } from "../../chat/ports/bus.ts";
import { isLoopbackHost } from "../../core/http/ip_address.ts";
import { qrCodeText } from "../auth/qr_code.ts";
import type { Service } from "./service.ts";

/** The text; empty if there is a member. Never rejects. @param page The URL of the page. */
export async function ownerLinkText(
  service: Pick<Service, "inviteFirstOwner">,
  page: string,
): Promise<string> {
  try {
    const secret = await service.inviteFirstOwner();
    if (secret === undefined) return "";
    const link = inviteLink(page, secret);
    // The address of this machine would lead a phone to itself.
    const code = isLoopbackHost(new URL(page).hostname)
      ? "Start with HOST=0.0.0.0 or with PUBLIC_URL for a link that other devices can open."
      : await qrCodeText(link);
    return `\nTo become the owner, open this link. It works once, within 24 hours:\n${link}\n${code}\n`;
  } catch (error) {
    if (!(error instanceof BusUnavailable)) throw error;
    return "The store is unavailable, so there is no link for the first owner yet: later, run invite --role owner\n";
  }
}
