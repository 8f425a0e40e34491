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
 *   auth: "open" as const,
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
  /** Whether guests are welcome. */
  readonly auth: "open" | "required";
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
  const { host, publicUrl, auth, storage } = info;
  const isOurs = publicUrl !== null && isLoopbackHost(new URL(publicUrl).hostname);
  // There, and at no other address, users come back from an OpenID provider.
  const here = isOurs ? publicUrl : localUrl(info);
  const socket = here.replace(/^http/, "ws");
  // Without a token, wscat would be refused.
  const terminal = auth === "open" ? `, or: npx wscat -c ${socket}/ws` : "";
  const first = `Parley is on ${here} (${storage}): open it in a browser${terminal}`;
  const others = (isOurs ? null : publicUrl) ??
    (listensOnAll(host) ? reachableUrls(info, addresses) : undefined);
  return `${first}\n${others === undefined ? "" : `Others can open ${others}\n`}`;
}

/** Whether a host means all addresses of the machine. */
export function listensOnAll(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

/**
 * The URL of the page, as good as it is known: the best one for a link.
 *
 * @param addresses Addresses of this machine; undefined if unknown.
 */
export function pageUrl(info: PageInfo, addresses?: readonly string[]): string {
  const { host, publicUrl } = info;
  const others = listensOnAll(host) ? otherUrls(info, addresses) : [];
  return `${(publicUrl ?? others[0] ?? localUrl(info)).replace(/\/$/, "")}/`;
}

/** What is needed for the URL of the page. */
export type PageInfo = Omit<StartupInfo, "auth" | "storage">;

function localUrl({ host, port, tlsCertFile }: PageInfo): string {
  return urlOf(tlsCertFile, listensOnAll(host) ? "127.0.0.1" : host, port);
}

function reachableUrls(info: PageInfo, addresses: readonly string[] | undefined): string {
  const urls = otherUrls(info, addresses);
  if (urls.length === 0) return `port ${info.port} at the address of this machine`;
  return urls.slice(0, MAX_ADDRESSES).join(" or ");
}

function otherUrls(
  { host, port, tlsCertFile }: PageInfo,
  addresses: readonly string[] = [],
): readonly string[] {
  const open = addresses.filter((address) =>
    !isLoopback(address) && !LINK_LOCAL.test(address) && (host === "::" || !address.includes(":"))
  );
  return open.map((it) => urlOf(tlsCertFile, it, port));
}

function urlOf(tlsCertFile: string | null, host: string, port: number): string {
  return `http${tlsCertFile === null ? "" : "s"}://${authority(host, port)}`;
}

function authority(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
