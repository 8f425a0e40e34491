/**
 * Bugs of private rooms, each as a small replacement for a correct part, that the simulation of private rooms must find.
 * @module
 */
import { Hub } from "../../../lib/chat/room/hub.ts";
import type { Room } from "../../../lib/chat/room/room.ts";
import type { JoinRequest, Subscriber } from "../../../lib/chat/room/subscriber.ts";
import type { RoomId } from "../../../lib/core/names/names.ts";
import { isClosed } from "../../../lib/core/rooms/closed_room.ts";
import { type Mutant, UNMUTATED } from "../world/mutant.ts";
import { ChangedRoomsHub, ReadsStateOnceHub } from "./moderation_mutants.ts";

/** Ignores removals that are announced. */
class KeepsRemovedHub extends ChangedRoomsHub {
  protected override change({ rules }: Room): void {
    const apply = rules.apply.bind(rules);
    rules.apply = (entry) => {
      const event = entry.action.kind === "said" ? entry.action.event : undefined;
      return event?.kind === "member" && !event.on ? undefined : apply(entry);
    };
  }
}

/** Sends the presence of private rooms to everybody who is in any room. */
class LeaksPresenceHub extends ChangedRoomsHub {
  readonly #everybody = new Set<Subscriber>();

  override join(id: RoomId, subscriber: Subscriber, request: JoinRequest): ReturnType<Hub["join"]> {
    this.#everybody.add(subscriber);
    return super.join(id, subscriber, request);
  }

  protected override change(room: Room): void {
    if (!isClosed(room.id)) return;
    const enqueue = room.enqueue.bind(room);
    room.enqueue = (frame) => {
      enqueue(frame);
      const { last } = room;
      if (frame.type !== "presence" || last === undefined) return;
      for (const subscriber of this.#everybody) {
        const text = subscriber.encoder.encode(frame);
        if (text !== undefined) subscriber.deliver([text], last);
      }
    };
  }
}

/** Shows those who join everything, whenever they were added. */
class ShowsHistoryHub extends Hub {
  override join(id: RoomId, subscriber: Subscriber, request: JoinRequest): ReturnType<Hub["join"]> {
    subscriber.readableAfter = () => 0;
    return super.join(id, subscriber, request);
  }
}

/** Shows those who have joined what becomes of messages from before they were added. */
class ShowsChangesHub extends Hub {
  override join(id: RoomId, subscriber: Subscriber, request: JoinRequest): ReturnType<Hub["join"]> {
    const onJoined = subscriber.onJoined.bind(subscriber);
    subscriber.onJoined = (result) => {
      subscriber.readableAfter = () => 0;
      onJoined(result);
    };
    return super.join(id, subscriber, request);
  }
}

/** Bugs that the simulation of private rooms must find. */
export const PRIVATE_MUTANTS: Readonly<Record<string, Mutant>> = {
  "a member who is removed and stays": {
    ...UNMUTATED,
    makeHub: (context) => new KeepsRemovedHub(context),
  },
  "members who are not read again after a loss": {
    ...UNMUTATED,
    makeHub: (context) => new ReadsStateOnceHub(context),
  },
  "presence of a private room that strangers are sent": {
    ...UNMUTATED,
    makeHub: (context) => new LeaksPresenceHub(context),
  },
  "changes of messages from before a member was added": {
    ...UNMUTATED,
    makeHub: (context) => new ShowsChangesHub(context),
  },
  "messages from before a member was added": {
    ...UNMUTATED,
    makeHub: (context) => new ShowsHistoryHub(context),
  },
};
