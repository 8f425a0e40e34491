/**
 * Creates what the sessions of one thread share: its hub, and their context.
 * @module
 */
import meta from "../../../deno.json" with { type: "json" };
import type { Clock } from "../../chat/ports/clock.ts";
import { AddressSanctions } from "../../chat/moderation/address_sanctions.ts";
import type { GuestPace } from "../../chat/moderation/guest_pace.ts";
import type { KnownNames } from "../../chat/members/known_names.ts";
import { Hub } from "../../chat/room/hub.ts";
import type { WorkerMetrics } from "../../chat/metrics.ts";
import { MAX_READS_PER_WORKER } from "../../chat/log_reader.ts";
import type { SessionContext } from "../../chat/session/session.ts";
import { EntryReview } from "../../chat/moderation/entry_review.ts";
import type { UserSessions } from "../../chat/session/user_sessions.ts";
import { IndexRepairer } from "../../chat/rooms/index_repairer.ts";
import { RoomList } from "../../chat/rooms/room_list.ts";
import { ConcurrencyLimit } from "../../chat/concurrency_limit.ts";
import { BATCH_RATES } from "../../core/limits/batch_window.ts";
import { SharedBudgets } from "../../core/limits/rate_limiter.ts";
import { canStateModerators, type Config } from "../../core/config/config.ts";
import { chunkSizeFor } from "../../core/log/reading/replay_chunks.ts";
import { qrCode } from "../auth/qr_code.ts";
import { KeyAuthenticator } from "../auth/authenticators/key_authenticator.ts";
import { loadAuthenticator } from "../auth/authenticators/load_authenticator.ts";
import { keyedRoomIds } from "../auth/room_ids.ts";
import { newId, SignedSessionTokens } from "../auth/signed_tokens.ts";
import { maxJsonBytes } from "./endpoints.ts";
import type { SharedServices } from "./shared_services.ts";

/** Creates the hub. @param parts Those of the thread that are created before it. */
export function createHub(
  config: Config,
  clock: Clock,
  { bus, roomIndex }: SharedServices,
  { instruments: metrics, sharesWrites, names, userSessions, pace }: {
    readonly instruments: WorkerMetrics;
    readonly sharesWrites: boolean;
    readonly names: KnownNames;
    readonly userSessions: UserSessions;
    readonly pace: GuestPace;
  },
): Hub {
  const indexRepairer = new IndexRepairer({ roomIndex, clock });
  const defer = (fn: () => void) => void setImmediate(fn);
  const node = newId();
  const maxChunk = chunkSizeFor(config.maxBufferedBytes);
  const batchPolicy = { ...BATCH_RATES, maxMs: config.maxBatchMs };
  const common = { bus, clock, metrics, node, random: Math.random, newId, defer, maxChunk };
  return new Hub({
    ...config,
    ...common,
    batchPolicy,
    sharesWrites,
    names,
    onUserSignal: (signal) => userSessions.onSignal(signal),
    onGuestSent: (room, { address, at }) => pace.onSent(address, room, at),
    onRoomOpened: (room) => indexRepairer.repair(room),
  });
}

/** Creates what all sessions share. @param parts Those of the thread that sessions use. */
export async function createSessionContext(
  config: Config,
  clock: Clock,
  { bus, secret, keys, usedTokens, directory, roomIndex, apiKeys, reviewer }: SharedServices,
  { hub, tickets, revocations, names, words, sanctions, userSessions, pace, instruments, page }:
    & Pick<SessionContext, "hub" | "tickets" | "revocations" | "names" | "words" | "sanctions">
    & Pick<SessionContext, "userSessions">
    & { readonly pace: GuestPace; readonly instruments: WorkerMetrics; readonly page: string },
): Promise<SessionContext> {
  const sessionTokens = new SignedSessionTokens(clock, secret);
  const authenticator = new KeyAuthenticator(
    apiKeys,
    await loadAuthenticator(config, keys, clock),
  );
  const serverInfo = {
    server: { name: "parley", version: meta.version, page },
    limits: {
      maxTextBytes: config.maxMessageBytes,
      maxMessageBytes: maxJsonBytes(config),
      maxRooms: config.maxRooms,
      messagesPerSecond: config.messagesPerSecond,
      bytesPerSecond: config.bytesPerSecond,
      recoverLimit: config.recoverLimit,
    },
    heartbeat: { seconds: config.pingSeconds },
  };
  const limits = new SharedBudgets(config, instruments.refused, instruments.refusedTokens);
  const readLimit = new ConcurrencyLimit(MAX_READS_PER_WORKER);
  const identity = { sessionTokens, usedTokens, authenticator, tickets };
  const access = { ...identity, directory, revocations, names, qrCode };
  const addressSanctions = new AddressSanctions({ bus, newId, sanctions, pace });
  const review = config.moderationUrl === null
    ? undefined
    : new EntryReview(reviewer, config.moderationFails);
  const rules = { words, review, sanctions, addressSanctions };
  const roomList = new RoomList({ bus, hub, roomIndex, clock });
  const rooms = { roomIndex, roomIds: keyedRoomIds(secret), roomList, userSessions };
  const own = { bus, hub, ...rules, ...access, serverInfo, limits, readLimit };
  const appsModerate = canStateModerators(config);
  const all = { ...config, ...own, ...rooms, appsModerate };
  return { ...all, clock, random: Math.random, newId };
}
