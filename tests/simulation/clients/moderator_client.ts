/**
 * A moderator, who acts at random on users, rooms and the service, and repeats what may not have been carried out. A member who is
 * none at the time tries the same, and is refused. An owner gives members other roles.
 * @module
 */
import type { Role } from "../../../lib/core/auth/member.ts";
import type { Frame, FrameOf } from "../../../lib/core/protocol/frames.ts";
import { mayModerate } from "../oracles/moderation_oracle.ts";
import type { World } from "../world/world.ts";
import { ModeratedClient, type ModeratedUser } from "./moderated_client.ts";
import type { RequestFields } from "./pending_requests.ts";

/** One moderator. */
export class ModeratorClient extends ModeratedClient {
  readonly #others: readonly ModeratedClient[];
  readonly #members: readonly ModeratedClient[];
  readonly #underWay = new Map<string, RequestFields>();
  #knownRole: Role | undefined;

  /** @param others Whom it acts on. @param members Those to whom an owner gives other roles. */
  constructor(
    world: World,
    user: ModeratedUser,
    others: readonly ModeratedClient[],
    members: readonly ModeratedClient[] = [],
  ) {
    super(world, user);
    this.#others = others;
    this.#members = members;
  }

  override act(): void {
    const { dice } = this.world;
    if (this.user === undefined) return;
    if (dice.chance(0.3)) return super.act();
    const wanted = this.#pick();
    if (wanted) this.#send(wanted);
  }

  /** Opens everything to everybody again, except for what has no end. */
  calmDown(): void {
    if (this.user === undefined) return;
    this.#send({ type: "moderate", action: "unlock" });
    for (const room of this.world.rooms) {
      this.#send({ type: "room", room, readOnly: false, slowSeconds: 0 });
    }
  }

  override checkFinalState(): void {
    super.checkFinalState();
    const { user } = this;
    if (user === undefined || this.wire === undefined) return;
    const roles = this.#rolesSince(this.world.clock.date());
    if (roles.length > 0 && !roles.some((it) => it === this.#knownRole)) {
      this.reportViolation(`${user} was told to be a ${this.#knownRole}, and is a ${roles}`);
    }
  }

  /** Members may be none at the time; and whoever ranks lower cannot change what the owner has imposed. */
  protected override mayBeRefused(id: string, askedAt: number): boolean {
    const roles = this.#rolesSince(askedAt);
    if (!roles.every(mayModerate)) return true;
    const isSanction = /^(un)?(mute|ban)$/.test(String(this.#underWay.get(id)?.["action"]));
    return roles.length > 0 && isSanction;
  }

  protected override onResponse(frame: Frame): void {
    if (frame.type === "hello") this.#knownRole = frame.you.role;
    if (frame.type === "rules" && frame.role) this.#knownRole = frame.role;
    super.onResponse(frame);
  }

  /** The roles on which nodes may have acted since some time; none for the owner, whom an app makes one. */
  #rolesSince(date: number): readonly Role[] {
    return this.user === undefined ? [] : this.moderation.rolesSince(this.user, date);
  }

  protected override onFault(fault: FrameOf<"fault">): void {
    super.onFault(fault);
    const { id = "", code } = fault;
    const request = this.#underWay.get(id);
    if (request === undefined || !/^(unavailable|unknown_outcome)$/.test(code)) return;
    this.world.clock.after(500, () => this.user && this.request(request, id));
  }

  #send(wanted: RequestFields): void {
    this.#underWay.set(this.request(wanted), wanted);
  }

  #pick(): RequestFields | undefined {
    const { dice, rooms } = this.world;
    const room = dice.pick(rooms);
    const where = dice.chance(0.6) ? { room } : {};
    const user = dice.pick(this.#others).user;
    // 0 for ever.
    const seconds = dice.pick([2, 2, 5, 20, 0]);
    const onUser = (action: string) =>
      user === undefined
        ? []
        : [{ type: "moderate", action, user, ...where, ...(seconds && { seconds }) }];
    const undo = (action: string) =>
      user === undefined ? [] : [{ type: "moderate", action, user, ...where }];
    const kick = user === undefined ? [] : [{ type: "moderate", action: "kick", user, room }];
    const member = this.#members.length > 0 ? dice.pick(this.#members).user : undefined;
    const changeRole = (role: Role) => member ? [{ type: "role", user: member, role }] : [];
    const all: readonly RequestFields[] = [
      ...changeRole("moderator"),
      ...changeRole("member"),
      ...onUser("mute"),
      ...onUser("mute"),
      ...onUser("ban"),
      ...onUser("ban"),
      ...undo("unmute"),
      ...undo("unban"),
      ...undo("unban"),
      ...kick,
      { type: "moderate", action: "clear", room },
      { type: "room", room, readOnly: dice.chance(0.3) },
      { type: "room", room, slowSeconds: dice.pick([0, 0, 1, 5]) },
      { type: "moderate", action: dice.chance(0.4) ? "lockdown" : "unlock" },
    ];
    return dice.pick(all);
  }
}
