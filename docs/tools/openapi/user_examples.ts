/**
 * An example for each operation of the HTTP API for users. Ids and positions are those of `protocol.md`, from where most answers
 * come. A test sends every example to a running service.
 * @module
 */
import type { Operation } from "../../../lib/core/api/operations.ts";
import { ANSWERS } from "../asyncapi.ts";
import type { Part } from "./schema.ts";

/** Another user's message. */
export const MESSAGE = "k3j9f2:127";
/** The user's own message. */
export const OWN_MESSAGE = "k3j9f2:128";
/** Another user. */
export const OTHER_USER = "m_4m7bobq2";
/** A private room. */
export const PRIVATE_ROOM = "_private.k5xw3jq2m7b4c6nzr2dfyhs5ta";
/** A message in the room `_reports`, which waits for a moderator. */
export const HELD_MESSAGE = "k3j9f2:40";
/** The id of an invite. */
export const INVITE = "4v0t7qk3";
/** The id of another device of the user. */
export const DEVICE = "p8r3x1";

/** What an operation is shown with. */
export interface OperationExample {
  /** The body, if there is one. */
  readonly body?: Part;
  /** The values of parameters that differ from {@linkcode PARAMETERS}. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** The answer; by default, that to the request in `protocol.md`. */
  readonly answer?: Part;
}

/** Values of the parameters of paths. */
export const PARAMETERS: Readonly<Record<string, string>> = {
  room: "attic",
  position: MESSAGE,
  emoji: "👍",
  user: OTHER_USER,
  invite: INVITE,
  device: DEVICE,
};

const DONE = { room: "attic", position: "k3j9f2:129", at: 1_767_225_604_000 };
const DONE_IN_PRIVATE = { ...DONE, room: PRIVATE_ROOM };
const IN_ROOM = { room: "attic" };

const EXAMPLES: Readonly<Record<string, OperationExample>> = {
  rename: { body: { name: "Anna" } },
  createRoom: {
    body: { kind: "listed", room: "news", title: "News" },
    answer: {
      ...{ room: "news", kind: "listed", title: "News", createdBy: "m_8k2annq7" },
      ...{ people: 0, position: "k3j9f2:1" },
    },
  },
  configureRoom: { body: { title: "The attic", topic: "Boxes and dust" }, answer: DONE },
  deleteRoom: {
    parameters: { room: "news" },
    answer: { ...DONE, room: "news" },
  },
  openDirectRoom: {
    body: { name: "Bob" },
    answer: {
      ...{ room: "_direct.q3vz6u2t5w7x4y6k2b3d5f7h2j", kind: "direct" },
      with: { user: OTHER_USER, name: "Bob" },
      ...{ createdBy: "m_8k2annq7", people: 0, position: "k3j9f2:1", unread: 0 },
    },
  },
  sendMessage: { body: { text: "so do I", reply: MESSAGE }, answer: DONE },
  editMessage: {
    parameters: { position: OWN_MESSAGE },
    body: { text: "so do I!" },
    answer: DONE,
  },
  deleteMessage: { parameters: { position: OWN_MESSAGE }, answer: DONE },
  addReaction: { answer: DONE },
  removeReaction: { answer: DONE },
  reportMessage: { body: { reason: "spam" }, answer: IN_ROOM },
  markRead: { body: { position: MESSAGE }, answer: IN_ROOM },
  addMember: {
    parameters: { room: PRIVATE_ROOM },
    body: { name: "Bob" },
    answer: DONE_IN_PRIVATE,
  },
  removeMember: { parameters: { room: PRIVATE_ROOM }, answer: DONE_IN_PRIVATE },
  moderateRoom: {
    body: { action: "mute", user: OTHER_USER, seconds: 600, reason: "shouting" },
    answer: DONE,
  },
  moderateService: { body: { action: "unmute", user: OTHER_USER }, answer: {} },
  releaseMessage: { parameters: { position: HELD_MESSAGE }, answer: DONE },
  createInvite: { body: { role: "member", rooms: ["team"], uses: 5, seconds: 86_400 } },
  changeRole: { body: { role: "moderator" } },
};

/** The example of an operation. @param frames The examples of frames in `protocol.md`, by type. */
export function exampleOf(
  { id, type }: Operation,
  frames: ReadonlyMap<string, Part>,
): OperationExample & { readonly answer: Part } {
  const example = EXAMPLES[id];
  const frameType = ANSWERS[type];
  // The first acknowledgement there is that of a message.
  if (frameType === "ack" && example?.answer === undefined) return { ...example, answer: {} };
  const { type: _type, id: _id, ...fields } = frames.get(frameType ?? "") ?? {};
  return { answer: fields, ...example };
}
