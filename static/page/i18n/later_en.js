// @ts-check
/**
 * The English strings used only by the parts loaded on demand, and those of rare faults and close codes, which have general
 * fallbacks until these are loaded. The Chinese ones are in the `*_zh.js` of their part, and
 * otherwise in zh.js, which includes them all.
 * @module
 */

import { membersEn } from "./members_en.js";
import { moderationEn } from "./moderation_en.js";
import { privateEn } from "./private_en.js";
import { roomsEn } from "./rooms_en.js";

/** The strings by key. */
export const laterEn = {
  ...membersEn,
  ...moderationEn,
  ...privateEn,
  ...roomsEn,

  paletteField: "Room or person",
  paletteIn: "in {room}",
  paletteJoin: "Join or create #{room}",
  paletteNone: "No room or person matches.",
  mentionList: "People to mention",
  newVersion: "There is a new version of this page.",
  nameTitle: "Your name",
  nameLabel: "What should others call you?",
  nameRule:
    "1 to 32 characters, none invisible, and at most three marks on a letter. Everyone in your rooms is notified when your name changes.",
  deleteTitle: "Delete this message?",
  deleteOthersTitle: "Delete this message by {name}?",
  deleteText: "It will be deleted for everyone, with its reactions. This cannot be undone.",
  deleteReason: "Reason (optional)",
  deleteReasonRule: "Everyone in the room will see it.",
  linkCopied: "Link copied.",
  linkTitle: "Link to the message",
  linkText: "Copy this address:",
  theme: "Appearance",
  themeSystem: "System",
  themeLight: "Light",
  themeDark: "Dark",
  language: "Language",
  notifications: "Notify me of new messages when this page is not in view",
  notifyInsecure:
    "Notifications need https, and this page was opened over plain http. Ask the operator of {host} for its https address.",
  notifyInstall:
    "On this device, notifications require installing the page: add it to the home screen from the share menu, then open it there.",
  notifyUnsupported: "This browser does not support notifications.",
  notifyDenied:
    "This browser blocks notifications from this page. You can allow them in its site settings.",
  notifyDismissed: "Permission was not granted. Switch this on again to be asked again.",
  shortcuts: "Keyboard shortcuts",
  shortcutSend: "Send the message",
  shortcutLine: "New line",
  shortcutSendCode: "Send, even from code",
  shortcutType: "Start typing, from the conversation",
  shortcutEdit: "Edit your last message, in an empty field",
  shortcutMention: "Mention a person",
  shortcutRooms: "Previous or next room",
  shortcutFind: "Find a room or a person, or join a room",
  shortcutLog: "Move through messages, then Tab for their actions",
  shortcutEnds: "First or latest message",
  shortcutEsc: "Close, or cancel a reply or an edit",
  commands: "Commands in the message field",
  commandHelp: "Show shortcuts and commands",
  commandName: "Change your name",
  commandJoin: "Join a room, or switch to it",
  commandLockdown: "Close the service to guests, for moderators",
  commandUnlock: "Open the service to guests, for moderators",
  commandText: "Send text that looks like a command",
  echoPage: "Echo page",
  savedCopy: "Saved copy. New messages and changes will appear once you are connected.",
  cancel: "Cancel",
  change: "Change",
  blockedMessage: "Message from a blocked person.",
  showBlocked: "Show",
  unblock: "Unblock",
  blockPerson: "Block {name}",
  unblockPerson: "Unblock {name}",
  blockedMark: "blocked",
  blockedPeople: "Blocked people",
  blockedRule:
    "You do not see what they write. They are not told. This applies to this browser only.",
  blockedFull: "You have blocked {count} people, the maximum. Unblock someone first.",
  nameSaved: "You are now {name}.",
  signIn: "Sign in",
  signInFirst: "Sign in to chat.",
  signOut: "Sign out",

  fault_bad_frame: "the server did not understand this page. Reload it.",
  fault_bad_name:
    "a name has 1 to 32 characters. It cannot contain invisible characters, special spaces, more than three marks on a letter, “: ”, or words that are not allowed here, and cannot begin with *, ! or /.",
  fault_name_taken: "this name is already taken. Choose another one.",
  fault_too_many_rooms: "you have reached the room limit. Leave a room first.",
  fault_unknown_type: "the server does not support this.",
  fault_hello_first: "the server did not understand this page. Reload it.",
  fault_token_required:
    "this service is not open to guests. Open the link of an invite, or the chat in your app.",
  fault_bad_token:
    "this service is for the users of an app. Sign in to the app and open the chat there.",
  fault_token_expired: "your sign-in has expired. Open the chat in its app again.",
  fault_not_allowed: "you do not have permission.",
  fault_no_room: "it does not exist, and you may not create it.",
  fault_in_room: "you are already in this room.",
  fault_not_in_room: "you are not in this room.",
  fault_too_long: "the text is too long.",
  fault_empty: "the text is empty.",
  fault_blocked_words: "the text contains words that are not allowed here.",
  fault_rejected: "it was not accepted.",
  fault_held: "a moderator will look at it first.",
  fault_turned_down: "a moderator has turned it down.",
  fault_gone: "the message no longer exists.",
  fault_not_yours: "only its author can change a message.",
  fault_id_reused: "it was confused with another action. Try again.",
  fault_too_many_reactions: "the message has reached its reaction limit.",
  fault_store_full: "the server is out of space.",
  fault_rooms_full: "the server has reached its room limit.",
  fault_slow_down: "that was too fast. Wait a moment.",
  fault_unavailable: "the server cannot do this right now. Try again.",
  fault_unknown_outcome: "the outcome could not be confirmed. Try again.",
  fault_origin_refused:
    "the server does not accept this page's address. Its operator has to allow it.",
  fault_host_refused:
    "the server does not accept this page's address. Its operator has to allow it.",
  fault_too_many_connections: "the server has too many connections right now.",
  fault_disconnected: "there is no connection right now.",
  fault_closed: "the connection is closed.",
  close1000: "The server closed the connection.",
  close1001: "The server is shutting down.",
  close1003: "The server did not understand this page.",
  close1008: "Too many messages in a short time. Wait a moment.",
  close1009: "A message was too large.",
  close1011: "Internal server error.",
  close1013: "The server is busy.",
  close4008: "The connection was too slow to keep up.",
  close4009: "The connection timed out.",
  close4010: "The server is not ready yet.",
  close4011: "The handshake timed out.",
  close4012: "Not connected: you have not joined any rooms.",
  close4501: "The name is taken.",
  close4502: "The name cannot be used.",
  close4503: "The room's name cannot be used.",
  close4504: "Your sign-in has expired. Open the chat in its app again.",
  close4505: "Your sign-in is not valid for this service.",
  close4506: "This service is for the users of an app.",
  close4507: "You may not enter this room.",
  close4508: "You have been signed out.",
  fault_bad_room:
    "a room's name has 1 to 64 letters or digits of any language, or the characters .\u00a0_ and\u00a0-.",
  unknownCommand:
    "There is no command /{word}. Type /help for a list, or //{word} to send it as text.",
};
