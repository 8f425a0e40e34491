// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Draws a message: who, when and what, what it answers, who reacted, and what is still on its way with it. Drawn anew, the
 * same element gets new children, so that whoever has it focused or points at it does not lose it.
 * @module
 */
import { momentName, timeName } from "./dates.js";
import { button, hueOf, initialOf, make, refill } from "./log_dom.js";
import { isStuck } from "./log_items.js";
import { fill } from "./log_strings.js";
import { isOnlyEmoji, paragraphsOf, partsOf } from "./rich_text.js";
import { react } from "../client/timeline_amend.js";

/** @typedef {import("./log_types.js").Message} Message */
/** @typedef {import("./log_types.js").Delivery} Delivery */
/** @typedef {import("./log_types.js").LogStrings} LogStrings */
/** @typedef {import("./log_items.js").Item} Item */
/** @typedef {Extract<Item, {type: "message"}>} MessageItem */
/** @typedef {Extract<Item, {type: "pending"}>} PendingItem */
/**
 * What is asked of the surroundings while drawing.
 * @typedef {{strings: LogStrings & Readonly<Record<string, string>>, locale: string, me: {user: string, name: string},
 *   nameOf(user: string): string | undefined}} Pen
 */

const MAX_NAMES = 20;
const MAX_QUOTE = 160;

/**
 * Draws a message that the room has.
 * @param {HTMLElement} row
 * @param {MessageItem} item
 * @param {Pen} pen
 */
export function drawMessage(row, { message, isOwn, isGrouped, target, deeds }, pen) {
  const { strings } = pen;
  const shown = deeds.reduce((it, { deed }) => foreseen(it, deed, pen.me.user), message);
  delete row.dataset["delivery"];
  row.dataset["position"] = message.position;
  row.className = look(
    "said",
    isOwn && "own",
    isGrouped && "grouped",
    message.deleted && "deleted",
  );
  // A message that is no more has no tools, and focus must not go with them.
  if (message.deleted && row.contains(document.activeElement)) row.focus({ preventScroll: true });
  const status = statusOf(deeds, pen);
  const body = message.deleted
    ? [make("p", "text none", strings.deletedMessage), status]
    : [textOf(shown, pen), reactionsOf(shown, pen), status];
  fillRow(row, { ...message, isGrouped, body: [quoteOf(message, target, pen), ...body] }, pen);
}

// How it stands with what one wants done to the message. What was refused is told first, since it waits for its person.
/** @param {readonly Delivery[]} deeds @param {Pen} pen */
function statusOf(deeds, pen) {
  const stuck = deeds.find(isStuck);
  if (stuck) return deliveryOf(stuck.state.value, pen);
  const { deleting, savingEdit } = pen.strings;
  if (deeds.some(({ deed }) => deed.type === "delete")) return make("p", "delivery", deleting);
  return deeds.some(({ deed }) => deed.type === "edit") && make("p", "delivery", savingEdit);
}

/**
 * Draws a message of one's own that the room does not have yet.
 * @param {HTMLElement} row
 * @param {PendingItem} item
 * @param {Pen} pen
 */
export function drawPending(row, { delivery, isGrouped, target }, pen) {
  const { deed, at, id, state: { value: state } } = delivery;
  if (deed.type !== "say") return;
  const message = {
    position: `mine/${id}`,
    at,
    name: pen.me.name,
    text: deed.text,
    reply: deed.reply,
  };
  delete row.dataset["position"];
  row.dataset["delivery"] = id;
  row.className = look("said", "own", "pending", state.kind, isGrouped && "grouped");
  const body = [quoteOf(message, target, pen), textOf(message, pen), deliveryOf(state, pen)];
  fillRow(row, { ...message, isGrouped, body }, pen);
}

/** @param {...(string | false | undefined)} names */
const look = (...names) => names.filter(Boolean).join(" ");

/**
 * @param {HTMLElement} row
 * @param {{position: string, at: number, name: string, isGrouped: boolean, body: (Node | string | false | undefined)[]}} parts
 * @param {Pen} pen
 */
function fillRow(row, { position, at, name, isGrouped, body }, { locale }) {
  const time = make("time", "", timeName(at, locale));
  time.dateTime = new Date(at).toISOString();
  time.title = momentName(at, locale);
  const author = make("b", `author hue-${hueOf(name)}`, name);
  const head = make(
    "div",
    isGrouped ? "head unseen" : "head",
    author,
    make("span", "unseen", ": "),
  );
  const disc = make("span", `disc hue-${hueOf(name)}`, initialOf(name));
  disc.ariaHidden = "true";
  const gutter = make("div", "gutter", isGrouped ? time : disc);
  if (!isGrouped) head.append(time);
  const words = make("div", "body", isGrouped && gutter, head, ...body.filter((it) => it !== ""));
  head.id = `head-${position}`;
  words.querySelector(".text")?.setAttribute("id", `text-${position}`);
  row.setAttribute("aria-labelledby", `head-${position} text-${position}`);
  refill(row, isGrouped ? [words] : [gutter, words]);
}

