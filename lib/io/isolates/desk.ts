/**
 * What the main isolate does for one serving isolate, and takes back when that one is gone: the rooms that it followed
 * and the places that it held would otherwise be held for ever.
 * @module
 */
import type { RoomId } from "../../core/names.ts";
import type { Base } from "../front.ts";
import { log } from "../log.ts";
import type { MainAnswers } from "./calls.ts";

/** What the main isolate does for one serving isolate. */
export class Desk implements Disposable {
  readonly #base: Base;
  readonly #followed = new Map<RoomId, number>();
  readonly #places = new Map<string, Disposable[]>();
  #node: string | undefined;
  #isGone = false;

  /** Nothing is held yet. */
  constructor(base: Base) {
    this.#base = base;
  }

  /** What it answers. */
  get answers(): MainAnswers {
    const { bus, secret } = this.#base;
    return {
      publish: (draft, people) => bus.publish(draft, people),
      signal: (room, note, people) => bus.signal(room, note, people),
      follow: (room) => this.#follow(room),
      unfollow: (room) => this.#unfollow(room),
      whenBack: () => bus.whenBack(),
      replay: (room, since, limit) => bus.replay(room, since, limit),
      page: (room, before, limit) => bus.page(room, before, limit),
      standing: (room, user) => bus.standing(room, user),
      markRead: (room, user, read) => bus.markRead(room, user, read),
      claim: (room, claim) => {
        this.#node = claim.node;
        return bus.claim(room, claim);
      },
      release: (room, user, node) => bus.release(room, user, node),
      withdraw: (room, node) => bus.withdraw(room, node),
      renew: (room, node) => bus.renew(room, node),
      people: (room) => bus.people(room),
      enter: (key) => this.#enter(key),
      exit: (key) => this.#places.get(key)?.pop()?.[Symbol.dispose](),
      charge: (key, what) => this.#base.quota.charge(key, what),
      secret: () => secret,
      census: () => this.#base.census(),
      readiness: () => this.#base.readiness(),
      metrics: () => this.#base.metrics(),
    };
  }

  /** Takes back what the isolate held; what it asked for and is only now heard of is not given to it any more. */
  [Symbol.dispose](): void {
    this.#isGone = true;
    for (const [room, count] of this.#followed) {
      this.#withdraw(room);
      for (let left = count; left > 0; left--) this.#base.bus.unfollow(room);
    }
    this.#followed.clear();
    for (const places of this.#places.values()) {
      for (const place of places) place[Symbol.dispose]();
    }
    this.#places.clear();
  }

  /** The isolate may have ended without withdrawing. It followed every room that it had users in. */
  #withdraw(room: RoomId): void {
    if (this.#node === undefined) return;
    this.#base.bus.withdraw(room, this.#node).catch((error: unknown) =>
      log.debug("isolate.not_withdrawn", { room, error: String(error) })
    );
  }

  async #follow(room: RoomId): Promise<void> {
    if (this.#isGone) return;
    this.#followed.set(room, (this.#followed.get(room) ?? 0) + 1);
    await this.#base.bus.follow(room);
  }

  #unfollow(room: RoomId): void {
    const count = this.#followed.get(room) ?? 0;
    if (count > 1) this.#followed.set(room, count - 1);
    else this.#followed.delete(room);
    if (count > 0) this.#base.bus.unfollow(room);
  }

  async #enter(key: string): ReturnType<MainAnswers["enter"]> {
    const place = await this.#base.quota.take(key);
    if (typeof place === "string") return place;
    if (this.#isGone) {
      place[Symbol.dispose]();
      return null;
    }
    const places = this.#places.get(key) ?? [];
    this.#places.set(key, places);
    places.push(place);
    return null;
  }
}
