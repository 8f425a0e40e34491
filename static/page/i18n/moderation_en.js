// @ts-check
/**
 * The English strings for moderation and reports.
 * @module
 */

/** The strings by key. */
export const moderationEn = {
  moderation: "Moderation",
  moderate: "Moderate",
  moderatePerson: "Moderate {name}",
  moderateTitle: "Moderate {name}",
  moderateAction: "Action",
  moderateTime: "How long",
  moderateWhere: "Where",
  moderateHere: "in {room}",
  everywhere: "everywhere",
  untilTime: "until {time}",
  timeTenMinutes: "10 minutes",
  timeForGood: "for good",
  mute: "Mute",
  muteHere: "{name} can read {room}, but not write in it or react.",
  muteEverywhere: "{name} can read, but not write or react in any room.",
  muteDone: "{name} is muted.",
  ban: "Ban",
  banHere:
    "{name} is removed from {room} and cannot come back. If this is a guest, other guests from the same IP address cannot join either.",
  banEverywhere:
    "{name} is signed out and can no longer use this chat. If this is a guest, other guests from the same IP address cannot join either.",
  banDone: "{name} is banned.",
  kick: "Remove",
  kickHere: "{name} is removed from {room}, but can join it again.",
  kickDone: "{name} was removed from {room}.",
  reasonForOne: "{name} and the moderators will see it.",
  sanctions: "Muted and banned people",
  sanctionsNone: "Nobody is muted or banned.",
  isMuted: "{name} is muted",
  isBanned: "{name} is banned",
  unmute: "Unmute",
  unban: "Unban",

  report: "Report",
  reportTitle: "Report this message by {name}?",
  reportText: "The moderators will see the message, and who reported it.",
  reportDone: "The message was reported to the moderators.",
  reports: "Reports",
  reportsNone: "There are no reports.",
  reportsUnread: "Unread reports: {count}",
  reportHead: "{by} reported a message in {room}.",
  heldHead: "A message by {by} for {room} is waiting for a decision.",
  heldDone: "{by} decided on a message by {name} for {room}.",
  heldSend: "Send it",
  heldRefuse: "Turn it down",
  reportNote: "Note to the other moderators",
  goToMessage: "Go to message",
  showOlder: "Show older",

  lockService: "Close the service to guests",
  lockAbout: "Guests can neither join rooms nor send messages. Members can.",
  lockedBar: "The service is closed to guests: they can neither join nor send.",
  unlockService: "Open to guests",
  moderationTools: "Tools",
  clear: "Remove all",
  clearRoom: "Remove all messages…",
  clearTitle: "Remove all messages of {room}?",
  clearText:
    "All messages that were sent until now are deleted for everyone, with their reactions. This cannot be undone. The room stays, and says who did it.",
  deleteRoom: "Delete the room…",
  deleteRoomTitle: "Delete {room}?",
  deleteRoomText:
    "All messages are deleted for everyone, with the room's title and topic. This cannot be undone. The room is archived and no longer listed; its name stays taken.",
  deleteRoomDone: "{room} was deleted.",
  clearDone: "All earlier messages of {room} were removed.",

  audit: "Log",
  auditAddress: "for the guest's address too",
};
