/**
 * What moderators have really done, and when: every draft, every refusal and every connection is compared with it.
 * @module
 */
import type { Role } from "../../../lib/core/auth/member.ts";
import { isAllowed } from "../../../lib/core/auth/rights.ts";
import { userKind } from "../../../lib/core/auth/user_kind.ts";
import { type Draft, type Entry, isUserId } from "../../../lib/core/log/entry.ts";
import type { Position } from "../../../lib/core/log/position.ts";
import type { AppendResult } from "../../../lib/core/log/room_log.ts";
import type { RoomId } from "../../../lib/core/names/names.ts";
import { addressUser } from "../../../lib/core/rooms/address_user.ts";
import { AUDIT_ROOM } from "../../../lib/core/rooms/service_rooms.ts";
import { PROMPT_LATENCY_MS } from "../world/latency.ts";
import { RoleOracle } from "./role_oracle.ts";
import type { RoomOracle } from "./room_oracle.ts";
import {
  activeIn,
  applyEntry,
  foldRules,
  type Imposed,
  imposedKey,
  type Rules,
} from "./rules_fold.ts";

/** What it depends on. */
export interface ModerationContext {
  /** Milliseconds since 1970. */
  readonly date: () => number;
  /** The oracle of a room. */
  readonly oracle: (room: RoomId) => RoomOracle;
  /** Reports a violation. */
  readonly reportViolation: (what: string) => void;
}

/** A kind of mute or ban. */
export type SanctionKind = "mute" | "ban";

/** How long a mute or a ban of the service takes to reach all nodes, without faults. */
const KNOWN_WITHIN_MS = 1_000;
/** How long a node that has lost connections or announcements may take to find what it has missed. */
const FOUND_WITHIN_MS = 90_000;
const OUTCOMES_OF_STATE = new Set(["muted", "read_only", "slow_mode", "not_allowed"]);

/** The rules of a room from some time on. */
interface Period {
  readonly from: number;
  readonly rules: Rules;
}

/** What moderators have done. */
export class ModerationOracle {
  /** The roles of members. */
  readonly roles: RoleOracle;
  readonly #context: ModerationContext;
  readonly #periods = new Map<RoomId, Period[]>();
  /** The addresses of users, whoever they are now, as in sanctions. */
  readonly #addresses = new Map<string, string>();
  /** When each request has arrived at its node. */
  readonly #arrivedAt = new Map<string, number>();
  /** Since when there have been no faults, and what they have left is repaired. */
  calmSince: number = Infinity;

  constructor(context: ModerationContext) {
    this.#context = context;
    this.roles = new RoleOracle(context.date);
  }

  /** A user has an address. */
  addUser(user: string, address: string | undefined): void {
    const ip = address === undefined ? undefined : addressUser(address);
    if (ip !== undefined) this.#addresses.set(user, ip);
  }

