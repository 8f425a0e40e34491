// @ts-check
/**
 * Waits until no action is waiting or being sent: for a program that sends something and exits.
 * @module
 */

import { ClosedError } from "../errors.js";

/**
 * @param {{ outbox: import("../observable.js").Value<readonly import("./delivery.js").Delivery[]>, state: import("../observable.js").Value<import("../connection/connection.js").ConnectionState> }} chat
 * @returns {Promise<void>}
 */
export function whenSettled({ outbox, state }) {
  return new Promise((resolve, reject) => {
    let stop = () => {};
    const check = () => {
      stop();
      const open = outbox.value.find(({ state: { value } }) =>
        value.kind === "waiting" || value.kind === "sending"
      );
      if (open === undefined) return finish(resolve);
      let isFirst = true;
      stop = open.state.subscribe(() => isFirst ? (isFirst = false) : check());
    };
    const finish = (/** @type {() => void} */ settle) => {
      stop();
      stopState();
      settle();
    };
    const stopState = state.subscribe(({ kind }) => {
      if (kind !== "closed") return;
      queueMicrotask(() =>
        finish(() => reject(new ClosedError("Cannot wait: the chat is closed")))
      );
    });
    check();
  });
}
