/**
 * The message printed at startup: the URL for this machine, and the URLs for others. Callers pass the machine's
 * addresses.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const at = {
 *   host: "0.0.0.0",
 *   port: 8080,
 *   publicUrl: null,
 *   tlsCertFile: null,
 *   storage: "messages in ./data",
 * };
 * assert.match(startupMessage(at, ["192.168.1.20"]), /Others can open http:\/\/192\.168\.1\.20:8080$/m);
 * ```
 * @module
 */
import { isLoopback, isLoopbackHost } from "../http/ip_address.ts";

/** Where the service listens and stores messages. */
export interface StartupInfo {
  /** The address that it listens on. */
  readonly host: string;
  /** The port that it listens on. */
  readonly port: number;
  /** The URL at which clients reach it; null if none is set. */
  readonly publicUrl: string | null;
  /** The certificate of the listener; null if it serves plain HTTP. */
  readonly tlsCertFile: string | null;
  /** Where messages are stored, in words. */
  readonly storage: string;
}

/** Maximum number of addresses shown. */
const MAX_ADDRESSES = 4;
/** Link-local addresses, which work only with an interface name or not at all. */
const LINK_LOCAL = /^(?:169\.254\.|fe[89ab])/i;

/** The lines to print. @param addresses Addresses of this machine; undefined if unknown. */
export function startupMessage(
  info: StartupInfo,
  addresses: readonly string[] | undefined,
): string {
  const { host, port, publicUrl, storage } = info;
  const secure = info.tlsCertFile === null ? "" : "s";
  // There, and at no other address, users come back from an OpenID provider.
  const isOurs = publicUrl !== null && isLoopbackHost(new URL(publicUrl).hostname);
  const here = isOurs
    ? publicUrl
    : `http${secure}://${authority(listensOnAll(host) ? "127.0.0.1" : host, port)}`;
  const socket = here.replace(/^http/, "ws");
  const first =
    `Parley is on ${here} (${storage}): open it in a browser, or: npx wscat -c ${socket}/ws`;
  const others = (isOurs ? null : publicUrl) ??
    (listensOnAll(host) ? reachableUrls(`http${secure}`, info, addresses) : undefined);
  return `${first}\n${others === undefined ? "" : `Others can open ${others}\n`}`;
}

/** Whether a host means all addresses of the machine. */
export function listensOnAll(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

function reachableUrls(
  scheme: string,
  { host, port }: StartupInfo,
  addresses: readonly string[] = [],
): string {
  const open = addresses.filter((address) =>
    !isLoopback(address) && !LINK_LOCAL.test(address) && (host === "::" || !address.includes(":"))
  );
  if (open.length === 0) return `port ${port} at the address of this machine`;
  const urls = open.slice(0, MAX_ADDRESSES).map((it) => `${scheme}://${authority(it, port)}`);
  return urls.join(" or ");
}

function authority(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
