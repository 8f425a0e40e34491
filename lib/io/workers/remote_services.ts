/**
 * The shared services as a worker sees them: each call goes to the main thread over an RPC channel. The proxies keep the
 * promises of the ports, so a hub and its sessions behave the same in a worker and in the main thread.
 * @module
 */
import type { WorkerBus } from "../../chat/ports/bus.ts";
import type { MessageReviewer } from "../../chat/ports/message_reviewer.ts";
import type { Directory } from "../../chat/ports/directory.ts";
import type { ChargeReason } from "../../core/limits/connection_limits.ts";
import type { SharedServices } from "../serving/shared_services.ts";
import { logger } from "../logger.ts";
import type { MainApi } from "./rpc_types.ts";
import type { RpcChannel } from "./rpc.ts";

/** When a review is worth trying again that was lost with the main thread. */
const REVIEW_RETRY_MS = 1_000;

/** Proxies for the services of the main thread. */
export function remoteServices(main: RpcChannel<MainApi>): SharedServices {
  return {
    bus: remoteBus(main),
    secret: main.callUnbounded("secret"),
    keys: { read: (wantsNewer) => main.call("keySet", wantsNewer) },
    tickets: {
      put: (key, user, lifetimeMs) =>
        main.callInLane(user.user, "putTicket", key, user, lifetimeMs),
      take: (key) => main.call("takeTicket", key),
    },
    usedTokens: {
      use: (user, serial) => main.callInLane(user, "useToken", user, serial),
    },
    revocations: {
      // Unbounded: it resolves with the next revocation, which may be never.
      revocationsAfter: (version) => main.callUnbounded("revocationsAfter", version),
      revoke: (revocation) => main.call("revoke", revocation),
      readRevocations: () => main.call("readRevocations"),
    },
    // Unbounded, as for revocations.
    words: { wordsAfter: (version) => main.callUnbounded("wordsAfter", version) },
    reviewer: remoteReviewer(main),
    directory: remoteDirectory(main),
    roomIndex: {
      roomsOf: (user) => main.callInLane(user, "roomsOf", user),
      listedRooms: () => main.call("listedRooms"),
      indexMembers: (room, users, on, by) => main.call("indexMembers", room, users, on, by),
      indexListed: (room, on) => main.call("indexListed", room, on),
    },
    apiKeys: {
      useApiKey: (secret) => main.callInLane(secret, "useApiKey", secret),
      addApiKey: (terms) => main.call("addApiKey", terms),
      apiKeys: () => main.call("apiKeys"),
      removeApiKey: (id) => main.call("removeApiKey", id),
    },
    webhooks: { manageWebhooks: (command) => main.call("manageWebhooks", command) },
    quota: {
      async acquire(key) {
        const refusal = await main.callInLane(key, "acquireSlot", key);
        if (refusal !== null) return refusal;
        let isHeld = true;
        const release = () => {
          // Unbounded, so that it is never refused: the slot would be held forever.
          if (isHeld) sendOnly(main.callUnbounded("releaseSlot", key));
          isHeld = false;
        };
        const charge = (what: ChargeReason) => sendOnly(main.callUnbounded("charge", key, what));
        return { charge, [Symbol.dispose]: release };
      },
      charge: (key, what) => sendOnly(main.callUnbounded("charge", key, what)),
    },
    connectionCounts: () => main.call("connectionCounts"),
    readiness: () => main.call("readiness"),
    metrics: () => main.call("metrics"),
  };
}

function remoteReviewer(main: RpcChannel<MainApi>): MessageReviewer {
  return {
    // Unbounded, so that a slow review holds up no other call. The main thread limits how many there are.
    reviewMessage: (message) =>
      main.callUnbounded("reviewMessage", message).catch((error: unknown) => {
        logger.debug("worker.review_failed", { error: String(error) });
        return { kind: "failed", afterMs: REVIEW_RETRY_MS };
      }),
  };
}

function remoteDirectory(main: RpcChannel<MainApi>): Directory {
  return {
    signIn: (user, device) => main.callInLane(user, "signIn", user, device),
    redeem: (use) => main.callInLane(use.secret, "redeem", use),
    holdName: (user, name) => main.callInLane(user, "holdName", user, name),
    releaseName: (user, name) => main.callInLane(user, "releaseName", user, name),
    renameMember: (user, name) => main.callInLane(user, "renameMember", user, name),
    manage: (actor, command) => main.call("manage", actor, command),
    // Unbounded, as for revocations.
    namesAfter: (version) => main.callUnbounded("namesAfter", version),
  };
}

/** A user's calls wait in the user's lane, in order. Reads have already passed the worker's `ConcurrencyLimit`. */
function remoteBus(main: RpcChannel<MainApi>): WorkerBus {
  let back: Promise<void> | undefined;
  return {
    publish: (draft, people) => main.callInLane(draft.user, "publish", draft, people),
    signal: (room, note, people) =>
      sendOnly(
        main.callInLane("user" in note ? note.user : note.address, "signal", room, note, people),
      ),
    // Unbounded: it resolves when the bus is available, which may be never.
    subscribe: (room) => main.callUnbounded("subscribe", room),
    // Unbounded like `subscribe`: never refused, and never sent before it.
    unsubscribe: (room) => sendOnly(main.callUnbounded("unsubscribe", room)),
    // One call serves all waiting callers of this worker.
    whenBack: () =>
      back ??= main.callUnbounded("whenBack").then(() => {
        back = undefined;
      }),
    replay: (room, since, limit) => main.call("replay", room, since, limit),
    page: (room, before, limit) => main.call("page", room, before, limit),
    pageAfter: (room, after, limit) => main.call("pageAfter", room, after, limit),
    state: (room) => main.call("state", room),
    admission: (room, user) => main.call("admission", room, user),
    receipt: (room, user, id) => main.callInLane(user, "receipt", room, user, id),
    readState: (room, user, after) => main.callInLane(user, "readState", room, user, after),
    markRead: (room, user, read) => main.callInLane(user, "markRead", room, user, read),
    claim: (room, claim) => main.callInLane(claim.user, "claim", room, claim),
    release: (room, user, node) => main.callInLane(user, "release", room, user, node),
    withdraw: (room, node) => main.call("withdraw", room, node),
    refresh: (room, node) => main.call("refresh", room, node),
    renew: (node, known) => main.call("renew", node, known),
    people: (room) => main.call("people", room),
    countPeople: (rooms) => main.call("countPeople", rooms),
  };
}

/** For calls whose result no caller needs. */
function sendOnly(call: Promise<unknown>): void {
  call.catch((error: unknown) => logger.debug("worker.notify_failed", { error: String(error) }));
}
