/**
 * Which host names the service answers to. A page of another site can point its own name at 127.0.0.1 or at an address
 * of a private network (DNS rebinding); its requests then pass every check of the origin, and only the name in `Host`
 * gives them away. An IP address is no name that anybody could point elsewhere, so addresses are always accepted.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const settings = { host: "0.0.0.0", publicUrl: "https://chat.example/team", allowedHosts: [] };
 * const hosts = new HostCheck(settings);
 * assert.equal(hosts.refusal("chat.example"), undefined);
 * assert.equal(hosts.refusal("192.168.1.20:8080"), undefined);
 * assert.equal(hosts.refusal("rebound.example:8080")?.status, 421);
 * ```
 * @module
 */
import { type Refusal, refuse } from "./handshake.ts";

/** The settings that name hosts. */
export interface HostSettings {
  /** The name or address that is listened on. */
  readonly host: string;
  /** Where clients find the service. */
  readonly publicUrl: string | null;
  /** More names, or any. */
  readonly allowedHosts: readonly string[] | "*";
}

/** RFC 1035 §2.3.4: 253 characters; a port and brackets come on top. */
const MAX_HOST_LENGTH = 300;

/** Checks the host that a request asks for. */
export class HostCheck {
  readonly #names: ReadonlySet<string> | "*";
  // Nearly all requests ask for the same host, and a URL is dear to read.
  #lastAccepted: string | undefined;

  /** Reads the settings; names are compared in the form that URLs give them. */
  constructor({ host, publicUrl, allowedHosts }: HostSettings) {
    const own = publicUrl === null ? [host] : [host, new URL(publicUrl).host];
    const names = allowedHosts === "*" ? [] : [...own, ...allowedHosts].map(hostName);
    this.#names = allowedHosts === "*" ? "*" : new Set(names.filter((name) => name !== undefined));
  }

  /** Why the host is refused; undefined where it is accepted. @param host Name or address, with or without a port. */
  refusal(host: string): Refusal | undefined {
    if (this.#names === "*" || host === this.#lastAccepted) return undefined;
    const name = hostName(host);
    if (name === undefined || !accepts(this.#names, name)) {
      const asked = name === undefined ? "Host" : `Host ${name.slice(0, 100)}`;
      // No other instance of a pool would answer differently, so this is not 503; a browser keeps the connection to itself.
      return refuse(421, `${asked} is not served here: set PUBLIC_URL, or add it to ALLOWED_HOSTS`);
    }
    this.#lastAccepted = host;
    return undefined;
  }
}

function accepts(names: ReadonlySet<string>, name: string): boolean {
  if (names.has(name) || name === "localhost" || name.endsWith(".localhost")) return true;
  // After the URL parser: brackets are of IPv6, and what consists of digits and dots is IPv4.
  return name.startsWith("[") || /^[\d.]+$/.test(name);
}

/** The host as URLs spell it, without its port and a dot at its end; undefined where it is no host. */
function hostName(host: string): string | undefined {
  if (host.length > MAX_HOST_LENGTH || /[\s/?#@\\]/.test(host)) return undefined;
  const isBareV6 = host.includes("::") && !host.startsWith("[");
  const name = URL.parse(`http://${isBareV6 ? `[${host}]` : host}`)?.hostname;
  return name === undefined || name === "" ? undefined : name.replace(/\.$/, "");
}
