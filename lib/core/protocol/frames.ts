/**
 * The frames that the server sends in `chat.v1.json`: one schema per type, from which the TypeScript types and the
 * AsyncAPI document are generated. Clients must ignore unknown fields and types: new ones may be added at any time
 * within `v1`.
 * @module
 */
import * as v from "valibot";
import { ROLES } from "../auth/member.ts";
import { JOINED_RIGHTS } from "../auth/rights.ts";
import { USER_KINDS } from "../auth/user_kind.ts";
import { EVENT_KINDS, HISTORY_ACCESS, RANKS, ROOM_KINDS } from "../log/room_event.ts";
import { CONTENT_FRAME } from "./content_fields.ts";
import { FAULTS } from "./faults.ts";
import type { SchemaOutput } from "./requests.ts";

const text = (about: string) => v.pipe(v.string(), v.description(about));
const count = (about: string) =>
  v.pipe(v.number(), v.integer(), v.minValue(0), v.description(about));
const flag = (about: string) => v.pipe(v.boolean(), v.description(about));

const id = v.optional(text("The id of the request that this answers."));
const room = text("The room.");
const position = text("epoch:seq");
const at = count("Milliseconds since 1970.");
const user = text(
  "The user's id; it does not change when the name changes. It begins with m_ for members, and with a_ if an app has signed for the user; others are guests.",
);
const name = text("The user's name in this room.");
const person = v.object({ user, name });
const listedPerson = v.object({
  user,
  name,
  role: v.optional(v.pipe(
    v.picklist(["owner", "moderator"]),
    v.description("Only of owners and moderators: members, and users of an app with such a role."),
  )),
});
const reason = text("Why, for people.");
const of = text("The position of the message, as epoch:seq.");
const serviceId = text(
  "Identifies the deployment: the same on all its instances and after a restart.",
);
const deleted = v.optional(
  v.pipe(
    v.literal(true),
    v.description("Only in a replay: the message has been deleted or is no longer kept."),
  ),
);

const settings = {
  access: v.optional(v.pipe(v.picklist(ROOM_KINDS), v.description("Who sees the room."))),
  title: v.optional(text("A name for people; empty for none.")),
  topic: v.optional(text("What the room is about; empty for none.")),
  readOnly: v.optional(flag("Whether only moderators and the creator may send messages.")),
  slowSeconds: v.optional(count("Seconds between two messages of one user; 0 for no slow mode.")),
  keepDays: v.optional(
    count("Days for which messages are kept; 0 for as long as the service does."),
  ),
  history: v.optional(v.pipe(
    v.picklist(HISTORY_ACCESS),
    v.description("Only of private rooms: joined hides what was said before a member was added."),
  )),
  archived: v.optional(flag("Whether the room is read-only and in no list.")),
};
const createdBy = v.optional(
  text("The id of the user who has created the room; missing if it was created by a join."),
);
const until = v.optional(
  count(
    "When it ends, in milliseconds since 1970; missing for never. With unmute and unban of an address: until when its guests who are muted or banned now do not count for it.",
  ),
);

const event = v.optional(v.pipe(
  v.object({
    kind: v.pipe(
      v.picklist(EVENT_KINDS),
      v.description(
        "room changes settings; member adds or removes a member; delete and release are about messages, only in _audit; the others say it.",
      ),
    ),
    room: v.optional(
      text("Only in _audit and _reports: where it happened; missing for the whole service."),
    ),
    user: v.optional(text("Whom it is about. In _audit, an id with ip_ stands for an address.")),
    name: v.optional(text("The name of that user at the time.")),
    until,
    reason: v.optional(reason),
    rank: v.optional(
      v.pipe(
        v.picklist(RANKS),
        v.description(
          "No effect on those who rank as high. With until of unmute and unban: on guests whom a higher rank has muted or banned.",
        ),
      ),
    ),
    guest: v.optional(text("Only with an address: the guest who was connected from it.")),
    created: v.optional(v.literal(true)),
    members: v.optional(v.pipe(
      v.array(person),
      v.description("With created: the first members of a private or direct room."),
    )),
    ...settings,
    on: v.optional(flag("With member and lockdown.")),
    role: v.optional(v.pipe(v.picklist(ROLES), v.description("With role: the new one."))),
    reply: v.optional(text("With held: the position in the room of what it replies to.")),
    of: v.optional(text("With delete and release: the position of the message in the room.")),
  }),
  v.description("What the message does to the room; its text says it in words."),
));

