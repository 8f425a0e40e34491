/**
 * What all sessions of a worker share.
 * @module
 */
import type { SharedBudgets } from "../../core/limits/rate_limiter.ts";
import type { LogReaderContext } from "../log_reader.ts";
import type { AddressSanctions } from "../moderation/address_sanctions.ts";
import type { Sanctions } from "../moderation/sanctions.ts";
import type { WordFilter } from "../moderation/word_filter.ts";
import type { Clock } from "../ports/clock.ts";
import type { Directory } from "../ports/directory.ts";
import type { Hub } from "../room/hub.ts";
import type { DirectoryRequestContext } from "../requests/directory_requests.ts";
import type { ModerationContext } from "../requests/moderation_requests.ts";
import type { RequestContext } from "../requests/joined_room_requests.ts";
import type { RoomManagementContext } from "../requests/room_management.ts";
import type { RulesContext } from "./session_rules.ts";
import type { SignInContext } from "../sign_in/sign_in_context.ts";
import type { UserSessions } from "./user_sessions.ts";

/** Its services, its rooms, its limits and what it knows of users. */
export interface SessionContext
  extends
    RequestContext,
    LogReaderContext,
    SignInContext,
    DirectoryRequestContext,
    RulesContext,
    ModerationContext,
    RoomManagementContext {
  /** The names of members. */
  readonly names: SignInContext["names"];
  /** The sessions of this worker, by user. */
  readonly userSessions: UserSessions;
  /** Delivers what the bus announces to the rooms. */
  readonly hub: Hub;
  /** Rate limits of each connection. */
  readonly limits: SharedBudgets;
  /** Signs members in, and carries out commands about them. */
  readonly directory: Directory;
  /** Maximum number of rooms per connection. */
  readonly maxRooms: number;
  /** Publishes entries and signals, and reads the log. */
  readonly bus: RequestContext["bus"] & ModerationContext["bus"];
  /** For waits and retries. */
  readonly clock: Clock;
  /** Decides which words texts and names may contain. */
  readonly words: WordFilter;
  /** The mutes and bans that this worker knows of. */
  readonly sanctions: Sanctions;
  /** Imposes those of guests on their addresses. */
  readonly addressSanctions: AddressSanctions;
}
