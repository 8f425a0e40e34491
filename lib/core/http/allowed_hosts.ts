/**
 * Checks the host names that the service answers to. Another site can point its own name at 127.0.0.1 or at an address
 * of a private network (DNS rebinding). Its requests then pass every origin check; only the name in `Host` differs. An
 * IP address cannot be pointed elsewhere, so addresses are always accepted.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const settings = { host: "0.0.0.0", publicUrl: "https://chat.example/team", allowedHosts: [] };
 * const hosts = new AllowedHosts(settings);
 * assert.equal(hosts.check("chat.example"), undefined);
 * assert.equal(hosts.check("192.168.1.20:8080"), undefined);
 * assert.equal(hosts.check("rebound.example:8080")?.status, 421);
 * ```
 * @module
 */
import { MAX_HOST_LENGTH, type Refusal, refuse } from "./handshake.ts";

/** The settings that name hosts. */
export interface HostSettings {
  /** The name or address of the listener. */
  readonly host: string;
  /** The URL at which clients reach the service. */
  readonly publicUrl: string | null;
  /** Additional names, or any. */
  readonly allowedHosts: readonly string[] | "*";
}

/** Checks the host of a request. */
export class AllowedHosts {
  readonly #names: ReadonlySet<string> | "*";
  // Nearly all requests have the same host, and parsing URLs is expensive.
  #lastAccepted: string | undefined;

  /** Reads the settings. Names are compared in the normal form of URLs. */
  constructor({ host, publicUrl, allowedHosts }: HostSettings) {
    const own = publicUrl === null ? [host] : [host, new URL(publicUrl).host];
    const names = allowedHosts === "*" ? [] : [...own, ...allowedHosts].map(hostName);
    this.#names = allowedHosts === "*" ? "*" : new Set(names.filter((name) => name !== undefined));
  }

  /** Why the host is refused; undefined if it is accepted. @param host Name or address, with or without a port. */
  check(host: string): Refusal | undefined {
    if (this.#names === "*" || host === this.#lastAccepted) return undefined;
    const name = hostName(host);
    if (name === undefined || !accepts(this.#names, name)) {
      const received = name === undefined ? "Host" : `Host ${name.slice(0, 100)}`;
      // Not 503: another instance behind the same proxy would answer the same.
      return refuse(
        421,
        `${received} is not served here: set PUBLIC_URL, or add it to ALLOWED_HOSTS`,
      );
    }
    this.#lastAccepted = host;
    return undefined;
  }
}

function accepts(names: ReadonlySet<string>, name: string): boolean {
  if (names.has(name) || name === "localhost" || name.endsWith(".localhost")) return true;
  // The URL parser has normalized it: brackets mean IPv6, digits and dots mean IPv4.
  return name.startsWith("[") || /^[\d.]+$/.test(name);
}

/** The host in the normal form of URLs, without port and trailing dot; undefined if it is not a host. */
function hostName(host: string): string | undefined {
  if (host.length > MAX_HOST_LENGTH || /[\s/?#@\\]/.test(host)) return undefined;
  const isBareV6 = host.includes("::") && !host.startsWith("[");
  const name = URL.parse(`http://${isBareV6 ? `[${host}]` : host}`)?.hostname;
  return name === undefined || name === "" ? undefined : name.replace(/\.$/, "");
}
