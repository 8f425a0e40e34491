/**
 * The requests that a client can send in `chat.v1.json`: one schema per type, used for the TypeScript types, the
 * validation and the AsyncAPI document. Unknown fields are ignored, so that newer clients can send more.
 * @module
 */
import * as v from "valibot";
import { CONTENT_REQUEST } from "./content_fields.ts";
import { DEFAULT_TERMS, MAX_INVITE_ROOMS, WANTED_TERMS } from "../auth/invite.ts";
import { MAX_LABEL_LENGTH, ROLES } from "../auth/member.ts";
import { parsePosition, POSITION_RULE } from "../log/position.ts";
import {
  HISTORY_ACCESS,
  MAX_KEEP_DAYS,
  MAX_SLOW_SECONDS,
  MAX_TITLE,
  MAX_TOPIC,
} from "../log/room_event.ts";

const text = (about: string) => v.pipe(v.string(), v.description(about));

const id = v.optional(v.pipe(
  v.string(),
  v.regex(/^[\x21-\x7e]{1,64}$/, "Expected 1 to 64 printable ASCII characters"),
  v.description(
    "Returned in the answer. For an action it is also the entry's id: the server applies each id once, however often it is sent. Never use one id for two actions.",
  ),
));
const room = text(
  "A room: 1 to 64 letters and digits of any script, _ . -; upper and lower case are the same.",
);

const position = (about: string) =>
  v.pipe(
    v.string(),
    v.regex(/^[0-9a-z]{1,32}:\d{1,15}$/, POSITION_RULE),
    v.description(about),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const parsed = parsePosition(dataset.value);
      if (parsed === undefined) addIssue({ message: POSITION_RULE });
      return parsed ?? NEVER;
    }),
  );

const limit = (max: number, about: string) =>
  v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(max), v.description(about)),
  );

/**
 * One emoji. Letters are not allowed, so that it cannot be a word or code. Of marks and invisible characters only those
 * that emoji consist of are allowed, so that no two emoji look the same. Digits are allowed for keycaps. The pattern
 * reads no further than the longest emoji.
 */
const emoji = v.pipe(
  v.string(),
  v.regex(
    /^(?=.{0,15}[\p{Extended_Pictographic}\p{Regional_Indicator}\u20e3])(?:[^\p{L}\p{M}\p{Z}\p{Cc}\p{Cf}\p{Co}\p{Cs}_\u2800\ufffc]|[\u2139\u200d\ufe0e\ufe0f\u20e3\u{e0020}-\u{e007f}]){1,16}$/u,
    "Expected one emoji",
  ),
  v.description("One emoji."),
);

/** The longest language tag that must be accepted (RFC 5646 §4.4.1). */
const MAX_TAG_LENGTH = 35;

/** Maximum length of the URL of a page, in UTF-16 code units. Drawing the QR code of a longer one takes milliseconds. */
const MAX_PAGE_URL = 250;

/** Maximum length of the reason for a deletion or a report, in UTF-16 code units. */
export const MAX_REASON_LENGTH = 200;

/** What moderators can do to users, rooms and the service. */
export const MODERATOR_ACTIONS = [
  "mute",
  "unmute",
  "ban",
  "unban",
  "kick",
  "clear",
  "delete",
  "lockdown",
  "unlock",
] as const;

/** The longest mute or ban that has an end: ten years. */
export const MAX_SANCTION_SECONDS = 315_360_000;

/** Without line breaks, and without the characters that reverse or reorder what follows them, also beyond the text. */
const ONE_LINE = /^[^\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]*$/u;
const oneLine = (max: number, about: string) =>
  v.optional(v.pipe(text(about), v.maxLength(max), v.regex(ONE_LINE, "Expected one line of text")));
/** Whether a text can be the topic of a room. */
export function isTopic(text: string): boolean {
  return text.length <= MAX_TOPIC && ONE_LINE.test(text);
}

const setting = (about: string) => v.optional(v.pipe(v.boolean(), v.description(about)));

