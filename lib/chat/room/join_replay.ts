/**
 * What a subscriber is sent when it joins: `joined`, then the missed entries in chunks, and at the end the presence
 * changes since `joined`, because it receives no live frames of the room until then.
 * @module
 */
import { packFrames } from "../../core/protocol/encoder.ts";
import type { Author, Entry } from "../../core/log/entry.ts";
import type { Frame } from "../../core/protocol/frames.ts";
import { readableFrames } from "../../core/protocol/readable_frames.ts";
import type { Position } from "../../core/log/position.ts";
import type { JoinResult, Subscriber } from "./subscriber.ts";
import { listPeople, type People, presenceChange } from "../presence/member_list.ts";
import type { Room } from "./room.ts";

/**
 * Maximum length of a message of replayed frames. Short, so that each can be sent as soon as the previous one has left.
 */
const MAX_REPLAY_LENGTH = 16_384;

/** A join result before it is sent. */
export type PendingJoinResult = Omit<JoinResult, "top" | "people"> & {
  /** Whether to list the people in the room. */
  readonly wantsPeople: boolean;
};

/** One read of missed entries, as it is sent. */
export interface JoinChunk {
  /** The entries, in order. */
  readonly entries: readonly Entry[];
  /** Frames of the entries, and `lost` where the log lacks some. */
  readonly frames: readonly Frame[];
  /** Position of the newest entry. */
  readonly last: Position;
  /** See `JoinResult`. Only the top of the first chunk is sent. */
  readonly top: Position;
  /** Whether the subscriber receives live frames from now on. */
  readonly isLast: boolean;
}

/** Sends the join result and the missed entries to one subscriber. */
export class JoinReplay {
  readonly #room: Room;
  readonly #subscriber: Subscriber;
  readonly #result: PendingJoinResult;
  // What `joined` reported, with renames that the subscriber has received since.
  #sent: { readonly people: People; readonly top: Position } | undefined;

  /** Sends nothing until the first chunk. */
  constructor(room: Room, subscriber: Subscriber, result: PendingJoinResult) {
    this.#room = room;
    this.#subscriber = subscriber;
    this.#result = result;
  }

  /** Sends a chunk, after `joined` if it is the first. Returns its length in UTF-16 code units. */
  sendChunk({ entries, frames, last, top, isLast }: JoinChunk): number {
    const { encoder, user } = this.#subscriber;
    const before = this.#sent;
    const sent = before ?? this.#sendResult(top);
    const people = withRenames(sent, entries);
    this.#sent = { top: sent.top, people };
    const presence = before && isLast ? this.#presenceFrame(people) : undefined;
    const readable = readableFrames(frames, { user, after: this.#subscriber.readableAfter() });
    const texts = [...readable, ...(presence ? [presence] : [])].map((it) => encoder.encode(it));
    const messages = packFrames(encoder, texts, MAX_REPLAY_LENGTH);
    if (messages.length > 0) this.#subscriber.replay(messages, last);
    return messages.reduce((sum, { length }) => sum + length, 0);
  }

  #sendResult(top: Position): { people: People; top: Position } {
    const { wantsPeople, ...result } = this.#result;
    const people = listPeople(this.#room.presence, wantsPeople);
    this.#subscriber.onJoined({ ...result, top, people });
    return { people, top };
  }

  #presenceFrame(sent: People): Frame | undefined {
    if (!this.#result.wantsPeople) return undefined;
    const { id, presence } = this.#room;
    return presenceChange(id, sent, listPeople(presence, true));
  }
}

/** Applies the renames after the top to the list. Earlier ones are in the list already. */
function withRenames(
  { people, top }: { readonly people: People; readonly top: Position },
  entries: readonly Entry[],
): People {
  const names = new Map<string, Pick<Author, "name">>();
  for (const { user, name, action, position } of entries) {
    if (action.kind === "renamed" && position.seq > top.seq) names.set(user, { name });
  }
  if (names.size === 0) return people;
  return { ...people, listed: people.listed.map((it) => ({ ...it, ...names.get(it.user) })) };
}
