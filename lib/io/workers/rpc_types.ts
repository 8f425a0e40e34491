/**
 * The calls between the main thread and its workers, and the messages that start a worker. All of it goes through
 * `postMessage`, so use only plain values here.
 * @module
 */
import type { WorkerBus } from "../../chat/ports/bus.ts";
import type { ApiKeyManager } from "../../chat/ports/api_keys.ts";
import type { Directory } from "../../chat/ports/directory.ts";
import type { MessageReviewer } from "../../chat/ports/message_reviewer.ts";
import type { RoomIndex } from "../../chat/ports/room_index.ts";
import type { WebhookAdmin } from "../../chat/ports/webhook_admin.ts";
import type { WordListSource } from "../../chat/moderation/word_list_feed.ts";
import type { RevocationSource } from "../../chat/revocations/revocation_feed.ts";
import type { ConnectionCounts } from "../../chat/heartbeat.ts";
import type { TokenUser } from "../../chat/ports/authenticator.ts";
import type { KeySet } from "../auth/authenticators/key_set.ts";
import type { UserId } from "../../core/log/entry.ts";
import type { AdmissionRefusal, ChargeReason } from "../../core/limits/connection_limits.ts";
import type { Config } from "../../core/config/config.ts";
import type { ServerReport } from "../serving/chat_server.ts";
import type { DrainKind } from "../serving/drain.ts";
import type { Readiness } from "../http/readiness.ts";
import type { KeyPair } from "../tls/key_pair.ts";
import type { PackedFiles } from "../web/packed_files.ts";
import type { RpcBatch } from "./rpc.ts";

/** The calls that the main thread answers. */
export type MainApi = {
  /** Acquires a connection slot: null on success, or the limit that refuses it. */
  readonly acquireSlot: (key: string) => Promise<AdmissionRefusal | null>;
  /** Releases a slot of the same key. */
  readonly releaseSlot: (key: string) => void;
  /** Charges an address; see `ChargeReason`. */
  readonly charge: (key: string, what: ChargeReason) => void;
  /** The secret that signs session tokens; resolves when it has been read. */
  readonly secret: () => Promise<string>;
  /** The public keys that verify tokens; undefined without them. @param wantsNewer See `KeySetSource`. */
  readonly keySet: (wantsNewer: boolean) => Promise<KeySet | undefined>;
  /** Stores the user of a ticket; see `TicketStore`. */
  readonly putTicket: (key: string, user: TokenUser, lifetimeMs: number) => Promise<void>;
  /** Removes and returns the user of a ticket; undefined if there is none. */
  readonly takeTicket: (key: string) => Promise<TokenUser | undefined>;
  /** Records that a guest's session token was used; see `UsedTokens`. */
  readonly useToken: (user: UserId, serial: number) => Promise<boolean>;
  /** Number of connections in the whole process, by status. */
  readonly connectionCounts: () => Promise<ConnectionCounts>;
  /** Readiness of the whole process. */
  readonly readiness: () => Promise<Readiness>;
  /** Metrics of the whole process, in the text format of Prometheus. */
  readonly metrics: () => Promise<string>;
} & { readonly [V in keyof PassedOn]: PassedOn[V] };

/** What workers use as if it were their own. */
export type PassedOn =
  & WorkerBus
  & RevocationSource
  & WordListSource
  & MessageReviewer
  & Directory
  & RoomIndex
  & ApiKeyManager
  & WebhookAdmin;

/** The calls that a worker answers. */
export type WorkerApi = {
  /** Returns its current state. */
  readonly report: () => Promise<ServerReport>;
  /** Closes all its connections. */
  readonly drain: (kind: DrainKind) => Promise<void>;
  /** Parks the connections with the largest backlogs. */
  readonly dropLargestBacklogs: () => Promise<void>;
  /** Uses another certificate for new connections; false if the engine cannot do that. */
  readonly replaceKeyPair: (pair: KeyPair) => Promise<boolean>;
};

/** Everything that a worker needs to start. */
export interface WorkerInit {
  /** All settings. */
  readonly config: Config;
  /** The name of the process's broadcast channel. */
  readonly channel: string;
  /** The port that all workers listen on. */
  readonly port: number;
  /** Number of the worker, from 1; a replacement gets a new number. */
  readonly number: number;
  /** The certificate for HTTPS; undefined for HTTP. */
  readonly keyPair: KeyPair | undefined;
  /** Addresses of this machine; undefined if unknown. */
  readonly addresses: readonly string[] | undefined;
  /** What the pages are made of. */
  readonly pageFiles: PackedFiles;
}

/** A message to a worker. `start` transfers the lifeline's port, which closes when the worker has ended. */
export type ToWorker =
  | { readonly kind: "start"; readonly init: WorkerInit }
  | { readonly kind: "post"; readonly batch: RpcBatch };

/** A message from a worker. */
export type FromWorker =
  | { readonly kind: "up" }
  | { readonly kind: "failed"; readonly why: string }
  | { readonly kind: "post"; readonly batch: RpcBatch };
