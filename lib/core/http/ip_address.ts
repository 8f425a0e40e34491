/**
 * IP addresses as numbers: which are inside a CIDR, and which client sent a request through trusted proxies. IPv4 is
 * represented as IPv4-mapped IPv6 (`::ffff:a.b.c.d`, RFC 4291 §2.5.5.2), so that one comparison works for both and a
 * dual-stack listener's spelling makes no difference.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const proxies = [parseCidr("10.0.0.0/8")].filter((cidr) => cidr !== undefined);
 * assert.equal(clientAddress("10.0.0.1", "203.0.113.7, 10.0.0.9", proxies), "203.0.113.7");
 * assert.equal(clientAddress("203.0.113.9", "203.0.113.7", proxies), "203.0.113.9");
 * ```
 * @module
 */

/** A block of addresses: those that equal `prefix` when shifted right by `shift`. */
export interface Cidr {
  /** The first bits that all of them share. */
  readonly prefix: bigint;
  /** Number of the 128 bits after the prefix. */
  readonly shift: bigint;
}

const V4_MAPPED = 0xffff_0000_0000n;
/** IPv6 with a dotted tail has up to 45 characters; a zone and a port may follow. */
const MAX_ADDRESS_LENGTH = 64;
/** Maximum number of proxies that `X-Forwarded-For` is followed through. */
const MAX_HOPS = 32;

/** Parses an IPv4 or IPv6 address as 128 bits; undefined if it is neither. */
export function parseAddress(text: string): bigint | undefined {
  if (text.length > MAX_ADDRESS_LENGTH) return undefined;
  return text.includes(":") ? parseV6(text) : parseV4(text);
}

function parseV4(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let bits = 0n;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bits = bits << 8n | BigInt(part);
  }
  return V4_MAPPED | bits;
}

function parseV6(text: string): bigint | undefined {
  const unzoned = text.replace(/%[A-Za-z0-9_.-]+$/, "");
  // The URL parser accepts every spelling of IPv6 and returns the canonical form, with hexadecimal groups only.
  const url = `http://[${unzoned}]/`;
  if (!/^[0-9A-Fa-f:.]+$/.test(unzoned) || !URL.canParse(url)) return undefined;
  const [head = "", tail] = new URL(url).hostname.slice(1, -1).split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array<string>(8 - before.length - after.length).fill("0");
  return [...before, ...zeros, ...after].reduce(
    (bits, group) => bits << 16n | BigInt(`0x${group}`),
    0n,
  );
}

/** Parses `address/bits` or a single address; undefined if it is neither. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = "", length, ...rest] = text.split("/");
  const bits = parseAddress(address);
  if (bits === undefined || rest.length > 0) return undefined;
  const width = address.includes(":") ? 128 : 32;
  if (length !== undefined && (!/^\d{1,3}$/.test(length) || Number(length) > width)) {
    return undefined;
  }
  const shift = BigInt(length === undefined ? 0 : width - Number(length));
  return { prefix: bits >> shift, shift };
}

/** Whether an address, as text, is inside one of the blocks. */
export function isWithin(address: string, cidrs: readonly Cidr[]): boolean {
  if (cidrs.length === 0) return false;
  const bits = parseAddress(address);
  return bits !== undefined && cidrs.some(({ prefix, shift }) => bits >> shift === prefix);
}

/**
 * The client's address: the last one in the chain of `X-Forwarded-For` and `remote` that is not a trusted proxy. An
 * untrusted address could have written everything before it, so that is ignored.
 *
 * @param remote The address that the connection comes from.
 * @param forwardedFor The header's value, if there is one.
 */
export function clientAddress(
  remote: string,
  forwardedFor: string | null,
  trusted: readonly Cidr[],
): string {
  let client = remote;
  // Read from the end, and no further than needed: the client controls the length of the rest.
  let end = forwardedFor?.length ?? 0;
  for (let hop = 0; hop < MAX_HOPS && forwardedFor !== null && end >= 0; hop++) {
    if (!isWithin(client, trusted)) break;
    const comma = end === 0 ? -1 : forwardedFor.lastIndexOf(",", end - 1);
    const before = withoutPort(forwardedFor.slice(comma + 1, end));
    if (parseAddress(before) === undefined) break;
    client = before;
    end = comma;
  }
  return client;
}

/** The origin of a request. */
export interface RequestSource {
  /** The client's address, from {@linkcode clientAddress}. */
  readonly address: string;
  /** Whether the connection comes from a proxy whose forwarded headers are trusted. */
  readonly viaTrustedProxy: boolean;
}

/** Determines the source of a request. @param forwardedFor The value of `X-Forwarded-For`; null for none. */
export function requestSource(
  remote: string,
  forwardedFor: string | null,
  trusted: readonly Cidr[],
): RequestSource {
  const viaTrustedProxy = isWithin(remote, trusted);
  const address = viaTrustedProxy ? clientAddress(remote, forwardedFor, trusted) : remote;
  return { address, viaTrustedProxy };
}

/** Removes the port that some proxies add: `192.0.2.1:5678`, `[2001:db8::1]:443`. */
function withoutPort(hop: string): string {
  // Blanks may surround it; anything much longer is not an address.
  if (hop.length > 2 * MAX_ADDRESS_LENGTH) return hop;
  return hop.trim().replace(/^\[([^\]]*)\](:\d+)?$|^([\d.]+):\d+$/, "$1$3");
}

/**
 * The key by which connections are counted: an IPv4 address, or the /64 of an IPv6 address, since one internet
 * subscriber has at least that (RFC 6177). Text that is not an address is its own key.
 */
export function addressKey(address: string): string {
  // IPv4 has only one spelling. Other text without a colon is not an address. Both are their own keys.
  if (!address.includes(":")) return address;
  const bits = parseAddress(address);
  if (bits === undefined) return address;
  return bits >> 32n === 0xffffn ? formatV4(bits) : `${(bits >> 64n).toString(16)}/64`;
}

const LOOPBACK_V4 = 0xffff_7fn;

/** Whether an address is this machine's own: 127.0.0.0/8 or ::1. */
export function isLoopback(address: string): boolean {
  if (address.startsWith("127.")) return parseAddress(address) !== undefined;
  if (!address.includes(":")) return false;
  const bits = parseAddress(address);
  return bits === 1n || (bits !== undefined && bits >> 24n === LOOPBACK_V4);
}

/** Whether only this machine can reach a host, as a setting or a URL spells it: localhost or a loopback address. */
export function isLoopbackHost(host: string): boolean {
  return host === "localhost" || isLoopback(host.replace(/^\[|\]$/g, ""));
}

/**
 * Blocks of this machine and of private networks: RFC 1122 §3.2.1.3, RFC 1918, RFC 4291 §2.5.3, RFC 4193, RFC 4291
 * §2.5.6.
 */
const PRIVATE_BLOCKS = [
  "127.0.0.0/8",
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "::1/128",
  "fc00::/7",
  "fe80::/10",
].flatMap((block) => parseCidr(block) ?? []);

/** Whether an address, as text, is of this machine or of a private network; false if it is not an address. */
export function isPrivateAddress(address: string): boolean {
  return isWithin(address, PRIVATE_BLOCKS);
}

function formatV4(bits: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => bits >> shift & 0xffn).join(".");
}