const muted = v.optional(v.pipe(
  v.object({ until, reason: v.optional(reason) }),
  v.description("Set if you are muted, here or everywhere."),
));
const may = v.pipe(
  v.array(v.picklist(JOINED_RIGHTS)),
  v.description(
    "What your role or token lets you do in the room: send messages, react, moderate, and configure, which is to change its settings.",
  ),
);

const mentions = v.optional(
  count("Number of unread messages that mention you, 1000 at most; missing if none does."),
);

/** A room in a list. */
const summary = {
  room: text("The room; the id of a private or direct one."),
  kind: v.pipe(v.picklist(ROOM_KINDS), v.description("Who sees the room.")),
  title: v.optional(text("Its name for people; missing if it has none.")),
  topic: v.optional(text("What it is about; missing if that was not set.")),
  createdBy,
  with: v.optional(v.pipe(
    person,
    v.description("Only of direct rooms: the other user; missing if that user has left."),
  )),
  people: v.optional(
    count("Number of people in it now, on all instances; missing if that is not known."),
  ),
  position: text("Its newest position, as epoch:seq."),
  read: v.optional(text("The last position that you have read.")),
  unread: v.optional(count(
    "Number of messages after it; 1000 means 1000 or more. Missing for a listed room that you are not in and have never read.",
  )),
  mentions,
};

/** The current state of a message. */
const message = v.object({
  position,
  at,
  user,
  name,
  id: text("The id that its author gave it."),
  text: text("Empty if deleted."),
  ...CONTENT_FRAME,
  reply: v.optional(text("The position of the message that it replies to.")),
  event,
  edited: v.optional(count("When it was last edited, in milliseconds since 1970.")),
  deleted: v.optional(v.literal(true)),
  deletedBy: v.optional(v.pipe(
    v.object({ user, name, reason: v.optional(reason) }),
    v.description("Who deleted it, if that was not the author."),
  )),
  reactions: v.optional(v.record(v.string(), v.array(user))),
});

/** An invite that can be used. */
const invite = v.object({
  invite: text("The invite's id; not its secret."),
  role: v.picklist(ROLES),
  rooms: v.array(v.string()),
  usesLeft: count("How many people can still use it."),
  createdAt: at,
  expiresAt: count("When it expires, in milliseconds since 1970."),
  by: v.optional(
    text("The id of the user who made it, a member or an app user; not for those of an operator."),
  ),
  member: v.optional(text("The id of the member to whom it adds a device.")),
});

const frame = <T extends string, E extends v.ObjectEntries>(type: T, about: string, entries: E) =>
  v.pipe(v.object({ type: v.literal(type), ...entries }), v.description(about));

/** A frame with the fields that all entries of a room's log have. */
const entry = <T extends string, E extends v.ObjectEntries>(type: T, about: string, entries: E) =>
  frame(type, about, {
    room,
    position,
    at,
    user,
    name,
    id: text("The id that its author gave it, or one generated by the server."),
    ...entries,
  });

