// @ts-check
/// <reference lib="dom" />
/**
 * A mute or a ban in a list, with a button that ends it.
 * @module
 */

import { sentence } from "../base/elements.js";
import { recordRow, timeOf } from "../members/records.js";

/**
 * @param {import("./sanctions.js").Sanction} sanction
 * @param {import("../i18n/strings.js").Translator} translator
 * @param {() => void} end
 */
export function sanctionRow({ kind, name, room, until }, translator, end) {
  const { strings } = translator;
  const isMute = kind === "mute";
  const title = sentence(isMute ? strings.isMuted : strings.isBanned, { name });
  return recordRow(title, placeAndEnd(room, until, translator), {
    words: isMute ? strings.unmute : strings.unban,
    run: end,
  });
}

/**
 * Where a mute or a ban applies, and until when.
 * @param {string | undefined} room
 * @param {number | undefined} until
 * @param {import("../i18n/strings.js").Translator} translator
 */
export function placeAndEnd(room, until, translator) {
  const end = until === undefined
    ? translator.text("timeForGood")
    : translator.text("untilTime", { time: timeOf(until, translator) });
  return [placeOf(room, translator), end].join(" · ");
}

/** @param {string | undefined} room @param {import("../i18n/strings.js").Translator} translator */
export function placeOf(room, translator) {
  return room === undefined
    ? translator.text("everywhere")
    : translator.text("moderateHere", { room: translator.roomName(room) });
}
