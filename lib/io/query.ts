/**
 * Reads the query of a URL. Callers bound the URL's length. Hono's `getQueryParam()` must not be used: from each `&` it
 * searches for a `=` to the end of the URL, which takes quadratic time (4.13.19).
 * @module
 */
import type { Wish } from "../chat/text_conversation.ts";

/** The query of a URL. If a field occurs more than once, the first one counts. */
export function queryOf(url: string): URLSearchParams {
  const start = url.indexOf("?");
  return new URLSearchParams(start < 0 ? "" : url.slice(start));
}

/** What a URL of the chat asks for, unchecked. */
export function wishOf(url: string): Wish {
  const query = queryOf(url);
  const asked = (field: string) => query.get(field) ?? undefined;
  return {
    name: asked("name"),
    room: asked("room"),
    since: asked("since"),
    history: asked("history"),
    notices: asked("notices"),
  };
}
