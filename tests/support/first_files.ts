/**
 * What a browser requests at a first visit to the chat page, before the user can chat: counted by one test, and compared with
 * the requests of a real browser by another.
 * @module
 */

const ENGLISH = ["/", "/head.js", "/chat.css", "/page/main.js", "/icon.svg"];

/** Paths by the language of the page. */
export const FIRST_FILES: Readonly<Record<"en" | "zh", readonly string[]>> = {
  en: ENGLISH,
  zh: [...ENGLISH, "/page/i18n/zh.js"],
};
