/**
 * The forms of `REDIS_URL`: `redis://[user[:password]@]host[:port][/database]`, the same with `rediss://` for TLS, and
 * `unix://[user[:password]@]/path/to/socket[?db=database]`.
 * @module
 */

const UNIX = /^unix:\/\/([^:@/?#]*(:[^@/?#]*)?@)?\/[^?#]*[^/?#](\?db=\d{1,5})?$/;

/** Whether the text is one of the forms above. */
export function isRedisUrl(text: string): boolean {
  if (!isDecodable(text)) return false;
  // No host and a user before it: to a URL parser that is no URL.
  if (text.startsWith("unix:")) return UNIX.test(text);
  const url = URL.parse(text);
  if (url === null) return false;
  return (url.protocol === "redis:" || url.protocol === "rediss:") && url.hostname !== "" &&
    /^(\/\d{0,5})?$/.test(url.pathname) && url.search === "" && url.hash === "";
}

/** Whether each per-cent sign begins the code of a character: the Redis client throws where one does not. */
function isDecodable(text: string): boolean {
  try {
    return decodeURIComponent(text) !== "";
  } catch {
    return false;
  }
}

/** The URL without what is secret in it, fit for a log; also where it is no URL that can be used. */
export function withoutPassword(text: string): string {
  if (/^unix:\/\/\//.test(text)) return text;
  // Up to the last @, since an unescaped one may stand in a password.
  return text.replace(/^(\w+:\/\/)?.*@/s, "$1");
}
