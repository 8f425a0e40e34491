/**
 * Addresses as mutes and bans name them: `ip_` and the address in hexadecimal digits.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(addressUser("192.0.2.1"), "ip_c0000201");
 * assert.equal(addressUser("20010db800000001/64"), "ip_20010db800000001");
 * assert.equal(addressUser("unknown"), undefined);
 * ```
 * @module
 */
import { parseAddress } from "../http/ip_address.ts";
import { isUserId, type UserId } from "../log/entry.ts";
import { ADDRESS_PREFIX } from "../log/user_id.ts";

/** The id that stands for an address. @param key From `addressKey`. Returns undefined for text that is no address. */
export function addressUser(key: string): UserId | undefined {
  const [prefix, bits] = key.split("/");
  const digits = bits === "64" ? prefix?.padStart(16, "0") : v4Digits(key);
  const id = `${ADDRESS_PREFIX}${digits}`;
  return digits !== undefined && isUserId(id) ? id : undefined;
}

function v4Digits(key: string): string | undefined {
  const bits = parseAddress(key);
  if (bits === undefined || bits >> 32n !== 0xffffn) return undefined;
  return (bits & 0xffff_ffffn).toString(16).padStart(8, "0");
}
