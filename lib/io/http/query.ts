/**
 * Reads the query of a URL. Callers limit the URL's length. Do not use Hono's `getQueryParam()`: from each `&` it searches
 * for a `=` to the end of the URL, which takes quadratic time (4.13.19).
 * @module
 */
import type { TextOptions } from "../../chat/handlers/text_handler.ts";

/** The query of a URL. If a field occurs more than once, the first one counts. */
export function queryOf(url: string): URLSearchParams {
  const start = url.indexOf("?");
  return new URLSearchParams(start < 0 ? "" : url.slice(start));
}

/** The options in the URL of a chat connection, not validated. */
export function textOptionsOf(url: string): TextOptions {
  const query = queryOf(url);
  const first = (field: string) => query.get(field) ?? undefined;
  return {
    name: first("name"),
    room: first("room"),
    since: first("since"),
    history: first("history"),
    notices: first("notices"),
  };
}