/** All frames that the server sends, by type. */
export const FRAMES = {
  hello: frame("hello", "Answers hello.", {
    id,
    server: v.object({
      name: v.string(),
      version: v.string(),
      page: v.optional(text("The version of the chat page that this instance serves.")),
      id: v.optional(serviceId),
      moderated: v.optional(v.pipe(
        v.literal(true),
        v.description(
          "Set if there may be moderators to read reports: owners or moderators among the members, or a setting that lets an app or a provider name moderators.",
        ),
      )),
      locked: v.optional(
        v.pipe(v.literal(true), v.description("Set while guests can neither join nor send.")),
      ),
    }),
    you: v.object({
      user,
      name: text("The name that you will have in rooms where it is free."),
      kind: v.pipe(v.picklist(USER_KINDS), v.description("How the server knows you.")),
      role: v.optional(
        v.pipe(
          v.picklist(ROLES),
          v.description("Only for members, and for app users who have one."),
        ),
      ),
    }),
    rooms: v.optional(v.pipe(
      v.array(v.string()),
      v.description("Only after an invite: the rooms that it names."),
    )),
    resume: v.optional(text(
      "The resume token; not with a token of your app. Keep it secret: it identifies you on every instance.",
    )),
    limits: v.object({
      maxTextBytes: count("Maximum length of a text, in bytes of UTF-8."),
      maxMessageBytes: count(
        "Maximum length of a WebSocket message to the server, with all its frames, in bytes.",
      ),
      maxRooms: count("Maximum number of rooms that a connection can be in."),
      messagesPerSecond: count(
        "Frames per second that you can send, with bursts of three times as many; 0 for no limit.",
      ),
      bytesPerSecond: count(
        "Bytes of UTF-8 per second that you can send, with bursts of 16 times as many; 0 for no limit.",
      ),
      recoverLimit: count("Maximum number of entries replayed on a join."),
    }),
    heartbeat: v.object({
      seconds: count("Seconds of silence after which the server sends ping."),
    }),
  }),
  token: frame("token", "A new resume token. The old one no longer gives you your name.", {
    resume: v.string(),
    server: v.optional(
      v.pipe(v.object({ id: serviceId }), v.description("Set if hello did not have it yet.")),
    ),
  }),
  expiring: frame("expiring", "Your token expires soon: send auth with a new one.", {
    inMs: count(
      "Milliseconds until it expires. The connection is closed within a second after that.",
    ),
  }),
  joined: frame("joined", "You are in the room. Missed entries follow, then new ones.", {
    id,
    room,
    name,
    wanted: v.optional(
      text("Your own name, if another user has it: you are renamed when it becomes free."),
    ),
    position: text("You have all entries up to this position; the next entry follows it."),
    top: text("The replay is complete when you have received this position."),
    recovered: v.optional(
      flag("Whether all missed entries are replayed; only if you sent since."),
    ),
    reason: v.optional(v.pipe(
      v.picklist(["unknown_epoch", "rewound", "too_old", "too_many"]),
      v.description("Why not recovered."),
    )),
    messages: v.optional(v.array(message)),
    more: v.optional(flag("Whether there are older messages.")),
    count: count("Number of people in the room."),
    members: v.array(listedPerson),
    sampled: v.optional(flag("Whether the list has only some of them.")),
    read: v.optional(text("The last position that you have read.")),
    unread: count("Number of messages after it; 1000 means 1000 or more."),
    mentions,
    settings: v.optional(v.pipe(
      v.object({ ...settings, createdBy }),
      v.description(
        "The settings of the room; missing if it was created by a join and none was ever changed.",
      ),
    )),
    muted,
    may,
  }),
  rules: frame("rules", "What you may do in a room has changed elsewhere.", {
    room,
    muted,
    lockedDown: v.optional(v.pipe(
      v.literal(true),
      v.description("Set if you are a guest, and the service is closed to guests."),
    )),
    role: v.optional(v.pipe(
      v.picklist(ROLES),
      v.description("Your role in the service now, if you have one."),
    )),
    may,
  }),
  left: frame("left", "You are no longer in the room.", {
    id,
    room,
    reason: v.optional(v.pipe(
      v.picklist(["not_allowed", "kicked", "banned"]),
      v.description(
        "Set if you did not ask for it: not_allowed if you may no longer read the room.",
      ),
    )),
    message: v.optional(text("What the moderator gave as the reason; with kicked and banned.")),
    until,
  }),
  ack: frame("ack", "The request was carried out.", {
    id,
    room: v.optional(room),
    position: v.optional(text("The position of the entry in the room's log.")),
    at: v.optional(at),
  }),
  fault: frame("fault", "The request failed; the connection stays open.", {
    id,
    code: v.picklist(Object.keys(FAULTS)),
    message: text("A message for people."),
    retry: flag("Whether the same request may succeed later."),
    afterMs: v.optional(count(
      "Milliseconds to wait before trying again; with slow_down, with muted and banned if they end, and with unavailable if known.",
    )),
    scope: v.optional(v.pipe(
      v.picklist(["connection", "user", "room"]),
      v.description("What has to wait, with slow_down; if missing, only the request itself."),
    )),
    missing: v.optional(v.pipe(
      v.literal(true),
      v.description("The room does not exist, and the user may not create it; with not_allowed."),
    )),
    reason: v.optional(
      text(
        "What the moderator gave as the reason, with muted, banned and turned_down; or the service that reviews messages, with rejected.",
      ),
    ),
  }),
  said: entry("said", "A user sent a message.", {
    text: text("In a replay the current text of the message; empty if deleted."),
    ...CONTENT_FRAME,
    reply: v.optional(text("The position of the message that it replies to.")),
    event,
    edited: v.optional(
      count("Only in a replay: when the message was last edited, in milliseconds since 1970."),
    ),
    deleted,
  }),
  edited: entry("edited", "A user edited a message.", {
    of,
    text: text("In a replay the current text of the message; empty if deleted."),
    deleted,
  }),
  deleted: entry("deleted", "A user deleted a message, perhaps that of another user.", {
    of,
    reason: v.optional(reason),
  }),
  reacted: entry("reacted", "A user added a reaction to a message or removed it.", {
    of,
    emoji: v.string(),
    on: v.boolean(),
  }),
  renamed: entry("renamed", "A user has a new name.", { from: v.string() }),
  hidden: frame("hidden", "An entry shows something from before you could read the room.", {
    room,
    position,
  }),
  lost: frame("lost", "Entries between two positions are no longer available.", {
    room,
    after: text("The last position before the gap; you may never have received it."),
    until: text("The position before the next entry that you receive."),
    reason: v.picklist(["unknown_epoch", "rewound", "too_old"]),
  }),
  presence: frame("presence", "Users have joined or left the room, or have another role.", {
    room,
    count: count("Number of people in the room now."),
    joined: v.array(listedPerson),
    left: v.array(person),
    changed: v.optional(
      v.pipe(
        v.array(listedPerson),
        v.description("Those who are still here, and have another role."),
      ),
    ),
    sampled: v.optional(flag("Whether the lists have only some of them, since the room is large.")),
  }),
  typing: frame("typing", "A user is typing or has stopped.", {
    room,
    user,
    name,
    on: v.boolean(),
    ms: count("Milliseconds after which to stop showing it, unless it is repeated."),
  }),
  read: frame("read", "You have read further on another connection.", {
    room,
    position: text("The last position that you have read."),
  }),
  members: frame("members", "Answers who.", {
    id,
    room,
    count: count("Number of people in the room."),
    members: v.array(listedPerson),
    sampled: v.optional(flag("Whether the list has only some of them.")),
  }),
  room: frame("room", "Answers create and open.", { id, ...summary }),
  rooms: frame(
    "rooms",
    "Answers rooms: your own first, those that you got into last before others.",
    {
      id,
      rooms: v.array(v.object(summary)),
      more: v.optional(flag("Whether there are more; the list has 200 at most.")),
    },
  ),
  membership: frame("membership", "Answers members.", {
    id,
    room,
    creator: v.optional(text("The id of the user who has created the room.")),
    members: v.pipe(
      v.array(listedPerson),
      v.description("Whether they are there or not; each name is that when the user was added."),
    ),
  }),
  member: frame(
    "member",
    "You have become a member of a private or direct room, or are no longer one.",
    {
      room,
      on: flag("false if you have left, or were removed."),
      with: v.optional(v.pipe(
        v.object({ user, name }),
        v.description("Who has opened a direct room with you, or with whom you have opened it."),
      )),
    },
  ),
  history: frame("history", "Answers history; oldest message first.", {
    id,
    room,
    messages: v.array(message),
    more: flag("Whether there are older messages."),
    newer: v.optional(
      flag("Whether there are newer messages; only if you sent after, around or at."),
    ),
    reason: v.optional(v.pipe(
      v.picklist(["unknown_epoch", "rewound", "too_old"]),
      v.description(
        "Why these are not all of the messages that you asked for. With too_old, some of those after the position are no longer kept; otherwise the log does not know the position, and these are the newest messages.",
      ),
    )),
    position: text("The messages reflect all entries up to this position."),
  }),
  invite: frame("invite", "Answers invite.", {
    id,
    invite,
    secret: text("Keep it secret until you hand it on: the server no longer knows it."),
    link: v.optional(text("The page's URL with the secret; if you sent page.")),
    qr: v.optional(text("The link as a QR code: an SVG image; if you sent page.")),
  }),
  invites: frame("invites", "Answers invites.", { id, invites: v.array(invite) }),
  devices: frame("devices", "Answers devices.", {
    id,
    devices: v.array(v.object({
      device: text("The device's id."),
      label: text("How it described itself; may be empty."),
      addedAt: at,
      usedAt: count("When it last signed in, in milliseconds since 1970."),
      here: v.optional(v.literal(true)),
    })),
  }),
  users: frame("users", "Answers users.", {
    id,
    users: v.array(v.object({
      user: text("The member's id."),
      name: text("The member's name."),
      role: v.picklist(ROLES),
      joinedAt: count("When the member joined the service, in milliseconds since 1970."),
      seenAt: v.optional(count(
        "When one of the member's devices last signed in, in milliseconds since 1970; missing if all were signed out.",
      )),
    })),
  }),
  ping: frame("ping", "Checks that you are there: answer with pong.", {}),
  pong: frame("pong", "Answers ping.", { id }),
  retry: frame("retry", "The connection closes next: wait at least this long to reconnect.", {
    afterMs: count("Milliseconds from now; add a random wait of your own."),
  }),
} as const;

/** The type of a frame that the server sends. */
export type FrameType = keyof typeof FRAMES;

/** A frame that the server sends. */
export type Frame = { [T in FrameType]: SchemaOutput<typeof FRAMES[T]> }[FrameType];

/** The frame of one type. */
export type FrameOf<T extends FrameType> = SchemaOutput<typeof FRAMES[T]>;

/** A message as frames contain it. */
export type WireMessage = FrameOf<"history">["messages"][number];
