// @ts-check
/**
 * The types of what is known of rooms without joining them, and of who is a member of a private one. No code.
 * @module
 */

/** Who sees a room: all users who know its name, all users in the list of rooms, or only its members. @typedef {"open" | "listed" | "private" | "direct"} RoomKind */

/**
 * A room in a list. `room` is what `chat.join()` takes.
 * @typedef {object} RoomSummary
 * @property {string} room Its name; the id of a private or direct one, which is not for people to read.
 * @property {RoomKind} kind
 * @property {string} [title] Its name for people.
 * @property {string} [topic] What it is about.
 * @property {string} [createdBy] The id of the user who has created it; missing if it was created by a join.
 * @property {import("./frames.js").Person} [with] Only of direct rooms: the other user; missing once that user has left.
 * @property {number} [people] Number of people in it now, on all instances; missing if that is not known.
 * @property {string} position Its newest position.
 * @property {string} [read] The position up to which the user has read.
 * @property {number} [unread] Number of unread messages; 1000 means 1000 or more. Missing for a listed room that the user is not in and has never read.
 * @property {number} [mentions] Number of unread messages that mention the user; missing if none does.
 */

/** The rooms that the user sees, own ones first. `more`: whether there are others; the list has 200 at most. @typedef {{ rooms: readonly RoomSummary[], more: boolean }} RoomList */

/**
 * What a new room is. Open and listed rooms have a name, `room`; a private one gets an id.
 * @typedef {object} NewRoom
 * @property {"open" | "listed" | "private"} kind
 * @property {string} [room] Its name; not for a private room.
 * @property {string} [title] A name for people, at most 80 UTF-16 code units.
 * @property {string} [topic] At most 500 UTF-16 code units.
 * @property {"all" | "joined"} [history] Only for a private room. `joined` hides from members what was said before they were added.
 */

/**
 * The members of a private or direct room, whether they are there or not.
 * @typedef {object} Membership
 * @property {string} [creator] The id of the user who has created the room.
 * @property {readonly import("./frames.js").Member[]} members Each name is that when the user was added; owners and moderators have a role.
 */

/** The user has become a member of a private or direct room, or is no longer one. @typedef {{ readonly room: string, readonly on: boolean }} MembershipChange */

export {};
