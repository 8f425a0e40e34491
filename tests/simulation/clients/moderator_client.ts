/**
 * A moderator, who acts at random on users, rooms and the service, and repeats what may not have been carried out.
 * @module
 */
import type { FrameOf } from "../../../lib/core/protocol/frames.ts";
import type { World } from "../world/world.ts";
import { ModeratedClient, type ModeratedUser } from "./moderated_client.ts";
import type { RequestFields } from "./pending_requests.ts";

/** One moderator. */
export class ModeratorClient extends ModeratedClient {
  readonly #others: readonly ModeratedClient[];
  readonly #rank: ModeratedUser["role"];
  readonly #underWay = new Map<string, RequestFields>();

  /** @param others Whom it acts on. */
  constructor(world: World, user: ModeratedUser, others: readonly ModeratedClient[]) {
    super(world, user);
    this.#others = others;
    this.#rank = user.role;
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

  /** Whoever ranks lower cannot change what the owner has imposed. */
  protected override mayBeRefused(id: string): boolean {
    const isSanction = /^(un)?(mute|ban)$/.test(String(this.#underWay.get(id)?.["action"]));
    return this.#rank === "moderator" && isSanction;
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
    const all: readonly RequestFields[] = [
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
