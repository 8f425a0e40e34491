/**
 * Compares every frame about a private or direct room with the oracle, when a node sends it: what it is about, the user must be
 * allowed to read at that time.
 * @module
 */
import { parsePosition } from "../../../lib/core/log/position.ts";
import { parseRoom, type RoomId } from "../../../lib/core/names/names.ts";
import type { Frame, FrameOf } from "../../../lib/core/protocol/frames.ts";
import { isClosed } from "../../../lib/core/rooms/closed_room.ts";
import type { PrivacyOracle } from "./privacy_oracle.ts";
import { isAdmitted } from "./room_access.ts";
import type { SimNode } from "../world/sim_node.ts";

/** The node that sends. */
type Sender = Pick<SimNode, "id" | "rooms" | "msSinceRulesChanged">;

/** For how long a connection may hold back what it was given before the rules changed: until its client has read enough. */
const HELD_BACK_MS = 5_000;

/** What every violation that is found here says. */
export const LEAK = "is not for";

/** Frames that concern only what the user has asked for, or that the user may stay in no longer. */
const ABOUT_REQUESTS: ReadonlySet<Frame["type"]> = new Set(["ack", "fault", "left"] as const);

/** Checks what one connection sends to a user. */
export class PrivacyChecks {
  readonly #oracle: PrivacyOracle;
  readonly #reportViolation: (what: string) => void;

  constructor(oracle: PrivacyOracle, reportViolation: (what: string) => void) {
    this.#oracle = oracle;
    this.#reportViolation = reportViolation;
  }

  /** A node sends a message to a user. */
  onSent(message: string, user: string, node: Sender): void {
    for (const line of message.split("\n")) {
      if (!line.includes('"_private.') && !line.includes('"_direct.')) continue;
      const frame: Frame = JSON.parse(line);
      if (!this.#mayBeSent(frame, user, node)) {
        this.#reportViolation(`${node.id}: ${LEAK} ${user}: ${line}`);
      }
    }
  }

  #mayBeSent(frame: Frame, user: string, node: Sender): boolean {
    if (frame.type === "rooms") {
      return frame.rooms.every((row) => this.#mayReadRow(row, user));
    }
    const room = "room" in frame && frame.room !== undefined ? parseRoom(frame.room) : undefined;
    if (room === undefined || !isClosed(room) || ABOUT_REQUESTS.has(frame.type)) return true;
    switch (frame.type) {
      case "room":
      case "membership":
        return this.#wasMemberSince(room, user, this.#oracle.arrivedAt(frame.id));
      case "member":
        // Whoever is banned is still a member.
        return this.#oracle.wasEver(room, -Infinity, ({ members }) => members.has(user));
      case "joined":
        return this.#mayReadPage(frame, user) && this.#mayBeUnread(frame, frame.top, user);
      case "history":
        return this.#mayReadPage(frame, user);
      case "edited":
      case "deleted":
      case "reacted":
        return frame.user === user ||
          this.#mayRead(room, user, frame.position, seqOf(frame.of));
      case "said":
      case "renamed":
        return this.#mayRead(room, user, frame.position, seqOf(frame.position));
      default:
        return this.#mayReadAt(room, user, node);
    }
  }

  /** Whether a user is a member by what the node has delivered of the room, or what comes later. */
  #mayReadAt(room: RoomId, user: string, node: Sender): boolean {
    const last = node.rooms.get(room)?.last;
    const isLate = this.#oracle.isLongOutside(room, user, HELD_BACK_MS);
    if (last === undefined || isLate) return false;
    return this.#oracle.mayRead(room, user, last, Infinity) ||
      node.msSinceRulesChanged(room) < HELD_BACK_MS;
  }

  #mayReadPage(
    { room, position, messages = [] }: FrameOf<"joined" | "history">,
    user: string,
  ): boolean {
    return this.#mayRead(room, user, position) &&
      messages.every((it) => this.#mayRead(room, user, position, seqOf(it.position)));
  }

  #mayReadRow(row: FrameOf<"rooms">["rooms"][number], user: string): boolean {
    return this.#mayRead(row.room, user, row.position) &&
      this.#mayBeUnread(row, row.position, user);
  }

  #mayBeUnread(
    { room: text, unread = 0 }: { readonly room: string; readonly unread?: number | undefined },
    top: string,
    user: string,
  ): boolean {
    const room = parseRoom(text), at = parsePosition(top);
    const isCounted = room !== undefined && at !== undefined && isClosed(room) && unread > 0;
    return !isCounted || this.#oracle.mayBeUnread(room, user, at, unread);
  }

  #mayRead(text: string, user: string, position: string, seq = Infinity): boolean {
    const room = parseRoom(text), at = parsePosition(position);
    if (room === undefined || at === undefined) return false;
    return !isClosed(room) || this.#oracle.mayRead(room, user, at, seq);
  }

  #wasMemberSince(room: RoomId, user: string, since: number): boolean {
    return this.#oracle.wasEver(room, since, (access) => isAdmitted(access, user));
  }
}

function seqOf(position: string): number {
  return parsePosition(position)?.seq ?? 0;
}