/** Maximum number of messages that a request can ask for. */
export const MAX_PAGE = 200;

const frame = <T extends string, E extends v.ObjectEntries>(type: T, about: string, entries: E) =>
  v.pipe(v.object({ type: v.literal(type), id, ...entries }), v.description(about));

const token = v.optional(text("A token that your app has signed; it says who you are."));

/** What a moderator or an operator can ask for, with the fields that it needs. */
export const MODERATION_TERMS = {
  action: v.pipe(
    v.picklist(MODERATOR_ACTIONS),
    v.description(
      "mute and ban, unmute and unban, and kick need user; kick, clear and delete need room; lockdown and unlock concern the service.",
    ),
  ),
  room: v.optional(text("Where; without it, in the whole service.")),
  user: v.optional(text("The user's id.")),
  name: v.optional(
    text(
      "The user's name, for the record; by default the one in the room. Operators can give it instead of the id.",
    ),
  ),
  seconds: v.optional(v.pipe(
    v.number(),
    v.integer(),
    v.minValue(1),
    v.maxValue(MAX_SANCTION_SECONDS),
    v.description("How long a mute or a ban lasts; without it, until it is ended."),
  )),
  reason: oneLine(MAX_REASON_LENGTH, "Why, for people; the user sees it."),
} as const;

