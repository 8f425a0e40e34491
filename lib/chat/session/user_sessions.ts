/**
 * The sessions of one worker by their users, for what concerns a user wherever the user is connected.
 * @module
 */
import type { UserId } from "../../core/log/entry.ts";
import { FAULTS } from "../../core/protocol/faults.ts";
import type { Frame } from "../../core/protocol/frames.ts";
import { faultFrame } from "../../core/protocol/json_protocol.ts";
import type { UserSignal } from "../ports/bus.ts";

/** A session that can be told something. */
export interface TellableSession {
  /** Sends a frame to the client. */
  sendFrame(frame: Frame): void;
}

const NONE: readonly TellableSession[] = [];

/** Finds the sessions of a user, from signing in to the end of each. */
export class UserSessions {
  // Most users have one session, so no sets.
  readonly #sessions = new Map<UserId, readonly TellableSession[]>();

  /** Number of users who have at least one session. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Adds a session whose user has signed in. Call it once for each session. */
  add(user: UserId, session: TellableSession): void {
    this.#sessions.set(user, [...this.#sessions.get(user) ?? NONE, session]);
  }

  /** Removes a session that has ended; has no effect if it was not added. */
  remove(user: UserId, session: TellableSession): void {
    const left = (this.#sessions.get(user) ?? NONE).filter((it) => it !== session);
    if (left.length > 0) this.#sessions.set(user, left);
    else this.#sessions.delete(user);
  }

  /** Tells the sessions of a user what concerns the user. */
  onSignal(signal: UserSignal): void {
    const sessions = this.#sessions.get(signal.user);
    if (sessions === undefined) return;
    const frame = frameOf(signal);
    for (const session of sessions) session.sendFrame(frame);
  }
}

function frameOf(signal: UserSignal): Frame {
  if (signal.kind === "member") {
    const { about: room, on, with: other } = signal;
    return { type: "member", room, on, ...(other && { with: other }) };
  }
  const { id, reason } = signal;
  if (reason === undefined) return faultFrame(id, "turned_down");
  return { ...faultFrame(id, "turned_down", `${FAULTS.turned_down.message}: ${reason}`), reason };
}
