/**
 * Whether what a user is refused can be explained by who was a member at the time, and whether nobody can tell a private room from
 * one that does not exist.
 * @module
 */
import type { RoomId } from "../../../lib/core/names/names.ts";
import type { FrameOf } from "../../../lib/core/protocol/frames.ts";
import { closedKind } from "../../../lib/core/rooms/closed_room.ts";
import { roomIds } from "../../support/rooms.ts";
import { isUserId } from "../../../lib/core/log/entry.ts";
import type { PrivacyOracle } from "../oracles/privacy_oracle.ts";
import { isAdmitted, type RoomAccess } from "../oracles/room_access.ts";
import type { Asker } from "./private_requests.ts";
import type { RequestFields } from "./pending_requests.ts";

/** Faults that say nothing about who is a member. */
const USUAL =
  /^(unavailable|unknown_outcome|gone|not_yours|not_in_room|name_taken|slow_down|in_room|read_only)$/;
/** The one refusal that says more: about a room whose member asks. */
const LEFT_DIRECT = /has left the direct room with you/;
/** How long a node that has lost connections or announcements may take to find what it has missed. */
const FOUND_WITHIN_MS = 90_000;
/** How long an announcement may be under way. */
const TOLD_WITHIN_MS = 10_000;
/** Requests that are answered from the state in the store: it counts what was true since they arrived. */
const READ_AT_ONCE: ReadonlySet<string> = new Set(["join", "member", "members", "open"]);

/** Checks the refusals of one client. */
export class RefusalChecks {
  readonly #privacy: PrivacyOracle;
  readonly #asker: Asker;
  readonly #requests = new Map<string, RequestFields>();

  constructor(privacy: PrivacyOracle, asker: Asker) {
    this.#privacy = privacy;
    this.#asker = asker;
  }

  /** A request is sent. */
  onRequest(id: string, request: RequestFields): void {
    this.#requests.set(id, request);
  }

  /** The connection has ended. */
  clear(): void {
    this.#requests.clear();
  }

  /** What is wrong with a removal from a room, if anything. */
  explainRemoval(room: RoomId): string | undefined {
    const since = this.#privacy.arrivedAt(undefined) - FOUND_WITHIN_MS;
    return this.#wasOutside(room, since) ? undefined : "a member was removed";
  }

  /** What is wrong with a fault, if anything. */
  wrongWith({ id = "", code, message }: FrameOf<"fault">): string | undefined {
    const request = this.#requests.get(id);
    if (USUAL.test(code)) return undefined;
    if (request === undefined || code !== "not_allowed") return `${code}: ${message}`;
    const { type } = request;
    if (LEFT_DIRECT.test(message ?? "")) {
      const isExplained = this.#hasLeftDirect(String(request["user"]), this.#privacy.arrivedAt(id));
      return isExplained ? undefined : `no direct room was left: ${message}`;
    }
    if (type === "join" || type === "members" || type === "member") {
      const other = this.#privacy.recordRefusal(type, JSON.stringify({ code, message }));
      if (other) return `refused with ${message}, and another time with ${other}`;
    }
    return this.#isExplained(id, request) ? undefined : `not allowed to a member: ${message}`;
  }

  #isExplained(id: string, request: RequestFields): boolean {
    const arrivedAt = this.#privacy.arrivedAt(id);
    const { room, type } = request;
    // While a member joins, the node may be told of an entry that the log has lost.
    const isLate = type === "join" && room !== undefined &&
      this.#privacy.hasLogChanged(room, arrivedAt - TOLD_WITHIN_MS);
    const since = READ_AT_ONCE.has(type) && !isLate ? arrivedAt : arrivedAt - FOUND_WITHIN_MS;
    if (type === "open") return this.#isOpenExplained(String(request["user"]), since);
    if (room === undefined || this.#wasOutside(room, since)) return true;
    if (request.type === "room") return true;
    if (closedKind(room) === "direct") return this.#isDirectExplained(room, request, since);
    return request.type === "member" && request["on"] === false && this.#mayNotRemove(room);
  }

  #isDirectExplained(room: RoomId, { type }: RequestFields, since: number): boolean {
    // Nobody moderates it, or changes who else is in it; whoever is alone in it cannot write.
    return type === "member" || type === "moderate" ||
      this.#privacy.wasEver(room, since, ({ members }) => members.size < 2);
  }

  /** Only whoever has created a room, and moderators. */
  #mayNotRemove(room: RoomId): boolean {
    const { user, role } = this.#asker;
    return role === "member" && this.#privacy.access(room).creator !== user;
  }

  /** The direct room exists, and the other user has left it, or this one is coming back; or it has just been lost. */
  #isOpenExplained(other: string, since: number): boolean {
    const { user } = this.#asker;
    if (!isUserId(user) || !isUserId(other)) return false;
    const wasEver = (isTrue: (access: RoomAccess) => boolean) =>
      this.#privacy.wasEver(roomIds.direct(user, other), since, isTrue);
    return wasEver(({ exists }) => exists) && wasEver(({ members }) => members.size < 2);
  }

  #hasLeftDirect(other: string, since: number): boolean {
    const { user } = this.#asker;
    if (!isUserId(user) || !isUserId(other)) return false;
    return this.#privacy.wasEver(
      roomIds.direct(user, other),
      since,
      ({ exists, members }) => exists && !members.has(other),
    );
  }

  #wasOutside(room: RoomId, since: number): boolean {
    const isOutside = (access: RoomAccess) => !isAdmitted(access, this.#asker.user);
    return this.#privacy.wasEver(room, since, isOutside);
  }
}