/** All requests, by type. */
export const REQUESTS = {
  hello: frame("hello", "Starts the session; must be the first frame.", {
    name: v.optional(text("The name that you want; without it you get a guest name.")),
    token,
    resume: v.optional(text("The resume token of an earlier session: you remain the same user.")),
    invite: v.optional(text("The secret of an invite: you become a member, or add this device.")),
    attempt: v.optional(v.pipe(
      v.string(),
      v.regex(/^[\w-]{22}$/, "Expected 22 characters of base64url"),
      v.description(
        "With invite: 128 random bits. If the reply is lost, the same hello with them gets it again.",
      ),
    )),
    device: v.optional(v.pipe(
      text("With invite: how to list this device, such as Firefox on Linux."),
      v.maxLength(MAX_LABEL_LENGTH),
    )),
    language: v.optional(v.pipe(
      text(
        "Language for the guest name, as a BCP 47 tag; without it, Accept-Language applies.",
      ),
      v.maxLength(MAX_TAG_LENGTH),
    )),
  }),
  join: frame("join", "Joins a room; answered by joined once the room is available.", {
    room,
    since: v.optional(position("The last position that you have received in this room.")),
    limit: limit(
      MAX_PAGE,
      "Maximum number of newest messages to send if not all missed entries can be replayed.",
    ),
    temporaryName: v.optional(v.pipe(
      v.boolean(),
      v.description("true joins under a temporary name while another user has yours."),
    )),
  }),
  leave: frame("leave", "Leaves a room.", { room }),
  say: frame("say", "Sends a message to a room that you have joined.", {
    room,
    text: text("At most maxTextBytes of UTF-8."),
    reply: v.optional(position("The message that this replies to.")),
    ...CONTENT_REQUEST,
  }),
  edit: frame("edit", "Replaces the text of your own message.", {
    room,
    of: position("The message."),
    text: text("At most maxTextBytes of UTF-8."),
  }),
  delete: frame("delete", "Deletes your own message, or one that you may moderate.", {
    room,
    of: position("The message."),
    reason: oneLine(MAX_REASON_LENGTH, "Why, for people; all who are in the room see it."),
  }),
  react: frame("react", "Adds a reaction to a message or removes it.", {
    room,
    of: position("The message."),
    emoji,
    on: v.optional(v.pipe(v.boolean(), v.description("false removes it."))),
  }),
  typing: frame("typing", "You are typing or have stopped. Repeat it while you type.", {
    room,
    on: v.optional(v.pipe(v.boolean(), v.description("false if you have stopped."))),
  }),
  read: frame("read", "Sets how far you have read.", {
    room,
    position: position("The last position that you have read."),
  }),
  report: frame("report", "Reports a message to the moderators.", {
    room,
    of: position("The message."),
    reason: v.optional(v.pipe(text("Why, for the moderators."), v.maxLength(MAX_REASON_LENGTH))),
  }),
  who: frame("who", "Requests the members of a room.", { room }),
  history: frame("history", "Requests messages in their current state; by default the newest.", {
    room,
    before: v.optional(position("Only messages before this position.")),
    after: v.optional(position("Only messages after this position, the oldest first.")),
    around: v.optional(position("Messages before and after this position, and the one at it.")),
    at: v.optional(v.pipe(
      v.number(),
      v.integer(),
      v.minValue(0),
      v.description("Messages before and after this time, in milliseconds since 1970."),
    )),
    limit: limit(MAX_PAGE, "Maximum number of messages; 50 by default."),
  }),
  room: frame("room", "Changes the settings of a room; what is missing stays as it is.", {
    room,
    title: oneLine(MAX_TITLE, "A name for people; empty for none."),
    topic: oneLine(MAX_TOPIC, "What the room is about; empty for none."),
    listed: setting("Whether the room is in the public list."),
    readOnly: setting("Whether only moderators and the creator may send messages."),
    slowSeconds: v.optional(v.pipe(
      v.number(),
      v.integer(),
      v.minValue(0),
      v.maxValue(MAX_SLOW_SECONDS),
      v.description("Seconds between two messages of one user; 0 ends slow mode."),
    )),
    keepDays: v.optional(v.pipe(
      v.number(),
      v.integer(),
      v.minValue(0),
      v.maxValue(MAX_KEEP_DAYS),
      v.description("Days for which messages are kept; 0 for as long as the service keeps them."),
    )),
    history: v.optional(v.pipe(
      v.picklist(HISTORY_ACCESS),
      v.description("Only of private rooms: joined hides what was said before a member was added."),
    )),
    archived: setting("Whether the room is read-only and no longer listed."),
  }),
  create: frame("create", "Creates a room; answered by room.", {
    kind: v.pipe(
      v.picklist(["open", "listed", "private"]),
      v.description(
        "Who sees the room: all users who know its name, all users in the list of rooms, or only its members.",
      ),
    ),
    room: v.optional(text("The name of an open or listed room. A private room gets an id.")),
    title: oneLine(MAX_TITLE, "A name for people."),
    topic: oneLine(MAX_TOPIC, "What the room is about."),
    history: v.optional(v.pipe(
      v.picklist(HISTORY_ACCESS),
      v.description("Only of private rooms: joined hides what was said before a member was added."),
    )),
  }),
  open: frame("open", "Opens the direct room of you and another user; answered by room.", {
    user: text("The id of the other user."),
    name: v.optional(text("The name of that user, for the record.")),
  }),
  member: frame("member", "Adds a user to a private room, removes one, or leaves it.", {
    room,
    user: v.optional(text("The user's id; by default your own.")),
    name: v.optional(text("The user's name, for the record.")),
    on: v.optional(v.pipe(
      v.boolean(),
      v.description("false removes the user. Every member can leave a private or direct room."),
    )),
  }),
  members: frame("members", "Requests the members of a private or direct room.", { room }),
  rooms: frame("rooms", "Requests the listed rooms, and your private and direct ones.", {}),
  moderate: frame("moderate", "Does something that only moderators may do.", MODERATION_TERMS),
  release: frame("release", "Sends a message that waits for a moderator in _reports.", {
    of: position("The message in _reports."),
  }),
  name: frame("name", "Changes your name in all rooms that you are in.", {
    name: text("1 to 32 characters."),
  }),
  auth: frame("auth", "Renews your rights before your token expires.", {
    token: text("A new token for the same user."),
  }),
  invite: frame("invite", "Makes a link; answered by invite.", {
    device: v.optional(v.pipe(
      v.boolean(),
      v.description("true for a link that adds a device to you. It works once, for five minutes."),
    )),
    role: v.optional(v.pipe(
      WANTED_TERMS.role,
      v.description(
        `The role of those who use it; ${DEFAULT_TERMS.role} by default. Not above your own.`,
      ),
    )),
    rooms: v.optional(v.pipe(
      v.array(room),
      v.maxLength(MAX_INVITE_ROOMS),
      v.description("The rooms that they see first."),
    )),
    uses: v.optional(v.pipe(
      WANTED_TERMS.uses,
      v.description(`How many people can use it; ${DEFAULT_TERMS.uses} by default.`),
    )),
    seconds: v.optional(v.pipe(
      WANTED_TERMS.seconds,
      v.description("For how long it is valid; a week by default."),
    )),
    page: v.optional(v.pipe(
      v.string(),
      v.maxLength(MAX_PAGE_URL),
      v.regex(/^https?:\/\/[^#]+$/, "Expected the http or https URL of a page, without a fragment"),
      v.description("The URL of the page that opens the link: the answer has it, and its QR code."),
    )),
  }),
  invites: frame("invites", "Requests the invites that can be used.", {}),
  devices: frame("devices", "Requests the devices with which you sign in.", {}),
  revoke: frame("revoke", "Makes an invite useless, or signs one of your devices out.", {
    invite: v.optional(text("The id of the invite.")),
    device: v.optional(text("The id of the device.")),
  }),
  users: frame("users", "Requests the members of the service; for owners and moderators.", {}),
  role: frame("role", "Gives a member another role; only for owners.", {
    user: text("The member's id."),
    role: v.pipe(v.picklist(ROLES), v.description("The new role.")),
  }),
  ping: frame("ping", "Checks that the server is there.", {}),
  pong: frame("pong", "Answers the server's ping.", {}),
} as const;

/** The output type of a schema. */
export type SchemaOutput<
  S extends { readonly "~types"?: { readonly output: unknown } | undefined },
> = NonNullable<S["~types"]>["output"];

/** The field `type` of a request: a key of {@linkcode REQUESTS}. */
export type RequestType = keyof typeof REQUESTS;

/** A validated request. */
export type Request = { [T in RequestType]: SchemaOutput<typeof REQUESTS[T]> }[RequestType];

/** The request of one type. */
export type RequestOf<T extends RequestType> = SchemaOutput<typeof REQUESTS[T]>;

/** A request within a joined room. */
export type JoinedRoomRequest = Exclude<
  Request,
  | RequestOf<"hello" | "join" | "leave" | "name" | "auth" | "release" | "ping" | "pong">
  | DirectoryRequest
  | ModerationRequest
  | RoomManagementRequest
>;

/** A request about rooms in which the user need not be at the moment. */
export type RoomManagementRequest = RequestOf<"create" | "open" | "member" | "members" | "rooms">;

const ROOM_MANAGEMENT_REQUESTS: ReadonlySet<string> = new Set<RoomManagementRequest["type"]>(
  ["create", "open", "member", "members", "rooms"],
);

/** Whether it is a {@linkcode RoomManagementRequest}. */
export function isRoomManagementRequest(request: Request): request is RoomManagementRequest {
  return ROOM_MANAGEMENT_REQUESTS.has(request.type);
}

/** A request of a moderator. The user need not be in the room. */
export type ModerationRequest = RequestOf<"room" | "moderate">;

/** Whether it is a {@linkcode ModerationRequest}. */
export function isModerationRequest(request: Request): request is ModerationRequest {
  return request.type === "room" || request.type === "moderate";
}

/** A request about members, their invites and their devices. */
export type DirectoryRequest = RequestOf<
  "invite" | "invites" | "devices" | "revoke" | "users" | "role"
>;

const DIRECTORY_REQUESTS: ReadonlySet<string> = new Set<DirectoryRequest["type"]>(
  ["invite", "invites", "devices", "revoke", "users", "role"],
);

/** Whether it is a {@linkcode DirectoryRequest}. */
export function isDirectoryRequest(request: Request): request is DirectoryRequest {
  return DIRECTORY_REQUESTS.has(request.type);
}
