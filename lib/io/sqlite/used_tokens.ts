/**
 * Used session tokens in the store's file.
 * @module
 */
import { setImmediate } from "node:timers/promises";
import { GUEST_TOKEN_MS, MAX_KNOWN_GUESTS, type UsedTokens } from "../../chat/ports/used_tokens.ts";
import type { UserId } from "../../core/log/entry.ts";
import { fromSqliteError } from "./file/errors.ts";
import type { TableContext } from "./table_context.ts";

const NEWEST = "SELECT serial FROM used_tokens WHERE user = ?";
/** Changes nothing if a newer token was used. */
const USE = `INSERT INTO used_tokens (user, serial, ran) VALUES (?, ?, ?)
  ON CONFLICT (user) DO UPDATE SET serial = excluded.serial, ran = excluded.ran
  WHERE excluded.serial >= serial`;
const OLDEST_KEPT = "SELECT ran FROM used_tokens ORDER BY ran DESC LIMIT 1 OFFSET ?";
const HAS_BEFORE = "SELECT 1 FROM used_tokens WHERE ran < ? LIMIT 1";
const FORGET = `DELETE FROM used_tokens WHERE user IN
  (SELECT user FROM used_tokens WHERE ran < ? ORDER BY ran LIMIT ?)`;

/** Rows deleted per transaction. */
const DELETED_PER_STEP = 1_000;

/** What used tokens need from their store. */
export interface UsedTokensContext extends Omit<TableContext, "damage"> {
  /** The store's run time in milliseconds. */
  readonly ranMs: () => number;
}

/** The used tokens of one store. */
export class SqliteUsedTokens implements UsedTokens {
  readonly #context: UsedTokensContext;
  readonly #maxGuests: number;

  /** Reads nothing yet. */
  constructor(context: UsedTokensContext, maxGuests: number = MAX_KNOWN_GUESTS) {
    this.#context = context;
    this.#maxGuests = maxGuests;
  }

  async use(user: UserId, serial: number): Promise<boolean> {
    const { file, write, ranMs } = this.#context;
    // Without a transaction, so that an older one is refused also while the disk is full.
    if (this.#newest(user) > serial) return false;
    return await write(() => file().run(USE, user, serial, ranMs())) > 0;
  }

  #newest(user: UserId): number {
    const { file, onReadFailed } = this.#context;
    try {
      return file().row(NEWEST, user)?.numberOrUndefined("serial") ?? 0;
    } catch (error) {
      onReadFailed(error);
      throw fromSqliteError(error);
    }
  }

  /** Deletes the expired ones, and the oldest ones of too many. Rejects with `BusUnavailable`. */
  async sweep(): Promise<void> {
    const { file, write, ranMs } = this.#context;
    const oldestKept = file().row(OLDEST_KEPT, this.#maxGuests - 1)?.numberOrUndefined("ran") ?? 0;
    const before = Math.max(ranMs() - GUEST_TOKEN_MS, oldestKept);
    // Most often there are none, and a transaction would wait for the disk.
    while (file().row(HAS_BEFORE, before)) {
      await write(() => file().run(FORGET, before, DELETED_PER_STEP));
      await setImmediate();
    }
  }
}
