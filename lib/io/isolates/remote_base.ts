/**
 * What a serving isolate stands on: the main isolate, at the other end of a line. It keeps the promises of the ports that
 * it stands for, so that a hub and its sessions cannot tell it from the things themselves.
 * @module
 */
import type { ServingBus } from "../../chat/bus.ts";
import type { Charge } from "../../core/admissions.ts";
import type { Base } from "../front.ts";
import { log } from "../log.ts";
import type { MainAnswers } from "./calls.ts";
import type { Line } from "./line.ts";

/** The main isolate, as a base. */
export function remoteBase(main: Line<MainAnswers>): Base {
  return {
    bus: remoteBus(main),
    secret: main.wait("secret"),
    quota: {
      async take(key) {
        const refusal = await main.callFor(key, "enter", key);
        if (refusal !== null) return refusal;
        let isHeld = true;
        const giveBack = () => {
          // Never refused, however many calls wait: the place would never be given back.
          if (isHeld) tell(main.wait("exit", key));
          isHeld = false;
        };
        const charge = (what: Charge) => tell(main.wait("charge", key, what));
        return { charge, [Symbol.dispose]: giveBack };
      },
      charge: (key, what) => tell(main.wait("charge", key, what)),
    },
    census: () => main.call("census"),
    readiness: () => main.call("readiness"),
    metrics: () => main.call("metrics"),
  };
}

/** A user's calls wait in the user's lane, in order. Reads have already taken turns in the isolate's `Turns`. */
function remoteBus(main: Line<MainAnswers>): ServingBus {
  let back: Promise<void> | undefined;
  return {
    publish: (draft, people) => main.callFor(draft.user, "publish", draft, people),
    signal: (room, note, people) => tell(main.callFor(note.user, "signal", room, note, people)),
    // It resolves when the bus is there, which may be never.
    follow: (room) => main.wait("follow", room),
    // As it was followed: not refused, and not before.
    unfollow: (room) => tell(main.wait("unfollow", room)),
    // One call serves all waiting callers of this isolate.
    whenBack: () =>
      back ??= main.wait("whenBack").then(() => {
        back = undefined;
      }),
    replay: (room, since, limit) => main.call("replay", room, since, limit),
    page: (room, before, limit) => main.call("page", room, before, limit),
    standing: (room, user) => main.callFor(user, "standing", room, user),
    markRead: (room, user, read) => main.callFor(user, "markRead", room, user, read),
    claim: (room, claim) => main.callFor(claim.user, "claim", room, claim),
    release: (room, user, node) => main.callFor(user, "release", room, user, node),
    withdraw: (room, node) => main.call("withdraw", room, node),
    renew: (room, node) => main.call("renew", room, node),
    people: (room) => main.call("people", room),
  };
}

/** For what has no answer that anybody waits for. */
function tell(call: Promise<unknown>): void {
  call.catch((error: unknown) => log.debug("isolate.not_told", { error: String(error) }));
}
