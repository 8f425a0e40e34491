// @ts-check
/**
 * Finds a message that a link or a reply points to: among the loaded ones, then page by page in the history.
 * @module
 */

/** @typedef {import("../../client/timeline/timeline.js").Timeline} Timeline */
/** @typedef {import("../../client/timeline/timeline.js").HistorySource} HistorySource */

// The search stops after 5,000 messages.
const MAX_PAGES = 25;
const PAGE_SIZE = 200;

/**
 * Loads a message into the timeline, if it exists.
 * @param {Timeline} timeline
 * @param {HistorySource} room
 * @param {string} position
 * @param {AbortSignal} signal Stops the search.
 * @returns {Promise<"found" | "gone" | "failed" | "stopped">} `stopped` if the signal aborted.
 */
export async function findMessage(timeline, room, position, signal) {
  // Cached messages are shown before the room is opened.
  if (timeline.indexOf(position) < 0) await whenOpen(timeline, signal);
  for (let page = 0; !signal.aborted; page++) {
    if (timeline.indexOf(position) >= 0) return "found";
    if (!timeline.more || page === MAX_PAGES) return "gone";
    try {
      await timeline.loadOlder(room, PAGE_SIZE);
    } catch {
      return signal.aborted ? "stopped" : "failed";
    }
  }
  return "stopped";
}

/** @param {Timeline} timeline @param {AbortSignal} signal @returns {Promise<void>} */
function whenOpen(timeline, signal) {
  if (timeline.isOpen || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = timeline.changes.subscribe(() => {
      if (!timeline.isOpen) return;
      stop();
      resolve();
    });
    signal.addEventListener("abort", () => {
      stop();
      resolve();
    }, { once: true });
  });
}
