/**
 * The index of rooms over a directory store: one record for the rooms of each user, and one for each listed room.
 * @module
 */
import type { UserId } from "../../core/log/entry.ts";
import { parseStoredRoom, type RoomId } from "../../core/names/names.ts";
import { BusUnavailable } from "../ports/bus.ts";
import type { DirectoryStore, RecordKey } from "../ports/directory_store.ts";
import {
  MAX_LISTED_ROOMS,
  MAX_OWN_ROOMS,
  MAX_ROOMS_BY_OTHERS,
  type RoomIndex,
} from "../ports/room_index.ts";

const MAX_ATTEMPTS = 50;
/** Users whose records are changed in one step. */
const BATCH = 50;
const LISTED = "1";

/** Keeps the index in records of a directory store, so all processes that share the store see the same. */
export class StoredRoomIndex implements RoomIndex {
  readonly #store: DirectoryStore;

  /** Reads nothing yet. */
  constructor(store: DirectoryStore) {
    this.#store = store;
  }

  async roomsOf(user: UserId): Promise<readonly RoomId[]> {
    const [stored] = await this.#store.read([keyOf(user)]);
    return parseRooms(stored);
  }

  async listedRooms(): Promise<readonly RoomId[]> {
    return [...(await this.#store.list("listed")).keys()].flatMap(storedRoom);
  }

  async indexMembers(
    room: RoomId,
    users: readonly UserId[],
    on: boolean,
    by?: UserId,
  ): Promise<readonly UserId[]> {
    const full: UserId[] = [];
    for (let from = 0; from < users.length; from += BATCH) {
      full.push(...await this.#indexBatch(room, users.slice(from, from + BATCH), on, by));
    }
    return full;
  }

  async indexListed(room: RoomId, on: boolean): Promise<boolean> {
    const key: RecordKey = { kind: "listed", id: room };
    const [before] = await this.#store.read([key]);
    const to = on ? LISTED : undefined;
    if ((before !== undefined) === on) return true;
    if (on && (await this.#store.list("listed")).size >= MAX_LISTED_ROOMS) return false;
    // If another node has changed it meanwhile, that is newer.
    await this.#store.commit([{ ...key, from: before, to }]);
    return true;
  }

  async #indexBatch(
    room: RoomId,
    users: readonly UserId[],
    on: boolean,
    by: UserId | undefined,
  ): Promise<UserId[]> {
    const keys = [...new Set(users)].map(keyOf);
    for (let left = MAX_ATTEMPTS; left > 0; left--) {
      const stored = await this.#store.read(keys);
      const full: UserId[] = [];
      const changes = keys.flatMap((key, index) => {
        const from = stored[index];
        const rooms = parseRooms(from);
        if (rooms.includes(room) === on) return [];
        const isByOther = by !== undefined && by !== key.id;
        if (on && rooms.length >= (isByOther ? MAX_ROOMS_BY_OTHERS : MAX_OWN_ROOMS)) {
          full.push(key.id);
          return [];
        }
        const changed = on ? [...rooms, room] : rooms.filter((it) => it !== room);
        return [{ ...key, from, to: changed.length > 0 ? JSON.stringify(changed) : undefined }];
      });
      if (changes.length === 0 || await this.#store.commit(changes)) return full;
    }
    throw new BusUnavailable("too many changes at the same time, try again", {
      mayHaveApplied: false,
    });
  }
}

function keyOf(user: UserId): { readonly kind: "rooms"; readonly id: UserId } {
  return { kind: "rooms", id: user };
}

/** A damaged record counts as empty: it is repaired when its rooms are opened. */
function parseRooms(stored: string | undefined): readonly RoomId[] {
  try {
    const parsed: unknown = JSON.parse(stored ?? "[]");
    return Array.isArray(parsed) ? parsed.flatMap(storedRoom) : [];
  } catch {
    return [];
  }
}

function storedRoom(text: unknown): readonly RoomId[] {
  const room = typeof text === "string" ? parseStoredRoom(text) : undefined;
  return room === undefined ? [] : [room];
}