  /** A request has arrived at a node. */
  onArrival(id: string): void {
    // A request that is repeated may be carried out as it was when it came first.
    if (!this.#arrivedAt.has(id)) this.#arrivedAt.set(id, this.#context.date());
  }

  /** The rules of a room now. */
  rules(room: RoomId): Rules {
    return this.#periods.get(room)?.at(-1)?.rules ?? foldRules([]);
  }

  /** An entry is in the log. */
  onEntered(entry: Entry): void {
    const { room, action } = entry;
    const event = action.kind === "said" ? action.event : undefined;
    if (event?.kind === "role") this.roles.onAnnounced(event.user);
    const current = this.#periods.get(room)?.at(-1);
    if (current === undefined || event !== undefined) this.onLogChanged(room);
    else applyEntry(current.rules, entry);
  }

  /** The log of a room has become another one. */
  onLogChanged(room: RoomId): void {
    const periods = this.#periods.get(room) ?? [];
    const { log } = this.#context.oracle(room);
    periods.push({ from: this.#context.date(), rules: foldRules(log) });
    this.#periods.set(room, periods);
  }

  /** Checks that a draft was entered or refused as the room's own rules say, exactly; before it is in the log. */
  onAppend(draft: Draft, result: AppendResult): void {
    if (result.kind === "repeated") return;
    if (draft.isExempt) this.#checkRole(draft);
    if (draft.isExempt || draft.room === AUDIT_ROOM) return;
    const why = result.kind === "rejected" ? result.why : undefined;
    if (why === "id_reused") return;
    const expected = this.#refusalsOf(draft);
    const actual = why !== undefined && OUTCOMES_OF_STATE.has(why) ? why : undefined;
    if (!expected.includes(actual)) {
      const { id, user, room, action: { kind } } = draft;
      const what = `${kind} ${id} of ${user} in ${room}`;
      this.#context.reportViolation(`${what}: ${actual ?? "entered"}, not ${expected}`);
    }
    if (result.kind === "entered") this.#checkService(draft);
  }

  /** Checks that no node took a member for a moderator who was none any more. */
  #checkRole({ id, room, user, action: { kind } }: Draft): void {
    const arrivedAt = this.#arrivedAt.get(id);
    if (arrivedAt === undefined) return;
    const roles = this.rolesSince(user, arrivedAt);
    if (roles.length === 0 || roles.some(mayModerate)) return;
    this.#context.reportViolation(`${kind} ${id} of ${user} in ${room}, who is a ${roles}`);
  }

  /**
   * The roles that a node may have acted on which has had a request of a member since some time; none for who is no member.
   *
   * @param since Milliseconds since 1970.
   */
  rolesSince(user: string, since: number): readonly Role[] {
    return this.roles.possible(
      user,
      (announcedAt) => since - Math.max(announcedAt, this.calmSince) > KNOWN_WITHIN_MS,
    );
  }

  /** The outcomes of a draft that the room's rules allow; undefined for being entered. */
  #refusalsOf({ room, user, action: { kind } }: Draft): readonly (string | undefined)[] {
    const date = this.#context.date();
    const rules = this.rules(room);
    if (kind === "deleted" || kind === "renamed") return [undefined];
    if (activeIn(rules, imposedKey("ban", user), date)) return ["not_allowed"];
    if (activeIn(rules, imposedKey("mute", user), date)) return ["muted"];
    if (kind !== "reacted" && rules.isReadOnly) return ["read_only"];
    const sentAt = rules.sentAt.get(user);
    const isTooSoon = sentAt !== undefined && sentAt + 1_000 * rules.slowSeconds > date;
    if (kind !== "said" || !isTooSoon) return [undefined];
    // What was sent before slow mode was off may have been removed.
    return ["slow_mode", undefined];
  }

  /** Checks that no message was entered that the service's rules forbid, once all nodes know them. */
  #checkService({ id, room, user, action: { kind } }: Draft): void {
    if (kind === "deleted" || kind === "renamed") return;
    const arrivedAt = this.#arrivedAt.get(id);
    if (arrivedAt === undefined) return;
    const imposedAt = Math.min(...this.#serviceRulesAgainst(user, room));
    if (imposedAt < this.calmSince || arrivedAt - imposedAt <= KNOWN_WITHIN_MS) return;
    this.#context.reportViolation(
      `${kind} ${id} of ${user} in ${room} arrived ${
        arrivedAt - imposedAt
      } ms after it was forbidden`,
    );
  }

  /** When what keeps a user from sending was imposed, in milliseconds since 1970. */
  #serviceRulesAgainst(user: string, room: RoomId): readonly number[] {
    const isGuest = isUserId(user) && userKind(user) === "guest";
    const lockedDownAt = isGuest ? this.rules(AUDIT_ROOM).lockedDownAt : undefined;
    const dates = [...this.#imposedAt("mute", user, room), ...this.#imposedAt("ban", user, room)];
    return lockedDownAt === undefined ? dates : [...dates, lockedDownAt];
  }

