/**
 * What exists once per process, and serves all of its threads.
 * @module
 */
import type { WorkerBus } from "../../chat/ports/bus.ts";
import type { Directory } from "../../chat/ports/directory.ts";
import type { ApiKeyManager } from "../../chat/ports/api_keys.ts";
import type { MessageReviewer } from "../../chat/ports/message_reviewer.ts";
import type { WebhookAdmin } from "../../chat/ports/webhook_admin.ts";
import type { RoomIndex } from "../../chat/ports/room_index.ts";
import type { UsedTokens } from "../../chat/ports/used_tokens.ts";
import type { WordListSource } from "../../chat/moderation/word_list_feed.ts";
import type { RevocationSource } from "../../chat/revocations/revocation_feed.ts";
import type { ConnectionQuota } from "../http/upgrade.ts";
import type { HealthSources } from "../http/health_responses.ts";
import type { KeySetSource } from "../auth/authenticators/key_set.ts";
import type { TicketStore } from "../auth/stored_tickets.ts";

/** The services that exist once per process. */
export interface SharedServices extends HealthSources {
  /** Publishes messages and signals, and reads logs and presence. */
  readonly bus: WorkerBus;
  /** Signs session tokens; resolves when it has been read from the storage. */
  readonly secret: Promise<string>;
  /** The public keys that verify tokens. */
  readonly keys: KeySetSource;
  /** The tickets of all instances. */
  readonly tickets: TicketStore;
  /** The session tokens that guests have used. */
  readonly usedTokens: UsedTokens;
  /** Tells workers what was revoked, and stores new revocations. */
  readonly revocations: RevocationSource;
  /** The word list, if the settings name one. */
  readonly words: WordListSource;
  /** Reviews messages, if the settings say so. */
  readonly reviewer: MessageReviewer;
  /** Signs members in, and carries out commands about them. */
  readonly directory: Directory;
  /** Which rooms users can find. */
  readonly roomIndex: RoomIndex;
  /** Finds the key of a secret, and lists, adds and removes keys for operators. */
  readonly apiKeys: ApiKeyManager;
  /** Lists, adds and changes webhooks for operators. */
  readonly webhooks: WebhookAdmin;
  /** Limits the connections of the whole process. */
  readonly quota: ConnectionQuota;
}
