// @ts-check
/**
 * The lines that a room's log shows for a span of its messages, as plain values: messages with the days, marks and notices
 * between them, and at the end what is still on its way. Each has a key by which it is known again, and what its look
 * depends on, so that only what has changed is drawn anew.
 * @module
 */
import { seqOf } from "../client/timeline_amend.js";
import { dayOf } from "./dates.js";

/** @typedef {import("../client/timeline.js").Message} Message */
/** @typedef {import("../client/timeline.js").Note} Note */
/** @typedef {import("../client/timeline.js").Timeline} Timeline */
/** @typedef {import("./log_types.js").Delivery} Delivery */
/** @typedef {"loading" | "failed" | "beginning" | "oldest" | "empty" | "unknown"} Top */
/**
 * @typedef {{key: string, was?: string, depends: readonly unknown[]} & ({type: "top", state: Top}
 *   | {type: "day", at: number} | {type: "divider", count: number} | {type: "note", note: Note}
 *   | {type: "message", message: Message, isOwn: boolean, isGrouped: boolean, target: Message | undefined,
 *       deeds: readonly Delivery[]}
 *   | {type: "pending", delivery: Delivery, isGrouped: boolean, target: Message | undefined})} Item
 */
/**
 * @typedef {{timeline: Timeline, from: number, to: number, user: string | undefined, top: Top,
 *   divider: {before: string | null, count: number}, outbox: readonly Delivery[]}} Scene
 */

/**
 * What is to be told above the first message.
 * @param {Timeline} timeline
 * @param {boolean} hasFailed Whether older ones were asked for in vain.
 * @returns {Top}
 */
export function topOf({ isOpen, more, messages }, hasFailed) {
  if (!isOpen) return "unknown";
  if (more) return hasFailed ? "failed" : "loading";
  if (messages.length === 0) return "empty";
  // The first that ever was said, or the first of those that are kept.
  return seqOf(messages[0]?.position) === 1 ? "beginning" : "oldest";
}

/**
 * Whether a delivery waits for what its person decides.
 * @param {Delivery} delivery
 */
export function isStuck({ state: { value: { kind } } }) {
  return kind === "failed" || kind === "unsure";
}

/** Messages of one author within this time stand together. */
export const GROUP_MS = 5 * 60_000;

/**
 * All lines, the oldest first.
 * @param {Scene} scene `from` and `to` are indexes.
 * @returns {readonly Item[]}
 */
export function itemsOf(scene) {
  const { timeline, from, to, top } = scene;
  const { messages } = timeline;
  const deeds = deedsByMessage(scene.outbox);
  const notes = Map.groupBy(timeline.notes, ({ after }) => after);
  /** @type {Item[]} */
  const items = [];
  if (from === 0) {
    items.push(
      { key: "top", type: "top", state: top, depends: [top] },
      ...noteItems(notes.get(null)),
    );
  }
  let previous = messages[from - 1];
  let isBroken = false;
  for (let i = from; i < to; i++) {
    const message = messages[i];
    if (!message) continue;
    const isDivided = message.position === scene.divider.before;
    const isNewDay = !previous || dayOf(previous.at) !== dayOf(message.at);
    if (isNewDay || i === from) items.push(dayItem(message.at));
    if (isDivided) items.push(dividerItem(scene.divider.count));
    const isGrouped = !(isBroken || isNewDay || isDivided || i === from) &&
      isTogether(previous, message);
    items.push(messageItem(scene, message, isGrouped, deeds.get(message.position) ?? []));
    const behind = noteItems(notes.get(message.position));
    items.push(...behind);
    isBroken = behind.length > 0;
    previous = message;
  }
  return to < messages.length ? items : [...items, ...pendingItems(scene, previous, isBroken)];
}

/** @param {Scene} scene @param {Message} message @param {boolean} isGrouped @param {readonly Delivery[]} deeds @returns {Item} */
function messageItem({ timeline, user }, message, isGrouped, deeds) {
  const isOwn = message.user === user;
  const target = message.reply ? timeline.get(message.reply) : undefined;
  return {
    type: "message",
    key: message.position,
    ...(isOwn && { was: `mine/${message.id}` }),
    message,
    isOwn,
    isGrouped,
    target,
    deeds,
    depends: [
      "said",
      message,
      isOwn,
      isGrouped,
      target,
      ...deeds.flatMap((it) => [it, it.state.value]),
    ],
  };
}

/** @param {Scene} scene @param {Message | undefined} last @param {boolean} isBroken @returns {Item[]} */
function pendingItems({ timeline, user, outbox }, last, isBroken) {
  // An entry may be told before the outbox has let its delivery go.
  const told = new Set(
    timeline.messages.slice(-100).filter((it) => it.user === user).map((it) => it.id),
  );
  let previous = isBroken ? undefined : last;
  /** @type {Item[]} */
  const items = [];
  for (const delivery of outbox) {
    const { id, at, deed, state } = delivery;
    if (deed.type !== "say" || state.value.kind === "discarded" || told.has(id)) continue;
    const message = { position: "", id, at, user: user ?? "", name: "", text: deed.text };
    if (!last || dayOf(last.at) < dayOf(at)) items.push(dayItem(at));
    const isGrouped = isTogether(previous, message);
    const target = deed.reply ? timeline.get(deed.reply) : undefined;
    const depends = [state.value, isGrouped, target];
    items.push({ type: "pending", key: `mine/${id}`, delivery, isGrouped, target, depends });
    last = previous = message;
  }
  return items;
}

/** @param {number} at @returns {Item} */
function dayItem(at) {
  return { type: "day", key: `day/${dayOf(at)}`, at, depends: [] };
}

/** @param {number} count @returns {Item} */
function dividerItem(count) {
  return { type: "divider", key: "divider", count, depends: [count] };
}

/** @param {readonly Note[]} [notes] @returns {Item[]} */
function noteItems(notes = []) {
  return notes.map((note, i) => ({
    type: "note",
    key: `note/${note.after}/${i}`,
    note,
    depends: [note],
  }));
}

/** @param {Message | undefined} previous @param {Message} message */
function isTogether(previous, message) {
  return previous !== undefined && previous.user === message.user && !message.reply &&
    (previous.name === message.name || message.name === "") && message.at - previous.at < GROUP_MS;
}

/** @param {readonly Delivery[]} outbox */
function deedsByMessage(outbox) {
  /** @type {Map<string, Delivery[]>} */
  const deeds = new Map();
  for (const delivery of outbox) {
    const { deed, state } = delivery;
    if (deed.type === "say" || state.value.kind === "discarded") continue;
    deeds.set(deed.of, [...deeds.get(deed.of) ?? [], delivery]);
  }
  return deeds;
}
