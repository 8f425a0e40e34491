/**
 * The places where a fault can be planted, to prove that the simulation finds it: each replaces one real part.
 * @module
 */
import { KnownNames } from "../../../lib/chat/members/known_names.ts";
import type { Directory } from "../../../lib/chat/ports/directory.ts";
import type { DirectoryStore } from "../../../lib/chat/ports/directory_store.ts";
import type { UsedTokens } from "../../../lib/chat/ports/used_tokens.ts";
import type { Authenticator } from "../../../lib/chat/ports/authenticator.ts";
import { endedFields } from "../../../lib/core/log/state_expiry.ts";
import { Hub, type HubContext } from "../../../lib/chat/room/hub.ts";
import { type Contents, ListRoomStorage } from "../../core/log/list_room_storage.ts";
import type { NodeBus } from "./sim_bus.ts";
import type { SimClock } from "./sim_clock.ts";

/** The parts that can be replaced. */
export interface Mutant {
  /** The storage of a room. */
  readonly makeRoomStorage: () => ListRoomStorage;
  /** Wraps a node's bus. */
  readonly wrap: (bus: NodeBus) => NodeBus;
  /** A node's hub. */
  readonly makeHub: (context: HubContext) => Hub;
  /** Wraps a node's authenticator. */
  readonly wrapAuthenticator: (authenticator: Authenticator) => Authenticator;
  /** Wraps what a node records of used tokens. */
  readonly wrapUsedTokens: (usedTokens: UsedTokens) => UsedTokens;
  /** Wraps the store of members. */
  readonly wrapDirectoryStore: (store: DirectoryStore) => DirectoryStore;
  /** Wraps a node's directory of members. */
  readonly wrapDirectory: (directory: Directory) => Directory;
  /** What a node knows of the names of members. */
  readonly makeKnownNames: () => KnownNames;
  /** Whether a device that is signed out is revoked. */
  readonly revokesDevices: boolean;
  /** Whether the tops of the logs are announced. */
  readonly announcesTops: boolean;
  /** Whether a new epoch begins where entries may have been lost. */
  readonly startsEpochs: boolean;
  /** What a replica that takes over has of a room, given what it was sent. */
  readonly takenOver: (contents: Contents) => Contents;
  /** What a sweep removes from the state of a room. */
  readonly endedFields: typeof endedFields;
  /** The storage of the client library. */
  readonly makeStorage: () => Map<string, string>;
  /** The client library's wall clock, in milliseconds since 1970. */
  readonly readClock: (clock: SimClock) => number;
}

/** No mutation. */
export const UNMUTATED: Mutant = {
  makeRoomStorage: () => new ListRoomStorage(),
  wrap: (bus) => bus,
  makeHub: (context) => new Hub(context),
  wrapAuthenticator: (authenticator) => authenticator,
  wrapUsedTokens: (usedTokens) => usedTokens,
  wrapDirectoryStore: (store) => store,
  wrapDirectory: (directory) => directory,
  makeKnownNames: () => new KnownNames(),
  revokesDevices: true,
  announcesTops: true,
  startsEpochs: true,
  takenOver: (contents) => contents,
  endedFields,
  makeStorage: () => new Map(),
  readClock: (clock) => clock.date(),
};
