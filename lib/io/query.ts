/**
 * What is asked for in the query of a URL. Callers bound the URL's length. Hono's `getQueryParam()` must not be used for it:
 * from each `&` it looks for a `=` to the end of the URL, which takes time with the square of its length (4.13.19).
 * @module
 */
import type { Wish } from "../chat/text_conversation.ts";

/** The query of a URL; of a field that occurs more than once, the first counts. */
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
