/**
 * What follows a link on a terminal: its QR code, or why another device could not open it.
 * @module
 */
import { isLoopbackHost } from "../../core/http/ip_address.ts";
import { qrCodeText } from "../auth/qr_code.ts";

const ONLY_HERE = "Only this machine can open it: start with HOST=0.0.0.0 or with PUBLIC_URL for " +
  "links that other devices can open.";

/** The text, without a line break at its end; empty if nothing is to be said. @param isTerminal Whether people see it. */
export async function textAfterLink(link: string, isTerminal: boolean): Promise<string> {
  // A QR code of this machine's address would lead a phone to itself.
  if (isLoopbackHost(new URL(link).hostname)) return ONLY_HERE;
  return isTerminal ? await qrCodeText(link) : "";
}
