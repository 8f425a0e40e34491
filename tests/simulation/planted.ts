/**
 * Faults that somebody might make, each as a small stand-in for something that is right: to see that the simulation finds
 * them, and after how many seeds.
 * @module
 */
import { Hub, type HubContext } from "../../lib/chat/hub.ts";
import type { JoinWish, Member } from "../../lib/chat/member.ts";
import type { KeptReceipt } from "../../lib/core/room_log.ts";
import type { RoomId } from "../../lib/core/names.ts";
import { ListShelf } from "../core/list_shelf.ts";
import { HastyMember, LateMember } from "./planted_members.ts";
import { type Plant, SOUND } from "./plant.ts";
import type { NodeBus } from "./sim_bus.ts";

/** Somebody reads the log, and only then follows the room: what is said in between never comes. */
class HastyHub extends Hub {
  readonly #context: HubContext;

  constructor(context: HubContext) {
    super(context);
    this.#context = context;
  }

  override join(id: RoomId, member: Member, wish: JoinWish): ReturnType<Hub["join"]> {
    const hasty = new HastyMember(id, member, wish, this.#context.bus);
    return super.join(id, hasty, { ...wish, since: undefined, limit: 0 });
  }
}

/** Whoever joins is let in when the next thing has been told already. */
class LateHub extends Hub {
  override join(id: RoomId, member: Member, wish: JoinWish): ReturnType<Hub["join"]> {
    return super.join(id, new LateMember(member), wish);
  }
}

/** Whoever drops is let go at once. */
class ColdHub extends Hub {
  override join(id: RoomId, member: Member, wish: JoinWish): ReturnType<Hub["join"]> {
    const stay = super.join(id, member, wish);
    return { room: stay.room, leave: () => stay.leave(false) };
  }
}

/** Knows no repetition. */
class ForgetfulShelf extends ListShelf {
  override receipt(): KeptReceipt | undefined {
    return undefined;
  }
}

/** A bus like another one, but for some of its methods. */
function altered(bus: NodeBus, methods: Partial<NodeBus>): NodeBus {
  return {
    publish: (draft) => bus.publish(draft),
    signal: (room, note) => bus.signal(room, note),
    follow: (room) => bus.follow(room),
    unfollow: (room) => bus.unfollow(room),
    announcements: (signal) => bus.announcements(signal),
    tops: () => bus.tops(),
    probe: () => bus.probe(),
    whenBack: () => bus.whenBack?.() ?? new Promise(() => {}),
    replay: (room, since, limit) => bus.replay(room, since, limit),
    page: (room, before, limit) => bus.page(room, before, limit),
    standing: (room, user) => bus.standing(room, user),
    markRead: (room, user, read) => bus.markRead(room, user, read),
    claim: (room, claim) => bus.claim(room, claim),
    release: (room, user, node) => bus.release(room, user, node),
    withdraw: (room, node) => bus.withdraw(room, node),
    renew: (room, node) => bus.renew(room, node),
    people: (room) => bus.people(room),
    ...methods,
  };
}

/** So many are read to heal a hole; a join reads fewer in a simulation. */
const HEAL_LIMIT = 500;

/** The hub reads what is missing, but not its first. */
function skipping(bus: NodeBus): NodeBus {
  return altered(bus, {
    async replay(room, since, limit) {
      const replay = await bus.replay(room, since, limit);
      return limit === HEAL_LIMIT ? { ...replay, entries: replay.entries.slice(1) } : replay;
    },
  });
}

/** Says that it is entered, and then tries to. */
function hoping(bus: NodeBus): NodeBus {
  return altered(bus, {
    async publish(draft) {
      const { top } = await bus.page(draft.room, undefined, 0);
      bus.publish(draft).catch(() => {});
      return { kind: "entered", position: { ...top, seq: top.seq + 1 }, at: 0 };
    },
  });
}

/** Nobody is ever put out of a room for good. */
function clinging(bus: NodeBus): NodeBus {
  return altered(bus, { release: () => Promise.resolve() });
}

/** Every name is free. */
function granting(bus: NodeBus): NodeBus {
  return altered(bus, {
    async claim(room, claim) {
      const result = await bus.claim(room, claim);
      return result.kind === "taken" ? { kind: "granted", name: claim.name } : result;
    },
  });
}

/** Says that a room is followed before it is. Not a fault: the log is asked what was missed. */
function presuming(bus: NodeBus): NodeBus {
  return altered(bus, {
    follow(room) {
      bus.follow(room);
      return Promise.resolve();
    },
  });
}

/** What must be found. */
export const FAULTS: Readonly<Record<string, Plant>> = {
  "a join that reads history before it follows": {
    ...SOUND,
    makeHub: (context) => new HastyHub(context),
  },
  "a heal that skips one": { ...SOUND, wrap: skipping },
  "a dedupe that forgets": { ...SOUND, makeShelf: () => new ForgetfulShelf() },
  "an ack before the store": { ...SOUND, wrap: hoping },
  "a member let in one message late": { ...SOUND, makeHub: (context) => new LateHub(context) },
  "tops that are never told": { ...SOUND, tellsTops: false },
  "a Redis that numbers on after a loss": { ...SOUND, beginsEras: false },
  "a register that does not let go": { ...SOUND, wrap: clinging },
  "a name that two people have": { ...SOUND, wrap: granting },
};

/** What must be found where people only drop. */
export const DROP_FAULTS: Readonly<Record<string, Plant>> = {
  "a member who is let go at once": { ...SOUND, makeHub: (context) => new ColdHub(context) },
};

/** Keeps what was put first under a name: of a deed, that it was never sent. */
class StubbornStorage extends Map<string, string> {
  override set(key: string, value: string): this {
    return key.includes(" deed.") && this.has(key) ? this : super.set(key, value);
  }
}

/** What must be found where people use the client library. */
export const LIBRARY_FAULTS: Readonly<Record<string, Plant>> = {
  "a page that does not know what it had sent before": {
    ...SOUND,
    makeStorage: () => new StubbornStorage(),
  },
  "a page that does not know how long it was away": {
    ...SOUND,
    readClock: (clock) => clock.date() - clock.leaptMs,
  },
};

/** What must do no harm. */
export const HARMLESS: Readonly<Record<string, Plant>> = {
  "a follow that resolves before it takes effect": { ...SOUND, wrap: presuming },
};
