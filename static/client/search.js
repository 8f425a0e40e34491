// @ts-check
/**
 * Looks through a room's history for deeds of which nobody knows whether they were done. What it cannot find is surely not
 * there only where it got back to a message that was there before they were sent.
 * @module
 */

import { parsePosition } from "./frames.js";

/** @typedef {import("./frames.js").Message} Message */
/** @typedef {import("./frames.js").History} History */

/**
 * The way to the server, as long as there is one and the room has caught up.
 * @typedef {object} Path
 * @property {string} user
 * @property {string | null} service
 * @property {number} maxMessageBytes
 * @property {() => string | null} position The room's newest position here.
 * @property {(position: string) => boolean} isPast Whether that is as far as another one.
 * @property {(frame: import("./frames.js").Request, go: () => boolean) => void} send
 * @property {(before: string | undefined, limit: number) => Promise<History>} history
 */

const PAGE = 200;
// 20,000 messages: beyond that a person is asked sooner than the search is done.
const MAX_PAGES = 100;

/**
 * Pages backwards until all are found, or until nothing older can be one of them.
 * @param {readonly import("./shelf.js").DeedRecord[]} records What is looked for.
 * @param {Path} path
 * @returns {Promise<{ found: Map<string, Message>, isWhole(after: string | null): boolean }>} The messages by the ids of the
 *   records, and whether everything after a position was seen.
 */
export async function search(records, path) {
  /** @type {Map<string, Message>} */
  const found = new Map();
  /** @type {string | undefined} */
  let first;
  let hasReachedStart = false;
  /** The least number of each epoch, as positions of two epochs cannot be compared. @type {Map<string, number>} */
  const oldest = new Map();
  const sought = new Map(records.map((it) => [it.id, it]));
  const isWhole = (/** @type {string | null} */ after) => {
    const { epoch, seq } = parsePosition(after ?? undefined) ?? { epoch: "", seq: -1 };
    return (oldest.get(epoch) ?? Infinity) <= seq || hasReachedStart && seq === 0;
  };
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { messages, more, position } = await path.history(first, PAGE);
    for (const message of messages) {
      const { epoch = "", seq = 0 } = parsePosition(message.position) ?? {};
      oldest.set(epoch, Math.min(seq, oldest.get(epoch) ?? seq));
      const record = sought.get(message.id);
      if (record?.sentAs === message.user) found.set(message.id, message);
    }
    first = messages[0]?.position ?? first;
    const isLast = !more || messages.length === 0;
    // Where there are none at all, it may be that all there were are too old to be kept.
    hasReachedStart = isLast && (first === undefined ? /:0$/.test(position) : /:1$/.test(first));
    const open = records.filter((it) => !found.has(it.id) && !isWhole(it.after));
    if (open.length === 0 || isLast) break;
  }
  return { found, isWhole };
}
