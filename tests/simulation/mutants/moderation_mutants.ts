/**
 * Bugs of mutes, bans and settings, each as a small replacement for a correct part, that the simulation of moderation must find.
 * @module
 */
import { KnownNames } from "../../../lib/chat/members/known_names.ts";
import { Hub } from "../../../lib/chat/room/hub.ts";
import type { Room } from "../../../lib/chat/room/room.ts";
import type { JoinRequest, Subscriber } from "../../../lib/chat/room/subscriber.ts";
import { formatPosition } from "../../../lib/core/log/position.ts";
import { endedFields } from "../../../lib/core/log/state_expiry.ts";
import type { RoomId } from "../../../lib/core/names/names.ts";
import { type Contents, ListRoomStorage } from "../../core/log/list_room_storage.ts";
import { type Mutant, UNMUTATED } from "../world/mutant.ts";

/** Changes each room once, before anybody is in it. */
export abstract class ChangedRoomsHub extends Hub {
  readonly #changed = new WeakSet<Room>();

  override join(id: RoomId, subscriber: Subscriber, request: JoinRequest): ReturnType<Hub["join"]> {
    const subscription = super.join(id, subscriber, request);
    this.#changeOnce(subscription.room);
    return subscription;
  }

  override follow(...args: Parameters<Hub["follow"]>): Room {
    const room = super.follow(...args);
    this.#changeOnce(room);
    return room;
  }

  #changeOnce(room: Room): void {
    if (this.#changed.has(room)) return;
    this.#changed.add(room);
    this.change(room);
  }

  protected abstract change(room: Room): void;
}

/** Keeps the state that a room has read first, whatever its log loses. */
export class ReadsStateOnceHub extends ChangedRoomsHub {
  protected override change({ rules }: Room): void {
    const learn = rules.learn.bind(rules);
    let isRead = false;
    rules.learn = (stored) => {
      if (!isRead) learn(stored);
      isRead = true;
    };
  }
}

/** Applies only events that were announced. */
class IgnoresGapsHub extends ChangedRoomsHub {
  protected override change(room: Room): void {
    const announced = new Set<string>();
    const onEntry = room.onEntry.bind(room), apply = room.rules.apply.bind(room.rules);
    room.onEntry = (entry) => {
      announced.add(formatPosition(entry.position));
      onEntry(entry);
    };
    room.rules.apply = (entry) =>
      announced.has(formatPosition(entry.position)) ? apply(entry) : undefined;
  }
}

/** Tells subscribers of changed rules only when they have joined. */
class ForgetsJoinersHub extends Hub {
  override join(id: RoomId, subscriber: Subscriber, request: JoinRequest): ReturnType<Hub["join"]> {
    const onJoined = subscriber.onJoined.bind(subscriber);
    const onRulesChanged = subscriber.onRulesChanged.bind(subscriber);
    subscriber.onRulesChanged = () => {};
    subscriber.onJoined = (result) => {
      subscriber.onRulesChanged = onRulesChanged;
      onJoined(result);
    };
    return super.join(id, subscriber, request);
  }
}

/** Enters what muted users send: only their sessions refuse it. */
class NoMutesStorage extends ListRoomStorage {
  override stateField(field: string): string | undefined {
    return field.startsWith("mute:") ? undefined : super.stateField(field);
  }
}

/** Enters everything. */
class StatelessStorage extends ListRoomStorage {
  override stateField(): string | undefined {
    return undefined;
  }
}

/** Reads roles only when there are new members. */
class StaleRoleNames extends KnownNames {
  override onRolesChanged(): void {}
}

/** A state that is copied without its bans; the log has them. */
function withoutBans(contents: Contents): Contents {
  const others = [...contents.state].filter(([field]) => !field.startsWith("ban:"));
  return { ...contents, state: new Map(others) };
}

/** Bugs that the simulation of moderation must find. */
export const MODERATION_MUTANTS: Readonly<Record<string, Mutant>> = {
  "a state that is not read again after a loss": {
    ...UNMUTATED,
    makeHub: (context) => new ReadsStateOnceHub(context),
  },
  "a worker that ignores the events of a gap": {
    ...UNMUTATED,
    makeHub: (context) => new IgnoresGapsHub(context),
  },
  "a ban that joining users are not told of": {
    ...UNMUTATED,
    makeHub: (context) => new ForgetsJoinersHub(context),
  },
  "a mute that only sessions check": {
    ...UNMUTATED,
    makeRoomStorage: () => new NoMutesStorage(),
  },
  "a sweep that removes a mute before its end": {
    ...UNMUTATED,
    endedFields: (fields, date) => endedFields(fields, date + 2_000),
  },
  "a worker that keeps a stale role": {
    ...UNMUTATED,
    makeKnownNames: () => new StaleRoleNames(),
  },
  "a ban that is lost in a failover": { ...UNMUTATED, takenOver: withoutBans },
  "a log that ignores the state of its room": {
    ...UNMUTATED,
    makeRoomStorage: () => new StatelessStorage(),
  },
};
