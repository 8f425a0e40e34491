// @ts-check
/**
 * Names a browser, for the list of a member's devices.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
 * assert.equal(deviceLabel(agent), "Firefox on Linux");
 * ```
 * @module
 */

// The first that matches: most browsers also claim to be Chrome or Safari, and Android claims to be Linux.
/** @type {readonly (readonly [RegExp, string])[]} */
const BROWSERS = [
  [/Edg/, "Edge"],
  [/OPR\//, "Opera"],
  [/SamsungBrowser/, "Samsung Internet"],
  [/Firefox|FxiOS/, "Firefox"],
  [/Chrom|CriOS/, "Chrome"],
  [/Safari/, "Safari"],
];
/** @type {readonly (readonly [RegExp, string])[]} */
const SYSTEMS = [
  [/Android/, "Android"],
  [/iPhone/, "iPhone"],
  [/iPad/, "iPad"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/CrOS/, "ChromeOS"],
  [/Linux/, "Linux"],
];

/** Such as `Firefox on Linux`; as much of it as is known. @param {string} agent As in `navigator.userAgent`. */
export function deviceLabel(agent) {
  return [firstMatch(BROWSERS, agent), firstMatch(SYSTEMS, agent)].filter(Boolean).join(" on ");
}

/** @param {readonly (readonly [RegExp, string])[]} names @param {string} agent */
function firstMatch(names, agent) {
  return names.find(([pattern]) => pattern.test(agent))?.[1];
}
