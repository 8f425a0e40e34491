/**
 * The forms of `REDIS_URL`: `redis://[user[:password]@]host[:port][/database]`, the same with `rediss://` for TLS, and
 * `unix:///path/to/socket[?db=database]`.
 * @module
 */

/** Whether the text is one of the forms above. */
export function isRedisUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null) return false;
  if (url.protocol === "unix:") return /^unix:\/\/[^?#]*\/[^/?#]+(\?db=\d{1,5})?$/.test(text);
  return (url.protocol === "redis:" || url.protocol === "rediss:") && url.hostname !== "" &&
    /^(\/\d{0,5})?$/.test(url.pathname) && url.search === "" && url.hash === "";
}

/** The URL without what is secret in it, fit for a log. */
export function withoutPassword(text: string): string {
  return text.replace(/^(\w+:\/\/)[^/?]*@/, "$1");
}
