// @ts-check
/**
 * The deliveries of one room, with a notification for each change of any of them.
 * @module
 */

/** @typedef {import("./types.js").Delivery} Delivery */
/** @template T @typedef {import("./types.js").Observable<T>} Observable */

/**
 * Subscribes until the returned function is called.
 * @param {Observable<readonly Delivery[]>} outbox
 * @param {string} room
 * @param {(deliveries: readonly Delivery[], isNewSay: boolean) => void} onChange Called at once, and whenever the list or a
 *   delivery's state changes; `isNewSay` if it contains a new message.
 * @returns {() => void} Unsubscribes.
 */
export function watchOutbox(outbox, room, onChange) {
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
      let isSubscribed = false;
      watched.set(delivery, delivery.state.subscribe(() => isSubscribed && onChange(own, false)));
      isSubscribed = true;
    }
    onChange(own, !isFirst && fresh.some(({ action }) => action.type === "say"));
    isFirst = false;
  });
  return () => {
    stop();
    for (const end of watched.values()) end();
  };
}
