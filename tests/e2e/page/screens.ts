/**
 * The screens on which dialogs are tried: English on a wide and a narrow one, and Chinese on the narrow one, where texts have
 * the least room.
 * @module
 */

/** A language of the page, and the width of its window in CSS pixels. */
export const SCREENS = [
  { locale: "en-GB", language: "en", width: 360 },
  { locale: "en-GB", language: "en", width: 1300 },
  { locale: "zh-CN", language: "zh", width: 360 },
] as const;
