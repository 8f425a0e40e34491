// @ts-check
/**
 * The rows that the log shows for a span of messages, as plain values: messages with the days, dividers and notices
 * between them, and pending deliveries at the end. Each has a stable key and the values its look
 * depends on, so that only changed rows are rendered again.
 * @module
 */
import { seqOf, withReaction } from "../../../client/timeline/amendments.js";
import { dayOf } from "../../base/dates.js";

/** @typedef {import("../../../client/timeline/timeline.js").Message} Message */
/** @typedef {import("../../../client/timeline/timeline.js").Note} Note */
/** @typedef {import("../../../client/timeline/timeline.js").Timeline} Timeline */
/** @typedef {import("../types.js").Delivery} Delivery */
/** @typedef {import("../../text/mentions.js").NamedUser} NamedUser */
/** @typedef {"loading" | "failed" | "beginning" | "oldest" | "empty" | "unknown"} TopState */
/**
 * `isMention`: whether it mentions the user. `named`: the users whom it mentions, with their current names, as far as known.
 * @typedef {{key: string, was?: string, depends: readonly unknown[]} & ({type: "top", state: TopState}
 *   | {type: "day", at: number} | {type: "divider", count: number} | {type: "note", note: Note} | {type: "copy"}
 *   | {type: "message", message: Message, isOwn: boolean, isHidden: boolean, isGrouped: boolean, isMention: boolean,
 *       target: Message | undefined, named: readonly NamedUser[], nameNow: string | undefined, mark: string | undefined,
 *       deliveries: readonly Delivery[]}
 *   | {type: "event", message: Message}
 *   | {type: "pending", delivery: Delivery, isGrouped: boolean, target: Message | undefined,
 *       named: readonly NamedUser[]})} LogItem
 */
/**
 * @typedef {{timeline: Timeline, from: number, to: number, user: string | undefined, top: TopState,
 *   divider: {before: string | null, count: number}, outbox: readonly Delivery[],
 *   nameOf?(user: string): string | undefined, hasOneName?(user: string): boolean, markOf?(user: string): string | undefined, blocked: Blocked, revealed: ReadonlySet<string>}} LogSnapshot
 */
/**
 * Blocked users: their messages are hidden, unless the reader has revealed them, and what else they did is left out.
 * @typedef {ReadonlyMap<string, unknown>} Blocked
 */

/**
 * The row above the first message.
 * @param {Timeline} timeline
 * @param {boolean} hasFailed Whether loading older ones has failed.
 * @returns {TopState}
 */
export function topStateOf({ isOpen, more, messages }, hasFailed) {
  if (!isOpen) return "unknown";
  if (more) return hasFailed ? "failed" : "loading";
  if (messages.length === 0) return "empty";
  // The first message ever. Before another one there may be changes of names, messages by now removed, or nothing.
  return seqOf(messages[0]?.position) === 1 ? "beginning" : "oldest";
}

/**
 * Whether a delivery waits for the user's decision.
 * @param {Delivery} delivery
 */
export function isStuck({ state: { value: { kind } } }) {
  return kind === "failed" || kind === "unsure";
}

/** Messages of one author within this time are grouped. */
export const GROUP_MS = 5 * 60_000;

/**
 * All rows, oldest first.
 * @param {LogSnapshot} snapshot `from` and `to` are indexes.
 * @returns {readonly LogItem[]}
 */
export function itemsOf(snapshot) {
  const { timeline, from, to, top } = snapshot;
  const { messages } = timeline;
  const changesByMessage = deliveriesByMessage(snapshot.outbox);
  const notes = notesByMessage(
    timeline.notes.filter((it) => it.type !== "renamed" || !snapshot.blocked.has(it.user)),
  );
  /** @type {LogItem[]} */
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
    const isDivided = message.position === snapshot.divider.before;
    const isNewDay = !previous || dayOf(previous.at) !== dayOf(message.at);
    if (isNewDay || i === from) items.push(dayItem(message.at));
    if (isDivided) items.push(dividerItem(snapshot.divider.count));
    const following = noteItems(notes.get(message.position));
    if (message.event && !message.deleted) {
      items.push(eventItem(message), ...following);
      isBroken = true;
      previous = message;
      continue;
    }
    const isGrouped = !(isBroken || isNewDay || isDivided || i === from) &&
      isTogether(previous, message);
    const item = messageItem(
      snapshot,
      message,
      isGrouped,
      changesByMessage.get(message.position) ?? [],
    );
    items.push(item, ...following);
    // A hidden message does not name its author.
    isBroken = following.length > 0 || item.isHidden;
    previous = message;
  }
  if (to < messages.length) return items;
  // Cached on an earlier visit: there is no connection to learn about changes.
  const isCopy = !timeline.isOpen && messages.length > 0;
  if (isCopy) items.push({ type: "copy", key: "copy", depends: [] });
  return [...items, ...pendingItems(snapshot, previous, isBroken || isCopy)];
}

