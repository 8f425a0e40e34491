// @ts-check
/**
 * Days and times in words, by the reader's clock, time zone and language. Which words stand for today and yesterday comes
 * from outside, as does what time it is.
 * @module
 */

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

// To make one takes longer than to use it a hundred times.
/** @param {string} language @param {Intl.DateTimeFormatOptions} options */
function format(language, options) {
  const key = `${language} ${JSON.stringify(options)}`;
  const made = formats.get(key) ?? new Intl.DateTimeFormat(language, options);
  formats.set(key, made);
  return made;
}

/**
 * The reader's own variety of the page's language, such as en-GB for en.
 * @param {string} language
 * @param {readonly string[]} preferred
 */
export function localeOf(language, preferred) {
  return preferred.find((it) => it === language || it.startsWith(`${language}-`)) ?? language;
}

/**
 * The same for all times of one day.
 * @param {number} at
 */
export function dayOf(at) {
  const date = new Date(at);
  return date.getFullYear() * 10_000 + date.getMonth() * 100 + date.getDate();
}

/**
 * When the day after begins, so that "Today" can become "Yesterday" then.
 * @param {number} now
 */
export function nextDay(now) {
  const date = new Date(now);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime();
}

/**
 * A day as people say it.
 * @param {number} at
 * @param {number} now
 * @param {string} locale
 * @param {{today: string, yesterday: string}} words
 */
export function dayName(at, now, locale, { today, yesterday }) {
  const date = new Date(now);
  if (dayOf(at) === dayOf(now)) return today;
  date.setDate(date.getDate() - 1);
  if (dayOf(at) === dayOf(date.getTime())) return yesterday;
  const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  const year = isThisYear ? {} : { year: /** @type {const} */ ("numeric") };
  return format(locale, { weekday: "long", month: "long", day: "numeric", ...year }).format(at);
}

/**
 * Hours and minutes.
 * @param {number} at
 * @param {string} locale
 */
export function timeName(at, locale) {
  return format(locale, { timeStyle: "short" }).format(at);
}

/**
 * Day and time in full.
 * @param {number} at
 * @param {string} locale
 */
export function momentName(at, locale) {
  return format(locale, { dateStyle: "full", timeStyle: "short" }).format(at);
}
