// @ts-check
/**
 * Formats days and times in the reader's time zone and language. Callers pass the current time and the words for today
 * and yesterday.
 * @module
 */

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

// Creating a formatter takes longer than using it a hundred times.
/** @param {string} language @param {Intl.DateTimeFormatOptions} options */
function format(language, options) {
  const key = `${language} ${JSON.stringify(options)}`;
  const made = formats.get(key) ?? new Intl.DateTimeFormat(language, options);
  formats.set(key, made);
  return made;
}

/**
 * The reader's regional variant of the page's language, such as en-GB for en.
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
 * The start of the next day, when "Today" becomes "Yesterday".
 * @param {number} now
 */
export function nextDay(now) {
  const date = new Date(now);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime();
}

/**
 * The name of a day, relative where possible.
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
 * Full day and time.
 * @param {number} at
 * @param {string} locale
 */
export function momentName(at, locale) {
  return format(locale, { dateStyle: "full", timeStyle: "short" }).format(at);
}

/**
 * When something ends, as short as possible: the time alone if that is on the same day.
 * @param {number} until
 * @param {number} now
 * @param {string} locale
 */
export function endName(until, now, locale) {
  return dayOf(until) === dayOf(now)
    ? timeName(until, locale)
    : format(locale, { dateStyle: "medium", timeStyle: "short" }).format(until);
}

const UNITS =
  /** @type {const} */ ([["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]]);

/**
 * A duration in the largest unit of which it is a multiple.
 * @param {number} seconds
 * @param {string} locale
 */
export function durationName(seconds, locale) {
  const [unit, length] = UNITS.find(([, length]) => seconds % length === 0) ?? UNITS[3];
  // The long form of a second in Chinese, 秒钟, does not fit into sentences such as 每30秒.
  const unitDisplay = locale.startsWith("zh") ? "short" : "long";
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay })
    .format(seconds / length);
}
