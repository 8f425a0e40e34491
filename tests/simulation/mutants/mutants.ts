/**
 * Plausible bugs, each as a small replacement for a correct part, to prove that the simulation finds them, and within
 * how many seeds.
 * @module
 */
import type { Authenticator, TokenUser } from "../../../lib/chat/ports/authenticator.ts";
import { Hub, type HubContext } from "../../../lib/chat/room/hub.ts";
import { Room } from "../../../lib/chat/room/room.ts";
import type { JoinRequest, Subscriber } from "../../../lib/chat/room/subscriber.ts";
import type { StoredReceipt } from "../../../lib/core/log/room_log.ts";
import type { RoomId } from "../../../lib/core/names/names.ts";
import { ListRoomStorage } from "../../core/log/list_room_storage.ts";
import { acceptingUsesOnce } from "./guest_mutants.ts";
import { LateSubscriber, ReadsBeforeSubscribing } from "./mutant_subscribers.ts";
import { type Mutant, UNMUTATED } from "../world/mutant.ts";
import type { NodeBus } from "../world/sim_bus.ts";

/** Reads the log before subscribing to the room, and so misses the entries in between. */
class ReadsBeforeSubscribingHub extends Hub {
  readonly #context: HubContext;

  constructor(context: HubContext) {
    super(context);
    this.#context = context;
  }

