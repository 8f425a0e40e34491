// @ts-check
/**
 * Reports refused reactions and deletions, which need no retry. A refused edit is shown at its message, with its text (see
 * message_row.js). If that message is gone, the text is put back into the message field.
 * @module
 */

/** @typedef {import("../../client.js").Delivery} Delivery */

/**
 * @param {import("../../client.js").Chat} chat
 * @param {(code: string) => void} report Called with the code of each fault.
 * @param {(room: string, text: string) => void} putBack Called with the text of each edit whose message is gone.
 */
export function reportFailedActions(chat, report, putBack) {
  /** @type {WeakSet<Delivery>} */
  const known = new WeakSet();
  chat.outbox.subscribe((deliveries) => {
    for (const delivery of deliveries) {
      const { action, room } = delivery;
      const { type } = action;
      if (type === "say" || known.has(delivery)) continue;
      known.add(delivery);
      delivery.state.subscribe((state) => {
        if (state.kind !== "failed") return;
        const { code } = state.error;
        // Without a message, or with an invalid position, there is no place to show the edit.
        if (type === "edit" && code !== "gone" && code !== "bad_frame") return;
        report(code);
        if (type === "edit") putBack(room, action.text);
        // Not while listeners are still being notified of the failure.
        queueMicrotask(() => delivery.discard());
      });
    }
  });
}
