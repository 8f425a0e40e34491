/**
 * Which addresses are on the public internet. What the service connects to on behalf of a URL must be there, or the URL
 * could lead to programs that only this machine or its network can reach.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(isPublicAddress("93.184.215.14"), true);
 * assert.equal(isPublicAddress("169.254.169.254"), false);
 * assert.equal(isPublicAddress("::ffff:127.0.0.1"), false);
 * assert.equal(isPublicAddress("64:ff9b::10.0.0.1"), false);
 * ```
 * @module
 */
import { type Cidr, parseAddress, parseCidr } from "./ip_address.ts";

/** IANA's registry of special-purpose IPv4 addresses (RFC 6890), multicast, and the reserved rest. */
const SPECIAL_V4 = blocks([
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.31.196.0/24",
  "192.52.193.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "192.175.48.0/24",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
  // Public by its number, but each machine in Azure reaches the platform's own services there.
  "168.63.129.16/32",
]);
/** All of IPv6 that is assigned to the internet (RFC 4291 §2.4). */
const GLOBAL_V6 = blocks(["2000::/3"]);
/** Blocks in it that are not: protocols, among them Teredo; documentation; and 6to4, which has an IPv4 address in it. */
const SPECIAL_V6 = blocks(["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"]);
const MAPPED_V4 = blocks(["::ffff:0:0/96"]);
/** NAT64 (RFC 6052): leads to the IPv4 address in the last 32 bits. */
const NAT64 = blocks(["64:ff9b::/96"]);
const V4_BITS = 0xffff_ffffn;
const V4_PREFIX = 0xffff_0000_0000n;

/** Whether an address, as text, is on the public internet; false for what is no address. */
export function isPublicAddress(address: string): boolean {
  const bits = parseAddress(address);
  if (bits === undefined) return false;
  if (isIn(bits, MAPPED_V4)) return isPublicV4(bits);
  if (isIn(bits, NAT64)) return isPublicV4(V4_PREFIX | bits & V4_BITS);
  return isIn(bits, GLOBAL_V6) && !isIn(bits, SPECIAL_V6);
}

function isPublicV4(mapped: bigint): boolean {
  return !isIn(mapped, SPECIAL_V4);
}

function isIn(bits: bigint, cidrs: readonly Cidr[]): boolean {
  return cidrs.some(({ prefix, shift }) => bits >> shift === prefix);
}

function blocks(texts: readonly string[]): readonly Cidr[] {
  return texts.map((text) => {
    const cidr = parseCidr(text);
    if (cidr === undefined) throw new RangeError(`Cannot parse a block: received ${text}`);
    return cidr;
  });
}
