/**
 * Cookies (RFC 6265). The service sets its own for whole origins, and no script can read them. Over HTTPS their names have
 * the prefix `__Host-`, so that no other host, such as a sibling under the same domain, can set them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const cookie = new HostCookie("parley", "https://chat.example");
 * assert.equal(cookie.name, "__Host-parley");
 * assert.equal(cookie.valueIn("theme=dark; __Host-parley=x"), "x");
 * ```
 * @module
 */
import { trimmed } from "./white_space.ts";

/** Longer headers count as missing. Servers accept request heads of about this size. */
const MAX_HEADER_LENGTH = 32_768;

/** A cookie of the service. */
export class HostCookie {
  /** The name as browsers send it. */
  readonly name: string;
  readonly #attributes: string;

  /**
   * Chooses name and attributes. Browsers refuse the prefix and `Secure` over plain HTTP. Some accept them on loopback, such as
   * Chromium 156, but not all.
   *
   * @param url Where browsers reach the service.
   */
  constructor(name: string, url: string) {
    const isSecure = url.startsWith("https:");
    this.name = isSecure ? `__Host-${name}` : name;
    this.#attributes = `Path=/; HttpOnly; SameSite=Lax${isSecure ? "; Secure" : ""}`;
  }

  /** The value in a request's `Cookie`; undefined if there is none. If there are several, the first one counts. */
  valueIn(header: string | null): string | undefined {
    if (header === null || header.length > MAX_HEADER_LENGTH) return undefined;
    const start = `${this.name}=`;
    // Not by trim(): a byte A0 before the prefix hides it from browsers, so any host could set that cookie.
    const pair = header.split(";").map(trimmed).find((part) => part.startsWith(start));
    return pair?.slice(start.length);
  }

  /** The `Set-Cookie` that sets it. @param value Without characters that need quotes. */
  set(value: string, maxAgeSeconds: number): string {
    return `${this.name}=${value}; Max-Age=${maxAgeSeconds}; ${this.#attributes}`;
  }

  /** The `Set-Cookie` that removes it. */
  remove(): string {
    return this.set("", 0);
  }
}
