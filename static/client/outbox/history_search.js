// @ts-check
/**
 * Searches a room's history for actions whose outcome is unknown. A failed search proves their absence only if it reached
 * a message that existed before they were sent.
 * @module
 */

import { parsePosition } from "../frames.js";

/** @typedef {import("../frames.js").Message} Message */
/** @typedef {import("../frames.js").History} History */

/**
 * Access to the server; exists while the client is connected and the room has caught up.
 * @typedef {object} Uplink
 * @property {string} user
 * @property {string | null} service
 * @property {() => string | null} position The newest position received in the room.
 * @property {(position: string) => boolean} isPast Whether that has reached another position.
 * @property {(frame: import("../frames.js").Request) => boolean} isTooLong Whether the server would not read it.
 * @property {(frame: import("../frames.js").Request, beforeSend: () => boolean) => void} send
 * @property {(before: string | undefined, limit: number) => Promise<History>} history
 */

const PAGE_SIZE = 200;
// 20,000 messages: beyond that, asking the user is quicker.
const MAX_PAGES = 100;

/**
 * Pages backwards until all actions are found, or until older messages can no longer be among them.
 * @param {readonly import("../client_storage.js").ActionRecord[]} records The actions to find.
 * @param {Uplink} uplink
 * @returns {Promise<{ found: Map<string, Message>, isWhole(after: string | null): boolean }>} The messages by the ids of the
 *   records, and whether everything after a position was searched.
 */
export async function searchHistory(records, uplink) {
  /** @type {Map<string, Message>} */
  const found = new Map();
  /** @type {string | undefined} */
  let first;
  let hasReachedStart = false;
  /** The lowest number of each epoch, as positions of different epochs cannot be compared. @type {Map<string, number>} */
  const oldest = new Map();
  const recordsById = new Map(records.map((it) => [it.id, it]));
  const isWhole = (/** @type {string | null} */ after) => {
    const { epoch, seq } = parsePosition(after ?? undefined) ?? { epoch: "", seq: -1 };
    return (oldest.get(epoch) ?? Infinity) <= seq || hasReachedStart && seq === 0;
  };
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { messages, more, position } = await uplink.history(first, PAGE_SIZE);
    for (const message of messages) {
      const { epoch = "", seq = 0 } = parsePosition(message.position) ?? {};
      oldest.set(epoch, Math.min(seq, oldest.get(epoch) ?? seq));
      const record = recordsById.get(message.id);
      if (record?.sentAs === message.user) found.set(message.id, message);
    }
    first = messages[0]?.position ?? first;
    // The log of this epoch is empty: what it once had was lost with a failover.
    if (first === undefined && /:0$/.test(position)) oldest.set(position.slice(0, -2), 0);
    const isLast = !more || messages.length === 0;
    // If there are no messages, all of them may have exceeded the retention.
    hasReachedStart = isLast && (first === undefined ? /:0$/.test(position) : /:1$/.test(first));
    const open = records.filter((it) => !found.has(it.id) && !isWhole(it.after));
    if (open.length === 0 || isLast) break;
  }
  return { found, isWhole };
}
