// @ts-check
/**
 * Tells of reactions and deletions that were refused, which are too small to wait for anybody. A refused edit stands at its
 * message, with its text, for as long as there is one: see log_message.js.
 * @module
 */

/** @typedef {import("../client.js").Delivery} Delivery */

/**
 * @param {import("../client.js").Chat} chat
 * @param {(code: string) => void} tell Is told the code of each fault.
 */
export function tellRefusals(chat, tell) {
  /** @type {WeakSet<Delivery>} */
  const known = new WeakSet();
  chat.outbox.subscribe((deliveries) => {
    for (const delivery of deliveries) {
      const { type } = delivery.deed;
      if (type === "say" || known.has(delivery)) continue;
      known.add(delivery);
      delivery.state.subscribe((state) => {
        if (state.kind !== "failed" || type === "edit" && state.error.code !== "gone") return;
        tell(state.error.code);
        // Not in the midst of telling everybody that it failed.
        queueMicrotask(() => delivery.discard());
      });
    }
  });
}