  override join(id: RoomId, subscriber: Subscriber, request: JoinRequest): ReturnType<Hub["join"]> {
    const tooEarly = new ReadsBeforeSubscribing(id, subscriber, request, this.#context.bus);
    return super.join(id, tooEarly, { ...request, since: undefined, limit: 0 });
  }
}

/** Adds a subscriber one announcement too late. */
class LateHub extends Hub {
  override join(id: RoomId, subscriber: Subscriber, request: JoinRequest): ReturnType<Hub["join"]> {
    return super.join(id, new LateSubscriber(subscriber), request);
  }
}

/** Adds a subscriber without delivering first what the room holds back. */
class JoinsWithinBatchHub extends Hub {
  override join(id: RoomId, subscriber: Subscriber, request: JoinRequest): ReturnType<Hub["join"]> {
    const subscription = super.join(id, subscriber, request);
    const { room } = subscription;
    room.subscribe = (joined) => {
      room.flush = () => {};
      Room.prototype.subscribe.call(room, joined);
      room.flush = Room.prototype.flush;
    };
    return subscription;
  }
}

/** Removes a dropped member at once. */
class NoGracePeriodHub extends Hub {
  override join(id: RoomId, subscriber: Subscriber, request: JoinRequest): ReturnType<Hub["join"]> {
    const subscription = super.join(id, subscriber, request);
    const leave = subscription.leave.bind(subscription, false);
    return Object.assign(subscription, { leave });
  }
}

/** Detects no repetitions. */
class NoReceiptsStorage extends ListRoomStorage {
  override receipt(): StoredReceipt | undefined {
    return undefined;
  }
}

/** A bus with some methods replaced. */
function altered(bus: NodeBus, methods: Partial<NodeBus>): NodeBus {
  return {
    publish: (draft) => bus.publish(draft),
    signal: (room, note) => bus.signal(room, note),
    subscribe: (room) => bus.subscribe(room),
    unsubscribe: (room) => bus.unsubscribe(room),
    announcements: (signal) => bus.announcements(signal),
    topPositions: (group) => bus.topPositions(group),
    probe: () => bus.probe(),
    whenBack: () => bus.whenBack?.() ?? new Promise(() => {}),
    replay: (room, since, limit) => bus.replay(room, since, limit),
    page: (room, before, limit) => bus.page(room, before, limit),
    pageAfter: (room, after, limit) => bus.pageAfter(room, after, limit),
    state: (room) => bus.state(room),
    admission: (room, user) => bus.admission(room, user),
    receipt: (room, user, id) => bus.receipt(room, user, id),
    readState: (room, user, after) => bus.readState(room, user, after),
    markRead: (room, user, read) => bus.markRead(room, user, read),
    claim: (room, claim) => bus.claim(room, claim),
    release: (room, user, node) => bus.release(room, user, node),
    withdraw: (room, node) => bus.withdraw(room, node),
    refresh: (room, node) => bus.refresh(room, node),
    renew: (node, known) => bus.renew(node, known),
    people: (room) => bus.people(room),
    countPeople: (rooms) => bus.countPeople(rooms),
    ...methods,
  };
}

/** Number of entries read to fill a gap; a join reads fewer in a simulation. */
const GAP_READ_LIMIT = 500;

/** Fills a gap without its first entry. */
function skippingFirstOfGap(bus: NodeBus): NodeBus {
  return altered(bus, {
    async replay(room, since, limit) {
      const replay = await bus.replay(room, since, limit);
      return limit === GAP_READ_LIMIT ? { ...replay, entries: replay.entries.slice(1) } : replay;
    },
  });
}

/** Acknowledges before it stores. */
function acknowledgingEarly(bus: NodeBus): NodeBus {
  return altered(bus, {
    async publish(draft) {
      const { top } = await bus.page(draft.room, undefined, 0);
      bus.publish(draft).catch(() => {});
      return { kind: "entered", position: { ...top, seq: top.seq + 1 }, at: 0 };
    },
  });
}

/** Never releases a membership. */
function neverReleasing(bus: NodeBus): NodeBus {
  return altered(bus, { release: () => Promise.resolve() });
}

/** Grants every name. */
function grantingEveryName(bus: NodeBus): NodeBus {
  return altered(bus, {
    async claim(room, claim) {
      const result = await bus.claim(room, claim);
      return result.kind === "taken" ? { kind: "granted", name: claim.name, isNew: true } : result;
    },
  });
}

/** Resolves subscribe() before it takes effect. Not a bug: missed entries are read from the log. */
function resolvingSubscribeEarly(bus: NodeBus): NodeBus {
  return altered(bus, {
    subscribe(room) {
      bus.subscribe(room);
      return Promise.resolve();
    },
  });
}

/** Bugs that the simulation must find. */
export const MUTANTS: Readonly<Record<string, Mutant>> = {
  "a join that reads history before it subscribes": {
    ...UNMUTATED,
    makeHub: (context) => new ReadsBeforeSubscribingHub(context),
  },
  "a gap filled without its first entry": { ...UNMUTATED, wrap: skippingFirstOfGap },
  "a dedupe that forgets": { ...UNMUTATED, makeRoomStorage: () => new NoReceiptsStorage() },
  "an acknowledgement before the store": { ...UNMUTATED, wrap: acknowledgingEarly },
  "a member added one message late": { ...UNMUTATED, makeHub: (context) => new LateHub(context) },
  "a join that does not end the room's batch": {
    ...UNMUTATED,
    makeHub: (context) => new JoinsWithinBatchHub(context),
  },
  "a batch window that never ends": {
    ...UNMUTATED,
    makeHub: (context) =>
      new Hub({ ...context, batchPolicy: { maxMs: 1e9, quietRate: 0, busyRate: 1 } }),
  },
  "tops that are never announced": { ...UNMUTATED, announcesTops: false },
  "a Redis that continues its numbers after a loss": { ...UNMUTATED, startsEpochs: false },
  "a membership that is never released": { ...UNMUTATED, wrap: neverReleasing },
  "a name that two users have": { ...UNMUTATED, wrap: grantingEveryName },
};

/** Bugs that the simulation of drops must find. */
export const DROP_MUTANTS: Readonly<Record<string, Mutant>> = {
  "a member that is removed at once": {
    ...UNMUTATED,
    makeHub: (context) => new NoGracePeriodHub(context),
  },
};

/** An authenticator whose results are changed. */
function authenticating(change: (user: TokenUser) => TokenUser): Mutant {
  const wrapAuthenticator = (authenticator: Authenticator): Authenticator => ({
    async authenticate(token) {
      const result = await authenticator.authenticate(token);
      return result.kind === "known" ? { ...result, ...change(result) } : result;
    },
  });
  return { ...UNMUTATED, wrapAuthenticator };
}

/** Returns the rights of a user's first token. */
function rememberingRights(): Mutant {
  return {
    ...UNMUTATED,
    wrapAuthenticator: (authenticator) => {
      const known = new Map<string, TokenUser["rights"]>();
      return authenticating((user) => {
        if (!known.has(user.user)) known.set(user.user, user.rights);
        return { ...user, rights: known.get(user.user) ?? null };
      }).wrapAuthenticator(authenticator);
    },
  };
}

/** Bugs that the simulation of tokens must find. */
export const TOKEN_MUTANTS: Readonly<Record<string, Mutant>> = {
  "a right that nobody asks for": authenticating((user) => ({ ...user, rights: null })),
  "a right that outlives its token": rememberingRights(),
  "a right to moderate that nobody asks for": authenticating((user) => ({
    ...user,
    rights: user.rights?.map(({ match, allow }) => ({ match, allow: [...allow, "moderate"] })) ??
      null,
  })),
  "a token that never expires": authenticating((user) => ({ ...user, expiresAt: Infinity })),
};

/** Keeps only the first value of each key: an action, once stored, stays unsent. */
class WriteOnceStorage extends Map<string, string> {
  override set(key: string, value: string): this {
    return key.includes(" deed.") && this.has(key) ? this : super.set(key, value);
  }
}

/** Bugs that the simulation of the client library must find. */
export const LIBRARY_MUTANTS: Readonly<Record<string, Mutant>> = {
  "a page that forgets what it has sent": {
    ...UNMUTATED,
    makeStorage: () => new WriteOnceStorage(),
  },
  "a page that does not know how long it was offline": {
    ...UNMUTATED,
    readClock: (clock) => clock.date() - clock.skippedMs,
  },
  "a guest who becomes somebody else when a reply is lost": {
    ...UNMUTATED,
    wrapUsedTokens: acceptingUsesOnce,
  },
};

/** Changes that must do no harm. */
export const EQUIVALENT_MUTANTS: Readonly<Record<string, Mutant>> = {
  "a subscription that resolves before it takes effect": {
    ...UNMUTATED,
    wrap: resolvingSubscribeEarly,
  },
};
