/**
 * The paths of the HTTP API for operators. They are at the admin listener and at the main one.
 * @module
 */
import type { WorkerBus } from "../../chat/ports/bus.ts";
import type { ApiKeyManager } from "../../chat/ports/api_keys.ts";
import type { Directory } from "../../chat/ports/directory.ts";
import type { Clock } from "../../chat/ports/clock.ts";
import type { WebhookAdmin } from "../../chat/ports/webhook_admin.ts";
import type { RevocationSource } from "../../chat/revocations/revocation_feed.ts";
import { AUDIT_PATH, auditHandler } from "./audit.ts";
import { INVITES_PATH, invitesHandler, USERS_PATH, usersHandler } from "./members.ts";
import {
  MODERATION_PATH,
  moderationHandler,
  SANCTIONS_PATH,
  sanctionsHandler,
} from "./moderation.ts";
import { KEYS_PATH, keysHandler } from "./keys.ts";
import { forOperators, type OperatorAccess, type OperatorHandler } from "./operator.ts";
import { newId } from "../auth/signed_tokens.ts";
import { WEBHOOKS_PATH, webhooksHandler } from "./webhooks.ts";
import { REVOCATIONS_PATH, type RevocationSettings, revocationsHandler } from "./revocations.ts";

/** What operators can read and change. */
export interface OperatorServices {
  /** Reads the logs and states of rooms, and publishes events. */
  readonly bus: Pick<WorkerBus, "page" | "pageAfter" | "replay" | "publish" | "state" | "people">;
  /** Reads the revocations, and stores new ones. */
  readonly revocations: RevocationSource;
  /** Carries out commands about members and invites. */
  readonly directory: Directory;
  /** Lists, adds and removes API keys. */
  readonly apiKeys: ApiKeyManager;
  /** Lists, adds and changes webhooks. */
  readonly webhooks: WebhookAdmin;
}

/** The settings that the paths depend on. */
export interface OperatorPathSettings extends RevocationSettings {
  /** Whether webhooks can lead to addresses that are not public. */
  readonly webhookAllowPrivate: boolean;
}

/** The handlers, by path. @param page The URL of the page that opens invites. */
export function operatorPaths(
  { bus, revocations, directory, apiKeys, webhooks }: OperatorServices,
  access: OperatorAccess,
  settings: OperatorPathSettings,
  { clock, page }: { readonly clock: Pick<Clock, "date">; readonly page: () => string },
): ReadonlyMap<string, OperatorHandler> {
  const moderation = { bus, directory, clock, newId };
  const handlers = [
    [REVOCATIONS_PATH, revocationsHandler(revocations, settings, clock)],
    [INVITES_PATH, invitesHandler(directory, page)],
    [USERS_PATH, usersHandler(directory)],
    [KEYS_PATH, keysHandler(apiKeys)],
    [AUDIT_PATH, auditHandler(bus)],
    [MODERATION_PATH, moderationHandler(moderation)],
    [SANCTIONS_PATH, sanctionsHandler(moderation)],
    [WEBHOOKS_PATH, webhooksHandler(webhooks, settings.webhookAllowPrivate ? "any" : "public")],
  ] as const;
  return new Map(handlers.map(([path, handler]) => [path, forOperators(access, handler)]));
}
