// @ts-check
/**
 * Looks for a message that a link or an answer points to: in what is here, and else page by page in what was said before.
 * @module
 */

/** @typedef {import("../client/timeline.js").Timeline} Timeline */
/** @typedef {import("../client/timeline.js").Source} Source */

// As far as a message is looked for: 5,000 messages back.
const MAX_PAGES = 25;
const PAGE = 200;

/**
 * Has the message put into the timeline, if it is to be had.
 * @param {Timeline} timeline
 * @param {Source} room
 * @param {string} position
 * @param {AbortSignal} signal Gives up.
 * @returns {Promise<"found" | "gone" | "failed">}
 */
export async function findMessage(timeline, room, position, signal) {
  await opened(timeline, signal);
  for (let page = 0; !signal.aborted; page++) {
    if (timeline.indexOf(position) >= 0) return "found";
    if (!timeline.more || page === MAX_PAGES) return "gone";
    try {
      await timeline.older(room, PAGE);
    } catch {
      return "failed";
    }
  }
  return "failed";
}

/** @param {Timeline} timeline @param {AbortSignal} signal @returns {Promise<void>} */
function opened({ isOpen, changes }, signal) {
  if (isOpen || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = changes.subscribe(() => {
      stop();
      resolve();
    });
    signal.addEventListener("abort", () => {
      stop();
      resolve();
    }, { once: true });
  });
}
