/**
 * The sessions of one worker by their users, for what concerns a user wherever the user is connected.
 * @module
 */
import type { UserId } from "../../core/log/entry.ts";
import type { Frame } from "../../core/protocol/frames.ts";
import type { MemberSignal } from "../ports/bus.ts";

/** A session that can be told something. */
export interface TellableSession {
  /** Sends a frame to the client. */
  sendFrame(frame: Frame): void;
}

const NONE: readonly TellableSession[] = [];

/** The sessions that have a user. */
export class UserSessions {
  // Most users have one session, so no sets.
  readonly #sessions = new Map<UserId, readonly TellableSession[]>();

  /** Number of users. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Adds the session of a user. */
  add(user: UserId, session: TellableSession): void {
    this.#sessions.set(user, [...this.#sessions.get(user) ?? NONE, session]);
  }

  /** Removes it. */
  remove(user: UserId, session: TellableSession): void {
    const left = (this.#sessions.get(user) ?? NONE).filter((it) => it !== session);
    if (left.length > 0) this.#sessions.set(user, left);
    else this.#sessions.delete(user);
  }

  /** Tells a user's sessions that the user is a member of a room now, or none any more. */
  onMember({ user, about: room, on }: MemberSignal): void {
    for (const session of this.#sessions.get(user) ?? NONE) {
      session.sendFrame({ type: "member", room, on });
    }
  }
}