/**
 * @param {LogSnapshot} scene
 * @param {Message} message
 * @param {boolean} isGrouped
 * @param {readonly Delivery[]} deliveries
 * @returns {Extract<LogItem, {type: "message"}>}
 */
function messageItem(scene, message, isGrouped, deliveries) {
  const { user, nameOf, hasOneName, markOf, blocked, revealed } = scene;
  const isOwn = message.user === user;
  const isHidden = !isOwn && blocked.has(message.user) && !revealed.has(message.position);
  const isNameKept = isGrouped || hasOneName?.(message.user) === false;
  const name = isNameKept ? undefined : nameOf?.(message.user);
  const nameNow = name === message.name ? undefined : name;
  const mark = isGrouped ? undefined : markOf?.(message.user);
  const target = targetOf(scene, message.reply);
  const { mentions = [] } = message;
  const isMention = !isOwn && mentions.includes(user ?? "");
  const named = withNames(scene, mentions);
  return {
    type: "message",
    key: message.position,
    ...(isOwn && { was: `mine/${message.id}` }),
    message: withoutReactionsOf(blocked, message),
    isOwn,
    isHidden,
    isGrouped,
    isMention,
    target,
    named,
    nameNow,
    mark,
    deliveries,
    depends: [
      "said",
      message,
      blocked,
      isOwn,
      isHidden,
      isGrouped,
      isMention,
      target,
      nameNow,
      mark,
      ...named.map(({ name }) => name),
      ...deliveries.flatMap((it) => [it, it.state.value]),
    ],
  };
}

/** @param {LogSnapshot} scene @param {string | undefined} reply */
function targetOf({ timeline, blocked }, reply = "") {
  const target = timeline.get(reply);
  return target && blocked.has(target.user) ? undefined : target;
}

/** @param {LogSnapshot} scene @param {readonly string[]} [users] @returns {readonly NamedUser[]} */
function withNames({ nameOf }, users = []) {
  return users.flatMap((user) => {
    const name = nameOf?.(user);
    return name ? [{ user, name }] : [];
  });
}

/** @param {Blocked} blocked @param {Message} message */
function withoutReactionsOf(blocked, message) {
  let shown = message;
  if (blocked.size === 0) return shown;
  for (const [emoji, users] of Object.entries(message.reactions ?? {})) {
    for (const user of users) {
      if (blocked.has(user)) shown = withReaction(shown, user, emoji, false);
    }
  }
  return shown;
}

/** @param {LogSnapshot} scene @param {Message | undefined} last @param {boolean} isBroken @returns {LogItem[]} */
function pendingItems(scene, last, isBroken) {
  const { timeline, user, outbox } = scene;
  // An entry may arrive before the outbox has removed its delivery.
  const shown = new Set(
    timeline.messages.slice(-100).filter((it) => it.user === user).map((it) => it.id),
  );
  let previous = isBroken ? undefined : last;
  /** @type {LogItem[]} */
  const items = [];
  for (const delivery of outbox) {
    const { id, at, action, state } = delivery;
    if (action.type !== "say" || state.value.kind === "discarded" || shown.has(id)) continue;
    const message = { position: "", id, at, user: user ?? "", name: "", text: action.text };
    if (!last || dayOf(last.at) < dayOf(at)) items.push(dayItem(at));
    const isGrouped = isTogether(previous, message);
    const target = targetOf(scene, action.reply);
    const named = withNames(scene, action.mentions);
    const depends = [state.value, isGrouped, target, ...named.map(({ name }) => name)];
    items.push({ type: "pending", key: `mine/${id}`, delivery, isGrouped, target, named, depends });
    last = previous = message;
  }
  return items;
}

/** @param {Message} message @returns {LogItem} */
function eventItem(message) {
  return { type: "event", key: message.position, message, depends: ["event", message] };
}

/** @param {number} at @returns {LogItem} */
function dayItem(at) {
  return { type: "day", key: `day/${dayOf(at)}`, at, depends: [] };
}

/** @param {number} count @returns {LogItem} */
function dividerItem(count) {
  return { type: "divider", key: "divider", count, depends: [count] };
}

/** @param {readonly Note[]} [notes] @returns {LogItem[]} */
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

/** @param {readonly Note[]} notes */
function notesByMessage(notes) {
  /** @type {Map<string | null, Note[]>} */
  const grouped = new Map();
  for (const note of notes) grouped.set(note.after, [...grouped.get(note.after) ?? [], note]);
  return grouped;
}

/** @param {readonly Delivery[]} outbox */
function deliveriesByMessage(outbox) {
  /** @type {Map<string, Delivery[]>} */
  const grouped = new Map();
  for (const delivery of outbox) {
    const { action, state } = delivery;
    if (action.type === "say" || state.value.kind === "discarded") continue;
    grouped.set(action.of, [...grouped.get(action.of) ?? [], delivery]);
  }
  return grouped;
}
