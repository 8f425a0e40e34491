// @ts-check
/**
 * The English strings of the page's frame. Those of the log are in log_en.js, and those of the parts loaded on demand in
 * later_en.js. The Chinese strings have the same keys and the same placeholders. For counts, a key ending in One has a
 * counterpart ending in Many.
 * @module
 */

/** @typedef {import("./log_en.js").LogStrings} LogStrings */
/** @typedef {typeof import("./later_en.js").laterEn} LaterStrings */
/** All strings of the page. @typedef {typeof en & LogStrings & LaterStrings} Strings */

/** The strings by key. */
export const en = {
  skip: "Skip to the message field",
  rooms: "Rooms",
  openRooms: "Show rooms",
  people: "People",
  openPeople: "Show people",
  close: "Close",
  dismiss: "Dismiss",
  settings: "Settings",
  conversation: "Conversation",

  joinField: "Join or find a room",
  leaveRoom: "Leave this room",
  roomSettings: "Room settings",
  newRoom: "New room",
  roomMembers: "Members of this room",
  somePrivate: "Private room",
  someDirect: "Direct messages",
  noRooms: "You have not joined any rooms",
  noRoomsHint: "Find a room by its name, or create one.",
  nobodySpoke: "No messages yet",
  unreadOne: "1 unread message",
  unreadMany: "{count} unread messages",
  unreadMention: "{words}, you are mentioned",
  roomJoining: "Joining {room}…",
  slowed: "Sending slowly, to stay within the server's limits…",
  roomRefused: "You could not join {room}: {why}",
  roomNameTaken: "Your name is taken in {room}. Choose another to join.",
  roomNameTemporary: "{wanted} is taken here. You are {name} until it is free.",
  chooseOther: "Choose another name",
  roomMarkRefused: "not joined",
  roomLeft: "You left {room}.",
  undo: "Join again",

  peopleOne: "1 person",
  peopleMany: "{count} people",
  sampled: "Showing {shown} of {count}",
  thatIsYou: "you",
  guest: "guest",
  markOwner: "owner",
  markModerator: "moderator",
  markMember: "member",
  markApp: "app",
  guestBar: "You are {name}.",
  chooseName: "Choose a name",
  myName: "Your name: {name}",
  nameless: "Your name",

  connecting: "Connecting…",
  offline: "You are offline.",
  kept: "Messages are sent when you reconnect.",
  retryIn: "Reconnecting in {seconds} s",
  retrying: "Reconnecting…",
  retryNow: "Try now",
  ended: "The server closed the connection: {why}",
  reload: "Reload",
  online: "Connected",

  message: "Message",
  markPrivate: "Private",
  markDirect: "Only the two of you",
  messageTo: "Message {room}",
  send: "Send",
  save: "Save",
  emoji: "Emoji",
  hint: "Press Enter to send, Shift+Enter for a new line.",
  hintCode: "In code, press Enter for a new line, Ctrl+Enter to send.",
  tooLong: "Too long by {bytes} bytes. Shorten or split it.",
  answering: "Replying to {name}: {text}",
  cancelReply: "Cancel reply",
  editing: "Editing your message",
  cancelEdit: "Stop editing",
  editDeleted: "The message you were editing was deleted. Any changes are now a draft.",
  editChanged: "The message you were editing was changed elsewhere. Any changes are now a draft.",
  replyDeleted: "The message you were replying to was deleted.",
  typingOne: "{name} is typing…",
  typingTwo: "{name} and {other} are typing…",
  typingMany: "Several people are typing…",

  partNotLoaded: "This part of the page could not be loaded.",
  tryAgain: "Try again",
  pageUpdated: "The page has been updated. Reload it to continue.",

  faultOther: "something went wrong ({code}).",

  close1006: "The connection was lost.",
  close1012: "The server is restarting.",
  closeOther: "The connection was closed (code {code}).",
};