// What a deed of one's own will do to the message, shown before the room has it.
/** @param {Message} message @param {import("./log_types.js").OwnDeed} deed @param {string} user @returns {Message} */
function foreseen(message, deed, user) {
  if (deed.type === "edit") return { ...message, text: deed.text };
  return deed.type === "react" ? react(message, user, deed.emoji, deed.on) : message;
}

/** @param {{text: string, edited?: number}} message @param {Pen} pen */
function textOf({ text, edited }, { strings, locale }) {
  const element = make("div", isOnlyEmoji(text) ? "text large" : "text");
  element.append(...inBlocks(paragraphsOf(text).map((pieces) => pieces.map(nodeOf))));
  if (edited === undefined) return element;
  const mark = make("span", "mark", strings.edited);
  mark.title = fill(strings.editedAt, { time: momentName(edited, locale) });
  element.append(" ", mark);
  return element;
}

/** @param {readonly (readonly (Node | string)[])[]} parts */
function inBlocks(parts) {
  return parts.length > 1 ? parts.map((nodes) => make("div", "", ...nodes)) : parts[0] ?? [];
}

/** @param {import("./rich_text.js").Piece} piece */
function nodeOf(piece) {
  if (piece.type === "text") return piece.text;
  if (piece.type === "code") return make("code", "", piece.text);
  if (piece.type === "block") {
    return make("pre", "", make("code", "", ...inBlocks(partsOf(piece.text).map((it) => [it]))));
  }
  const link = make("a", "", piece.text);
  link.href = piece.href;
  link.target = "_blank";
  link.rel = "noopener noreferrer nofollow ugc";
  link.tabIndex = -1;
  return link;
}

/** @param {{reply?: string}} message @param {Message | undefined} target @param {Pen} pen */
function quoteOf({ reply }, target, { strings }) {
  if (!reply) return undefined;
  const text = target?.deleted ? strings.replyToDeleted : target?.text.slice(0, MAX_QUOTE) ?? "";
  const quote = target
    ? button(
      "quote",
      "jump",
      make("b", `author hue-${hueOf(target.name)}`, target.name),
      " ",
      make("span", "", text),
    )
    : button("quote", "jump", make("span", "", strings.replyToUnknown));
  quote.dataset["to"] = reply;
  if (target) quote.ariaLabel = fill(strings.replyTo, { name: target.name, text });
  return quote;
}

/** @param {Message} message @param {Pen} pen */
function reactionsOf({ reactions }, { strings, me, nameOf }) {
  if (!reactions) return undefined;
  const list = make("div", "reactions");
  for (const [emoji, users] of Object.entries(reactions)) {
    const known = users.slice(0, MAX_NAMES)
      .flatMap((user) => user === me.user ? [strings.youToo] : nameOf(user) ?? []);
    const names = listed(known, users.length - known.length, strings);
    const count = make("span", "count", String(users.length));
    const toggle = button("reaction", "toggle", make("span", "", emoji), " ", count);
    toggle.dataset["emoji"] = emoji;
    toggle.ariaPressed = String(users.includes(me.user));
    toggle.title = fill(strings.reactedBy, { emoji, names });
    list.append(toggle);
  }
  const add = button("reaction add", "pick", "+");
  add.ariaLabel = add.title = strings.react;
  list.append(add);
  return list;
}

/** @param {readonly string[]} known @param {number} others @param {LogStrings} strings */
function listed(known, others, strings) {
  const names = known.join(", ");
  if (others === 0 || known.length === 0) return names || String(others);
  return others === 1
    ? fill(strings.andOtherOne, { names })
    : fill(strings.andOthers, { names, count: others });
}

/** @param {import("./log_types.js").DeliveryState} state @param {Pen} pen */
function deliveryOf(state, { strings }) {
  if (state.kind === "failed") {
    const { code, message } = state.error;
    const why = strings[`fault_${code}`] ?? message;
    return deliveryLine("delivery fault", fill(strings.notSent, { why }), strings.retry, strings);
  }
  if (state.kind === "unsure") {
    const [words, again] = state.reason === "other_service"
      ? [strings.otherService, strings.sendHere]
      : [strings.unsureSent, strings.sendAgain];
    return deliveryLine("delivery fault", words, again, strings);
  }
  if (state.kind === "sent") return undefined;
  return make("p", "delivery", state.kind === "waiting" ? strings.waitingToSend : strings.sending);
}

/** @param {string} look @param {string} words @param {string} again @param {LogStrings} strings */
function deliveryLine(look, words, again, strings) {
  return make(
    "div",
    look,
    make("span", "", words),
    button("small", "retry", again),
    button("small", "discard", strings.discard),
  );
}
