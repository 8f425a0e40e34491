// @ts-check
/**
 * The English strings of the log; log_zh.js has the Chinese ones under the same keys. {@linkcode fillTemplate} replaces
 * the `{placeholders}`. For counts, English has two keys: the one for a single item ends in `One`.
 * @module
 */

/** The English strings. */
export const logEn = {
  today: "Today",
  yesterday: "Yesterday",
  youToo: "you",
  mentionsYou: "mentions you",
  edited: "edited",
  deletedMessage: "This message was deleted.",
  deletedBy: "Deleted by {name}",
  deletedByFor: "Deleted by {name}: {reason}",
  editedAt: "Edited {time}",
  react: "React",
  reactedBy: "{emoji}: {names}",
  andOthers: "{names} and {count} others",
  andOtherOne: "{names} and 1 other",
  replyTo: "Reply to {name}: {text}. Go to this message.",
  replyToUnknown: "An earlier message",
  replyToDeleted: "a deleted message",
  sending: "Sending…",
  waitingToSend: "Waiting to be sent",
  savingEdit: "Saving…",
  deleting: "Deleting…",
  notSent: "Not sent: {why}",
  unsureSent: "Possibly sent. Delivery could not be confirmed.",
  otherService: "Written for another service at this address. Not sent.",
  held: "Waiting for a moderator to approve it.",
  hide: "Hide",
  retry: "Retry",
  sendAgain: "Send again",
  sendHere: "Send here",
  discard: "Discard",
  showMore: "Show more",
  showLess: "Show less",
  newMessagesOne: "1 new message",
  newMessages: "{count} new messages",
  toLatest: "Jump to the latest",
  saidAloud: "{name}: {text}",
  loadingOlder: "Loading older messages…",
  olderFailed: "Older messages could not be loaded.",
  beginning: "This is the beginning of {room}.",
  beginningDirect: "This is the beginning of your conversation with {room}.",
  nothingYet: "No messages yet. Say hello!",
  renamed: "{from} is now {name}",
  nowCalled: "now {name}",
  missingTooMany: "You were away for a while. Scroll up to see what you missed.",
  goneMessage: "This message no longer exists.",
  noOlder: "There are no older messages.",
  farMessage: "This message could not be loaded. Try again when you are connected.",
};

/** @typedef {typeof logEn} LogStrings */

/**
 * Fills in the `{placeholders}` of a string. Values are inserted unchanged.
 * @param {string} text
 * @param {Readonly<Record<string, string | number>>} values
 */
export function fillTemplate(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, key) => String(values[key] ?? whole));
}

/**
 * The string for a count.
 * @param {LogStrings} strings
 * @param {"newMessages"} key
 * @param {number} count
 */
export function withCount(strings, key, count) {
  return count === 1 ? strings[`${key}One`] : fillTemplate(strings[key], { count });
}
