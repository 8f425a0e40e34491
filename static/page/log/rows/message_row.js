// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Renders a message: author, time, text, quoted message, reactions, and the state of pending actions. Rendering again gives
 * the same element new children, so that it keeps the focus and the pointer.
 * @module
 */
import { momentName, timeName } from "../../base/dates.js";
import {
  button,
  hueOf,
  initialOf,
  make,
  nameButton,
  replaceContent,
  sentence,
} from "../../base/elements.js";
import { excerpt } from "../../text/excerpt.js";
import { deletionOf } from "./deletion.js";
import { isLong } from "./folded_texts.js";
import { kindOfRoom } from "../../base/room_kinds.js";
import { isHeld } from "../released.js";
import { isStuck } from "./rows.js";
import { fillTemplate } from "../../i18n/log_en.js";
import { hasStackedMarks, isOnlyEmoji, paragraphsOf, splitText } from "../../text/rich_text.js";
import { withReaction } from "../../../client/timeline/amendments.js";

/** @typedef {import("../types.js").Message} Message */
/** @typedef {import("../types.js").Delivery} Delivery */
/** @typedef {import("../types.js").LogStrings} LogStrings */
/** @typedef {import("./rows.js").LogItem} LogItem */
/** @typedef {Extract<LogItem, {type: "message"}>} MessageItem */
/** @typedef {Extract<LogItem, {type: "pending"}>} PendingItem */
/**
 * The context of rendering.
 * @typedef {{strings: LogStrings & Readonly<Record<string, string>>, locale: string, me: {user: string, name: string},
 *   nameOf(user: string): string | undefined, folds: import("./folded_texts.js").FoldedTexts}} RowContext
 */

const MAX_NAMES = 20;
const MAX_QUOTE = 160;
/** Faults that the same message would meet again. */
const NO_RETRY = ["turned_down", "empty", "too_long"];

/**
 * Renders a message of the room.
 * @param {HTMLElement} row
 * @param {MessageItem} item
 * @param {RowContext} context
 */
export function drawMessage(
  row,
  { message, isOwn, isGrouped, isMention, target, named, nameNow, mark, deliveries },
  context,
) {
  const { strings } = context;
  const shown = deliveries.reduce(
    (it, { action }) => withOptimisticAction(it, action, context.me.user),
    message,
  );
  delete row.dataset["delivery"];
  row.dataset["position"] = message.position;
  row.className = classNames(
    "said",
    isOwn && "own",
    isGrouped && "grouped",
    isMention && "mentioning",
    message.deleted && "deleted",
  );
  // A deleted message has no tools: keep the focus in the page.
  if (message.deleted && row.contains(document.activeElement)) row.focus({ preventScroll: true });
  const status = statusOf(deliveries, context);
  const body = message.deleted
    ? [make("p", "text none", ...deletionOf(message, strings)), status]
    : [...textOf(shown, named, context), reactionsOf(shown, context), status];
  fillRow(row, {
    ...{ ...message, nameNow, mark, isGrouped, isMention },
    body: [quoteOf(message, target, context), ...body],
  }, context);
}

// The state of the user's pending actions on the message. A refused one comes first, since it waits for a decision.
/** @param {readonly Delivery[]} deliveries @param {RowContext} context */
function statusOf(deliveries, context) {
  const stuck = deliveries.find(isStuck);
  if (stuck) return deliveryStatus(stuck, context);
  const { deleting, savingEdit } = context.strings;
  if (deliveries.some(({ action }) => action.type === "delete")) {
    return make("p", "delivery", deleting);
  }
  return deliveries.some(({ action }) => action.type === "edit") &&
    make("p", "delivery", savingEdit);
}

/**
 * Renders a message of this user that is not in the room's log yet.
 * @param {HTMLElement} row
 * @param {PendingItem} item
 * @param {RowContext} context
 */
export function drawPending(row, { delivery, isGrouped, target, named }, context) {
  const { action, at, id, state: { value: state } } = delivery;
  if (action.type !== "say") return;
  const message = {
    id,
    position: `mine/${id}`,
    at,
    name: context.me.name,
    text: action.text,
    reply: action.reply,
  };
  delete row.dataset["position"];
  row.dataset["delivery"] = id;
  row.className = classNames("said", "own", "pending", state.kind, isGrouped && "grouped");
  const body = [
    quoteOf(message, target, context),
    ...textOf(message, named, context),
    deliveryStatus(delivery, context),
  ];
  fillRow(row, { ...message, isGrouped, body }, context);
}

/** @param {...(string | false | undefined)} names */
const classNames = (...names) => names.filter(Boolean).join(" ");

/**
 * @param {HTMLElement} row
 * @param {{position: string, at: number, name: string, nameNow?: string, mark?: string, isGrouped: boolean, isMention?: boolean, body: (Node | string | false | undefined)[]}} parts
 * @param {RowContext} context
 */
function fillRow(row, parts, { strings, locale }) {
  const { position, at, name, nameNow, mark, isGrouped, isMention, body } = parts;
  const time = make("time", "", timeName(at, locale));
  time.dateTime = new Date(at).toISOString();
  time.title = momentName(at, locale);
  const author = make("b", `author hue-${hueOf(name)}`, name);
  const head = make(
    "div",
    isGrouped ? "head unseen" : "head",
    author,
    nameNow && make("span", "now", ...sentence(strings.nowCalled, { name: nameNow })),
    mark && make("span", "mark", make("span", "unseen", ", "), strings[mark]),
    isMention && make("span", "unseen", `, ${strings.mentionsYou}`),
    make("span", "unseen", ": "),
  );
  const disc = make("span", `disc hue-${hueOf(name)}`, initialOf(name));
  disc.setAttribute("aria-hidden", "true");
  const gutter = make("div", "gutter", isGrouped ? time : disc);
  if (!isGrouped) head.append(time);
  const words = make("div", "body", isGrouped && gutter, head, ...body.filter((it) => it !== ""));
  head.id = `head-${position}`;
  words.querySelector(".text")?.setAttribute("id", `text-${position}`);
  row.setAttribute("aria-labelledby", `head-${position} text-${position}`);
  replaceContent(row, isGrouped ? [words] : [gutter, words]);
}

