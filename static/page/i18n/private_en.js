// @ts-check
/**
 * The English strings about new rooms, and about private and direct ones.
 * @module
 */

/** The strings by key. */
export const privateEn = {
  newRoomKind: "Who sees the room",
  newRoomPrivate: "Only people who are added",
  newRoomOpen: "Everyone who knows its name",
  newRoomListed: "Everyone, in the list of rooms",
  newRoomName: "Name",
  newRoomNameRule: "Letters and digits of any language, and . _ -",
  newRoomTitleRule: "What people see. You can change it later.",
  newRoomCreate: "Create",
  roomHistoryJoined: "People see only what is written after they were added",
  roomTitleRulePrivate: "What the members see instead of “Private room”.",

  addPerson: "Add a person",
  addPersonDo: "Add",
  addPersonNobody: "You can add people from your other rooms. No one else is there at the moment.",
  addPersonAsk: "A member who is not a guest can add people.",
  inviteToRoom: "Invite with a link",
  removeMember: "Remove",
  memberCreator: "created the room",
  memberAway: "away",
  addRefused: "You cannot add {name} at the moment.",
  memberAdded: "{name} was added.",
  memberRemoved: "{name} was removed.",
  messagePerson: "Send {name} a direct message",

  leavePrivateTitle: "Leave {room}?",
  leavePrivateText:
    "You will no longer see its messages, and only a member can add you again. When the last member leaves, the messages are removed.",
  leaveDirectTitle: "Leave your conversation with {room}?",
  leaveDirectText:
    "{room} can still read it, but neither write to you here nor add you to rooms until you open the conversation again.",
  leaveUnsent: "Something that you wrote here is not sent. It is discarded when you leave.",
  directLeft: "the other person has left this conversation.",
  directRefused: "You cannot send {name} a direct message at the moment.",
  leaveDo: "Leave",
  roomGone: "You are no longer in {room}.",
  roomUnread:
    "There are unread messages in {room}. You are in {count} rooms, the maximum. Leave one to read them.",
};
