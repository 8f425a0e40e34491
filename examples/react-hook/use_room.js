// @ts-check
/**
 * A React hook that shows a room: its messages as they read now, who is typing, and what is still being sent.
 * @module
 */
import { useEffect, useMemo, useSyncExternalStore } from "react";
import { Timeline } from "parley-client";

/** @typedef {import("parley-client").Chat} Chat */
/** @typedef {import("parley-client").Room} Room */

/**
 * A room as it is now.
 * @typedef {object} RoomView
 * @property {Room["state"]["value"]} state
 * @property {readonly Timeline["messages"][number][]} messages Oldest first.
 * @property {Chat["outbox"]["value"]} unsent
 * @property {Room["typing"]["value"]} typing
 */

/** @type {RoomView} */
const LOADING = Object.freeze({
  state: Object.freeze({ kind: "joining" }),
  messages: Object.freeze([]),
  unsent: Object.freeze([]),
  typing: Object.freeze([]),
});

/**
 * Joins a room while the component is shown, and leaves it afterwards.
 * @param {Chat} chat From `connect()`; keep it outside of components.
 * @param {string} name The room.
 */
export function useRoom(chat, name) {
  const store = useMemo(() => createStore(chat, name), [chat, name]);
  useEffect(() => store.open(), [store]);
  const view = useSyncExternalStore(store.subscribe, store.read, () => LOADING);
  return { ...view, say: store.say, type: store.type };
}

/** @param {Chat} chat @param {string} name */
function createStore(chat, name) {
  /** @type {Room | undefined} */
  let room;
  /** @type {RoomView} */
  let view = LOADING;
  const listeners = new Set();
  const show = (/** @type {Timeline} */ timeline) => {
    if (room === undefined) return;
    view = {
      state: room.state.value,
      messages: [...timeline.messages],
      unsent: chat.outbox.value.filter((it) => it.room === room?.name),
      typing: room.typing.value,
    };
    for (const listener of listeners) listener();
  };
  const open = () => {
    const timeline = new Timeline();
    const joined = room = chat.join(name);
    const update = () => show(timeline);
    // The events first: the timeline must not miss any.
    const stops = [
      joined.events.subscribe((event) => timeline.apply(event)),
      timeline.changes.subscribe(update),
      ...[joined.state, joined.typing, chat.outbox].map((it) => it.subscribe(update)),
    ];
    return () => {
      for (const stop of stops) stop();
      joined.leave();
      room = undefined;
    };
  };
  return {
    open,
    /** @param {() => void} listener */
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    read: () => view,
    /** @param {string} text */
    say: (text) => room?.say(text),
    type: () => room?.type(),
  };
}
