/**
 * The paths of the HTTP API for operators. They are at the admin listener and at the main one.
 * @module
 */
import type { RoomHistory } from "../../chat/ports/bus.ts";
import type { Directory } from "../../chat/ports/directory.ts";
import type { Clock } from "../../chat/ports/clock.ts";
import type { RevocationSource } from "../../chat/revocations/revocation_feed.ts";
import { AUDIT_PATH, auditHandler } from "./audit.ts";
import { INVITES_PATH, invitesHandler, USERS_PATH, usersHandler } from "./members.ts";
import { forOperators, type OperatorAccess, type OperatorHandler } from "./operator.ts";
import { REVOCATIONS_PATH, type RevocationSettings, revocationsHandler } from "./revocations.ts";

/** What operators can read and change. */
export interface OperatorServices {
  /** The rooms. */
  readonly bus: Pick<RoomHistory, "page">;
  /** What is no longer valid. */
  readonly revocations: RevocationSource;
  /** The members of the service. */
  readonly directory: Directory;
}

/** The handlers, by path. @param page The URL of the page that opens invites. */
export function operatorPaths(
  { bus, revocations, directory }: OperatorServices,
  access: OperatorAccess,
  settings: RevocationSettings,
  { clock, page }: { readonly clock: Pick<Clock, "date">; readonly page: () => string },
): ReadonlyMap<string, OperatorHandler> {
  const handlers = [
    [REVOCATIONS_PATH, revocationsHandler(revocations, settings, clock)],
    [INVITES_PATH, invitesHandler(directory, page)],
    [USERS_PATH, usersHandler(directory)],
    [AUDIT_PATH, auditHandler(bus)],
  ] as const;
  return new Map(handlers.map(([path, handler]) => [path, forOperators(access, handler)]));
}
