/**
 * What the server says in `chat.v1.json`: one schema for each type of frame, from which the types and the AsyncAPI document
 * come. Clients must pass over fields and types that they do not know: new ones may come at any time within `v1`.
 * @module
 */
import * as v from "valibot";
import { FAULTS } from "./faults.ts";
import type { Out } from "./requests.ts";

const text = (about: string) => v.pipe(v.string(), v.description(about));
const count = (about: string) =>
  v.pipe(v.number(), v.integer(), v.minValue(0), v.description(about));
const flag = (about: string) => v.pipe(v.boolean(), v.description(about));

const id = v.optional(text("Of the request that this answers."));
const room = text("The room.");
const position = text("epoch:seq");
const at = count("Milliseconds since 1970.");
const user = text("Who; stays the same when the name changes.");
const name = text("The name in this room.");
const person = v.object({ user, name });
const of = text("The message, as epoch:seq.");
const serviceId = text("The same on all nodes of one deployment, and after a restart.");
const deleted = v.optional(
  v.pipe(
    v.literal(true),
    v.description("Only in a replay: the message was deleted since, or is no longer kept."),
  ),
);

/** A message as it now stands. */
const message = v.object({
  position,
  at,
  user,
  name,
  id: text("The id that its author gave it."),
  text: text("Empty where it was deleted."),
  reply: v.optional(text("What it answers.")),
  edited: v.optional(count("When it was last edited.")),
  deleted: v.optional(v.literal(true)),
  reactions: v.optional(v.record(v.string(), v.array(user))),
});

const frame = <T extends string, E extends v.ObjectEntries>(type: T, about: string, entries: E) =>
  v.pipe(v.object({ type: v.literal(type), ...entries }), v.description(about));

/** What all entries of a room's log have. */
const entry = <T extends string, E extends v.ObjectEntries>(type: T, about: string, entries: E) =>
  frame(type, about, {
    room,
    position,
    at,
    user,
    name,
    id: text("The id that its author gave it; made by the server where none was given."),
    ...entries,
  });

/** Every frame of the server's, by its type. */
export const FRAMES = {
  hello: frame("hello", "Answers hello.", {
    id,
    server: v.object({ name: v.string(), version: v.string(), id: v.optional(serviceId) }),
    you: v.object({ user, name: text("The name that you will have where it is free.") }),
    resume: v.optional(text("Keep it secret: whoever has it is you, on any node.")),
    limits: v.object({
      maxTextBytes: count("A text, in UTF-8."),
      maxMessageBytes: count("A WebSocket message to the server, with all its frames."),
      maxRooms: count("Rooms at a time."),
      messagesPerSecond: count("Frames, and three times as many at once; 0 for no limit."),
      bytesPerSecond: count(
        "Bytes of UTF-8 that you send, and 16 times as many at once; 0 for no limit.",
      ),
      recoverLimit: count("Entries that are replayed at most."),
    }),
    heartbeat: v.object({ seconds: count("After so much silence the server asks with ping.") }),
  }),
  token: frame("token", "A newer resume token; the older one is of no more use for your name.", {
    resume: v.string(),
    server: v.optional(
      v.pipe(v.object({ id: serviceId }), v.description("If the hello did not have it yet.")),
    ),
  }),
  joined: frame("joined", "You are in the room; what you missed comes next, then what happens.", {
    id,
    room,
    name,
    position: text("Up to here you have everything; what comes next follows it."),
    top: text("When this has come, you have all that you missed."),
    recovered: v.optional(flag("Whether all that you missed comes; only after a since.")),
    reason: v.optional(
      v.picklist(["unknown_epoch", "rewound", "too_old", "too_many"], "Why not recovered."),
    ),
    messages: v.optional(v.array(message)),
    more: v.optional(flag("Whether there are older messages.")),
    count: count("How many people are in the room."),
    members: v.array(person),
    sampled: v.optional(flag("Whether only some of them are named.")),
    read: v.optional(text("How far you have read.")),
    unread: count("Messages that were said after it; 1000 where there are 1000 or more."),
  }),
  left: frame("left", "You are no longer in the room.", { id, room }),
  ack: frame("ack", "It is done.", {
    id,
    room: v.optional(room),
    position: v.optional(text("Where it stands in the room's log.")),
    at: v.optional(at),
  }),
  fault: frame("fault", "It is not done; the connection stays.", {
    id,
    code: v.picklist(Object.keys(FAULTS)),
    message: text("For people."),
    retry: flag("Whether the same request may succeed later."),
    afterMs: v.optional(count("Milliseconds to wait before trying again; with slow_down.")),
  }),
  said: entry("said", "Somebody said something.", {
    text: text("In a replay the text that the message has now; empty where it was deleted."),
    reply: v.optional(text("What it answers.")),
    edited: v.optional(count("Only in a replay: when the message was last edited.")),
    deleted,
  }),
  edited: entry("edited", "Somebody gave a message another text.", {
    of,
    text: text("In a replay the text that the message has now; empty where it was deleted."),
    deleted,
  }),
  deleted: entry("deleted", "Somebody took a message back.", { of }),
  reacted: entry("reacted", "Somebody reacted to a message, or took it back.", {
    of,
    emoji: v.string(),
    on: v.boolean(),
  }),
  renamed: entry("renamed", "Somebody has another name now.", { from: v.string() }),
  lost: frame("lost", "Something between two positions cannot be given any more.", {
    room,
    after: text("The last position before the gap; you may never have had it."),
    until: text("The position before the next one that you get."),
    reason: v.picklist(["unknown_epoch", "rewound", "too_old"]),
  }),
  presence: frame("presence", "Who has come and gone.", {
    room,
    count: count("How many people are in the room now."),
    joined: v.array(person),
    left: v.array(person),
    sampled: v.optional(flag("Whether only some of them are named: the room is big.")),
  }),
  typing: frame("typing", "Somebody writes, or has stopped.", {
    room,
    user,
    name,
    on: v.boolean(),
    ms: count("Take it back by yourself after so long."),
  }),
  members: frame("members", "Answers who.", {
    id,
    room,
    count: count("How many there are."),
    members: v.array(person),
    sampled: v.optional(flag("Whether only some of them are named.")),
  }),
  history: frame("history", "Answers history; the oldest first.", {
    id,
    room,
    messages: v.array(message),
    more: flag("Whether there are older ones."),
    position: text("All entries up to this one are in the messages."),
  }),
  ping: frame("ping", "Asks whether you are there: answer pong.", {}),
  pong: frame("pong", "Answers ping.", { id }),
  retry: frame("retry", "The connection ends right after: do not come back before so long.", {
    afterMs: count("From now; add a wait that you draw at random."),
  }),
} as const;

/** A type of the server's frames. */
export type FrameType = keyof typeof FRAMES;

/** A frame of the server's. */
export type Frame = { [T in FrameType]: Out<typeof FRAMES[T]> }[FrameType];

/** The frame of one type. */
export type FrameOf<T extends FrameType> = Out<typeof FRAMES[T]>;

/** A message on the wire. */
export type WireMessage = FrameOf<"history">["messages"][number];
