// @ts-check
/// <reference lib="dom" />
/**
 * What stands in place of a deleted message, in the log and in the list of rooms.
 * @module
 */
import { sentence } from "../../base/elements.js";

/**
 * Says by whom a message was deleted, and why, unless that was its author.
 * @param {import("../types.js").Message} message
 * @param {import("../types.js").LogStrings} strings
 */
export function deletionOf({ deletedBy }, strings) {
  const { name = "", reason = "" } = deletedBy ?? {};
  const words = reason ? "deletedByFor" : deletedBy ? "deletedBy" : "deletedMessage";
  return sentence(strings[words], { name, reason });
}
