/**
 * An HTTP client with a browser's cookies, but without a browser: follows redirects one by one, so that a test sees each.
 * @module
 */

/** Cookies for one host: as in browsers, its ports share them. */
export class CookieClient {
  readonly #cookies = new Map<string, string>();

  /** The `Cookie` header. */
  get header(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /** A cookie's value. */
  get(name: string): string | undefined {
    return this.#cookies.get(name);
  }

  /** Sets a cookie, as someone could who controls the browser. */
  set(name: string, value: string): void {
    this.#cookies.set(name, value);
  }

  /** Sends one request, without following redirects. */
  async fetch(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.#cookies.size > 0) headers.set("cookie", this.header);
    const response = await fetch(url, { ...init, headers, redirect: "manual" });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value === "" || /; max-age=0\b|expires=Thu, 01 Jan 1970/i.test(cookie)) {
        this.#cookies.delete(name);
      } else this.#cookies.set(name, value);
    }
    return response;
  }

  /** Follows redirects until a URL for which the condition holds, which is not requested; returns it. */
  async follow(from: string | URL, isLast: (url: URL) => boolean): Promise<URL> {
    let url = new URL(from);
    for (let count = 0; count < 10; count++) {
      if (isLast(url)) return url;
      const response = await this.fetch(url);
      await response.body?.cancel();
      const location = response.headers.get("location");
      if (location === null) throw new Error(`${url} is no redirect: ${response.status}`);
      url = new URL(location, url);
    }
    throw new Error(`Too many redirects: the last one is to ${url}`);
  }
}
