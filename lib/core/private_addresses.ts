/**
 * Which addresses are one's own to put a load on without asking anybody: those of this machine and of private networks.
 * @module
 */
import { isWithin, parseCidr } from "./addresses.ts";

/** RFC 1122 §3.2.1.3, RFC 1918, RFC 4291 §2.5.3, RFC 4193, RFC 4291 §2.5.6. */
const PRIVATE = [
  "127.0.0.0/8",
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "::1/128",
  "fc00::/7",
  "fe80::/10",
].flatMap((block) => parseCidr(block) ?? []);

/** Whether an address, as text, is of this machine or of a private network; false for what is no address. */
export function isPrivateAddress(address: string): boolean {
  return isWithin(address, PRIVATE);
}