// The expected result of this user's pending action, shown before it is confirmed.
/** @param {Message} message @param {import("../types.js").OwnAction} action @param {string} user @returns {Message} */
function withOptimisticAction(message, action, user) {
  if (action.type === "edit") return { ...message, text: action.text };
  return action.type === "react" ? withReaction(message, user, action.emoji, action.on) : message;
}

/**
 * @param {{id: string, text: string, edited?: number}} message
 * @param {readonly import("../../text/mentions.js").NamedUser[]} named
 * @param {RowContext} context
 */
function textOf({ id, text, edited }, named, { strings, locale, folds }) {
  const element = make(
    "div",
    classNames("text", isOnlyEmoji(text) && "large", hasStackedMarks(text) && "piled"),
  );
  element.append(...asBlocks(paragraphsOf(text, named).map((pieces) => pieces.map(nodeOf))));
  if (edited !== undefined) {
    const mark = make("span", "mark", strings.edited);
    mark.title = fillTemplate(strings.editedAt, { time: momentName(edited, locale) });
    element.append(" ", mark);
  }
  return isLong(text) ? [element, folds.button(id, element)] : [element];
}

/** @param {readonly (readonly (Node | string)[])[]} parts */
function asBlocks(parts) {
  return parts.length > 1 ? parts.map((nodes) => make("div", "", ...nodes)) : parts[0] ?? [];
}

/** @param {import("../../text/rich_text.js").Piece} piece */
function nodeOf(piece) {
  if (piece.type === "text") return piece.text;
  if (piece.type === "mention") return make("bdi", "mention", piece.text);
  if (piece.type === "code") return make("code", "", piece.text);
  if (piece.type === "block") {
    return make("pre", "", make("code", "", ...asBlocks(splitText(piece.text).map((it) => [it]))));
  }
  const link = make("a", "", piece.text);
  link.href = piece.href;
  link.target = "_blank";
  link.rel = "noopener noreferrer nofollow ugc";
  link.tabIndex = -1;
  return link;
}

/** @param {{reply?: string}} message @param {Message | undefined} target @param {RowContext} context */
function quoteOf({ reply }, target, { strings }) {
  if (!reply) return undefined;
  const text = target?.deleted ? strings.replyToDeleted : excerpt(target?.text ?? "", MAX_QUOTE);
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
  if (target) {
    quote.setAttribute("aria-label", fillTemplate(strings.replyTo, { name: target.name, text }));
  }
  return quote;
}

/** @param {Message} message @param {RowContext} context */
function reactionsOf({ reactions }, { strings, me, nameOf }) {
  if (!reactions) return undefined;
  const list = make("div", "reactions");
  for (const [emoji, users] of Object.entries(reactions)) {
    const known = users.slice(0, MAX_NAMES)
      .flatMap((user) => user === me.user ? [strings.youToo] : nameOf(user) ?? []);
    const names = joinNames(known, users.length - known.length, strings);
    const count = make("span", "count", String(users.length));
    const toggle = button("reaction", "toggle", make("span", "", emoji), " ", count);
    toggle.dataset["emoji"] = emoji;
    toggle.setAttribute("aria-pressed", String(users.includes(me.user)));
    toggle.title = fillTemplate(strings.reactedBy, { emoji, names });
    list.append(toggle);
  }
  const add = button("reaction add", "pick", "+");
  nameButton(add, strings.react);
  list.append(add);
  return list;
}

/** @param {readonly string[]} known @param {number} others @param {LogStrings} strings */
function joinNames(known, others, strings) {
  const names = known.join(", ");
  if (others === 0 || known.length === 0) return names || String(others);
  return others === 1
    ? fillTemplate(strings.andOtherOne, { names })
    : fillTemplate(strings.andOthers, { names, count: others });
}

/** @param {import("../types.js").Delivery} delivery @param {RowContext} context */
function deliveryStatus({ room, state: { value: state } }, { strings }) {
  if (isHeld(state)) return deliveryLine("delivery", strings.held, undefined, strings.hide);
  if (state.kind === "failed") {
    const { code, message, reason } = state.error;
    const isAlone = code === "not_allowed" && kindOfRoom(room) === "direct";
    const what = strings[isAlone ? "directLeft" : `fault_${code}`] ?? message;
    const why = reason ? `${what} ${reason}` : what;
    return deliveryLine(
      "delivery fault",
      fillTemplate(strings.notSent, { why }),
      NO_RETRY.includes(code) ? undefined : strings.retry,
      strings.discard,
    );
  }
  if (state.kind === "unsure") {
    const [words, again] = state.reason === "other_service"
      ? [strings.otherService, strings.sendHere]
      : [strings.unsureSent, strings.sendAgain];
    return deliveryLine("delivery fault", words, again, strings.discard);
  }
  if (state.kind === "sent") return undefined;
  return make("p", "delivery", state.kind === "waiting" ? strings.waitingToSend : strings.sending);
}

/** @param {string} className @param {string} words @param {string | undefined} again @param {string} discard */
function deliveryLine(className, words, again, discard) {
  return make(
    "div",
    className,
    make("span", "", words),
    again !== undefined && button("small", "retry", again),
    button("small", "discard", discard),
  );
}
