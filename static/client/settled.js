// @ts-check
/**
 * Waits until nothing is on its way any more: for a program that says something and goes.
 * @module
 */

import { ClosedError } from "./errors.js";

/**
 * @param {{ outbox: import("./values.js").Value<readonly import("./delivery.js").Delivery[]>, state: import("./values.js").Value<import("./link.js").State> }} chat
 * @returns {Promise<void>}
 */
export function settled({ outbox, state }) {
  return new Promise((resolve, reject) => {
    let stop = () => {};
    const look = () => {
      stop();
      const open = outbox.value.find(({ state: { value } }) =>
        value.kind === "waiting" || value.kind === "sending"
      );
      if (open === undefined) return finish(resolve);
      let isFirst = true;
      stop = open.state.subscribe(() => isFirst ? (isFirst = false) : look());
    };
    const finish = (/** @type {() => void} */ how) => {
      stop();
      stopState();
      how();
    };
    const stopState = state.subscribe(({ kind }) => {
      if (kind !== "closed") return;
      queueMicrotask(() =>
        finish(() => reject(new ClosedError("Cannot wait: the conversation is closed")))
      );
    });
    look();
  });
}
