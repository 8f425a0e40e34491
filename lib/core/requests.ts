/**
 * What a client may ask in `chat.v1.json`: one schema for each type of frame, from which the types, the checks at the door
 * and the AsyncAPI document come. Fields that a schema does not name are passed over, so that newer clients may send more.
 * @module
 */
import * as v from "valibot";
import { parsePosition } from "./positions.ts";

const text = (about: string) => v.pipe(v.string(), v.description(about));

const id = v.optional(v.pipe(
  v.string(),
  v.regex(/^[\x21-\x7e]{1,64}$/, "1 to 64 printable ASCII characters"),
  v.description(
    "Comes back in the answer. With a deed it is the message's own id: sent again, it is not done again. Never use one id for two deeds.",
  ),
));
const room = text("A room: 1 to 64 of A-Z a-z 0-9 _ . -");

const position = (about: string) =>
  v.pipe(
    v.string(),
    v.regex(/^[0-9a-z]{1,32}:\d{1,15}$/, "epoch:seq"),
    v.description(about),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const parsed = parsePosition(dataset.value);
      if (parsed === undefined) addIssue({ message: "epoch:seq" });
      return parsed ?? NEVER;
    }),
  );

const limit = (most: number, about: string) =>
  v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(most), v.description(about)),
  );

/**
 * One emoji. No letters, so that it cannot be a word or code; of marks and invisible characters only those that emoji are
 * made of, so that no two emoji look the same. Digits are allowed for keycaps. The pattern looks no further than the
 * longest emoji.
 */
const emoji = v.pipe(
  v.string(),
  v.regex(
    /^(?=.{0,15}[\p{Extended_Pictographic}\p{Regional_Indicator}\u20e3])(?:[^\p{L}\p{M}\p{Z}\p{Cc}\p{Cf}\p{Co}\p{Cs}_\u2800\ufffc]|[\u2139\u200d\ufe0e\ufe0f\u20e3\u{e0020}-\u{e007f}]){1,16}$/u,
    "one emoji",
  ),
  v.description("One emoji."),
);

/** So many messages at most are asked for at once. */
export const MAX_PAGE = 200;

const frame = <T extends string, E extends v.ObjectEntries>(type: T, about: string, entries: E) =>
  v.pipe(v.object({ type: v.literal(type), id, ...entries }), v.description(about));

/** Every request, by its type. */
export const REQUESTS = {
  hello: frame("hello", "Begins the conversation; must be the first frame.", {
    name: v.optional(text("The name that you would like; without one you are a guest.")),
    resume: v.optional(text("The token of an earlier hello: you are who you were.")),
  }),
  join: frame("join", "Joins a room; answered by joined, when the room can be reached.", {
    room,
    since: v.optional(position("What you have seen last in this room.")),
    limit: limit(
      MAX_PAGE,
      "So many of the newest messages, if not all that you missed can be given.",
    ),
  }),
  leave: frame("leave", "Leaves a room.", { room }),
  say: frame("say", "Says something in a room that you have joined.", {
    room,
    text: text("At most maxTextBytes of UTF-8."),
    reply: v.optional(position("The message that this answers.")),
  }),
  edit: frame("edit", "Gives a message of yours another text.", {
    room,
    of: position("The message."),
    text: text("At most maxTextBytes of UTF-8."),
  }),
  delete: frame("delete", "Takes a message of yours back.", { room, of: position("The message.") }),
  react: frame("react", "Puts a reaction to a message, or takes it back.", {
    room,
    of: position("The message."),
    emoji,
    on: v.optional(v.pipe(v.boolean(), v.description("false takes it back."))),
  }),
  typing: frame("typing", "You write something, or have stopped. Repeat it while it goes on.", {
    room,
    on: v.optional(v.pipe(v.boolean(), v.description("false when you have stopped."))),
  }),
  read: frame("read", "You have read so far.", { room, position: position("The last one read.") }),
  who: frame("who", "Asks who is in a room.", { room }),
  history: frame("history", "Asks for messages, as they now stand.", {
    room,
    before: v.optional(position("Only older ones than this.")),
    limit: limit(MAX_PAGE, "So many at most; 50 without it."),
  }),
  name: frame("name", "Gives you another name, in all rooms that you are in.", {
    name: text("1 to 32 characters."),
  }),
  ping: frame("ping", "Asks whether the server is there.", {}),
  pong: frame("pong", "Answers the server's ping.", {}),
} as const;

/** What comes out of a schema. */
export type Out<S extends { readonly "~types"?: { readonly output: unknown } | undefined }> =
  NonNullable<S["~types"]>["output"];

/** A type of request. */
export type RequestType = keyof typeof REQUESTS;

/** A request, as it comes out of its schema. */
export type Request = { [T in RequestType]: Out<typeof REQUESTS[T]> }[RequestType];

/** The request of one type. */
export type RequestOf<T extends RequestType> = Out<typeof REQUESTS[T]>;
