// @ts-check
/**
 * Of all that is on its way, what belongs to one room, and word of each change to any of it.
 * @module
 */

/** @typedef {import("./log_types.js").Delivery} Delivery */
/** @template T @typedef {import("./log_types.js").Watched<T>} Watched */

/**
 * Watches until the answer is called.
 * @param {Watched<readonly Delivery[]>} outbox
 * @param {string} room
 * @param {(deliveries: readonly Delivery[], isNewSay: boolean) => void} changed Told at once, and whenever the list or the
 *   state of one has changed; `isNewSay` where something was said that was not on its way before.
 * @returns {() => void} Ends it.
 */
export function watchOutbox(outbox, room, changed) {
  /** @type {Map<Delivery, () => void>} */
  const watched = new Map();
  let isFirst = true;
  /** @type {readonly Delivery[]} */
  let own = [];
  const stop = outbox.subscribe((all) => {
    own = all.filter((it) => it.room === room);
    const fresh = own.filter((it) => !watched.has(it));
    const present = new Set(own);
    for (const [delivery, end] of watched) {
      if (present.has(delivery)) continue;
      end();
      watched.delete(delivery);
    }
    for (const delivery of fresh) {
      let isTold = false;
      watched.set(delivery, delivery.state.subscribe(() => isTold && changed(own, false)));
      isTold = true;
    }
    changed(own, !isFirst && fresh.some(({ deed }) => deed.type === "say"));
    isFirst = false;
  });
  return () => {
    stop();
    for (const end of watched.values()) end();
  };
}