  /** When the service's mutes or bans of a user were imposed. Those of the room itself are checked exactly. */
  #imposedAt(kind: SanctionKind, user: string, room: RoomId): readonly number[] {
    const [audit, own] = [this.rules(AUDIT_ROOM), this.rules(room)];
    return this.#effective(kind, user, room, audit, own, this.#context.date())
      .filter(({ entry }) => entry.room === AUDIT_ROOM).map(({ entry }) => entry.at);
  }

  /** Whether a user must not be sent anything of a room, since all nodes know of a ban, also those that have just started. */
  isBannedEverywhere(user: string, room: RoomId): boolean {
    const date = this.#context.date();
    if (date < this.calmSince) return false;
    return this.#imposedAt("ban", user, room).some((at) =>
      date - Math.max(at, this.calmSince) > KNOWN_WITHIN_MS + PROMPT_LATENCY_MS
    );
  }

  /** The mutes or bans that apply to a user in a room. */
  #effective(
    kind: SanctionKind,
    user: string,
    room: RoomId | undefined,
    audit: Rules,
    own: Rules,
    date: number,
  ): readonly Imposed[] {
    const ip = this.#addresses.get(user);
    const active = (rules: Rules, ...key: Parameters<typeof imposedKey>) => {
      const imposed = activeIn(rules, imposedKey(...key), date);
      return imposed === undefined ? [] : [imposed];
    };
    // That of an address ends with the guest's own.
    const ofAddress = (guests: Rules, where: RoomId | undefined) =>
      [...audit.imposed.values()].flatMap((imposed) => {
        const { sanction: { user, guest, until }, entry } = imposed;
        const isFound = user === ip && imposed.room === where && imposed.sanction.kind === kind;
        if (!isFound || until <= date) return [];
        if (guest === undefined) return imposed;
        // It counts again when the guest is muted or banned again.
        return active(guests, kind, guest).map((own) =>
          own.entry.at > entry.at ? { ...imposed, entry: { ...entry, at: own.entry.at } } : imposed
        );
      });
    return [
      ...active(own, kind, user),
      ...active(audit, kind, user),
      ...ofAddress(audit, undefined),
      ...(room === undefined ? [] : ofAddress(own, room)),
    ];
  }

  /** Whether the service is closed to guests. */
  get isLockedDown(): boolean {
    return this.rules(AUDIT_ROOM).lockedDownAt !== undefined;
  }

  /** Whether a user's address is muted in a room, or the user is not. */
  isMutedOnAddress(user: string, room: RoomId): boolean {
    const [audit, own] = [this.rules(AUDIT_ROOM), this.rules(room)];
    const mutes = this.#effective("mute", user, room, audit, own, this.#context.date());
    return mutes.length === 0 || mutes.some(({ sanction }) => sanction.user.startsWith("ip_"));
  }

  /** Whether a mute or a ban applies to a user now. @param room Undefined for the whole service. */
  applies(kind: SanctionKind, user: string, room: RoomId | undefined): boolean {
    const own = room === undefined ? foldRules([]) : this.rules(room);
    const audit = this.rules(AUDIT_ROOM);
    return this.#effective(kind, user, room, audit, own, this.#context.date()).length > 0;
  }

  /** Whether a ban from the service applies to a user, also by the entries up to a position of `_audit` alone. */
  isBannedAt(user: string, audited: Position | undefined): boolean {
    if (audited === undefined || !this.applies("ban", user, undefined)) return false;
    const audit = foldRules(this.#context.oracle(AUDIT_ROOM).upTo(audited));
    const none = foldRules([]);
    return this.#effective("ban", user, undefined, audit, none, this.#context.date()).length > 0;
  }

  /**
   * Whether a refusal can be explained: by what has applied since some time, or shortly before, when a node may still have believed
   * in it.
   *
   * @param since Milliseconds since 1970.
   */
  mayHaveApplied(
    kind: SanctionKind,
    user: string,
    room: RoomId | undefined,
    since: number,
  ): boolean {
    const [from, to] = [this.#explainedFrom(since), this.#context.date()];
    const audits = this.#during(AUDIT_ROOM, from);
    const own = room === undefined ? [{ from, rules: foldRules([]) }] : this.#during(room, from);
    return audits.some((audit) =>
      own.some((period) => {
        // Its end may have passed since.
        const date = Math.min(to, Math.max(from, audit.from, period.from));
        return this.#effective(kind, user, room, audit.rules, period.rules, date).length > 0;
      })
    );
  }

  /** The same for lockdown. */
  mayHaveBeenLockedDown(since: number): boolean {
    return this.#during(AUDIT_ROOM, this.#explainedFrom(since)).some(({ rules }) =>
      rules.lockedDownAt !== undefined
    );
  }

  /** The same for the removal of a user from a room. */
  mayHaveBeenKicked(user: string, room: RoomId): boolean {
    return this.#context.oracle(room).everEntered(({ action }) =>
      action.kind === "said" && action.event?.kind === "kick" && action.event.user === user
    );
  }

  #explainedFrom(since: number): number {
    const isCalm = since - KNOWN_WITHIN_MS >= this.calmSince;
    return since - (isCalm ? KNOWN_WITHIN_MS : FOUND_WITHIN_MS);
  }

  /** The periods of a room that overlap with the time from then on. */
  #during(room: RoomId, from: number): readonly Period[] {
    const periods = this.#periods.get(room) ?? [];
    const first = periods.findLastIndex((period) => period.from <= from);
    const before = first < 0 ? [{ from: -Infinity, rules: foldRules([]) }] : [];
    return [...before, ...periods.slice(Math.max(0, first))];
  }

  /** Whether a user must not have been sent an entry of a room, or messages as they were after it. */
  wasBannedBefore(user: string, room: RoomId, position: Position): boolean {
    const date = this.#context.date();
    const key = imposedKey("ban", user);
    if (activeIn(this.rules(room), key, date) === undefined) return false;
    const { log } = this.#context.oracle(room);
    // Who was let in again may read what was said meanwhile, also if another ban follows.
    const wasLetIn = log.some(({ position: { seq }, action }) =>
      seq > position.seq && action.kind === "said" && action.event?.kind === "unban" &&
      action.event.user === user
    );
    if (wasLetIn) return false;
    const imposed = activeIn(foldRules(this.#context.oracle(room).upTo(position)), key, date);
    // The entry of the ban itself may be shown.
    return imposed !== undefined && imposed.entry.position.seq < position.seq;
  }
}

/** Whether a member with a role may moderate. */
export function mayModerate(role: Role): boolean {
  return isAllowed({ role, rights: null }, "moderate");
}
