/**
 * Reports damaged rows. They are skipped, so that a damaged row never makes a room unusable. Each is logged once, up to a
 * limit, because a whole table may be damaged.
 * @module
 */
import { logger } from "../logger.ts";

/** Maximum number of damaged rows that are logged and counted. */
const MAX_REPORTED = 100;

/** Identifies a damaged row, as far as its columns can be read. */
export interface DamagedRow {
  /** The row's table. */
  readonly table:
    | "rooms"
    | "entries"
    | "messages"
    | "receipts"
    | "reads"
    | "room_state"
    | "revocations"
    | "directory";
  /** The row's room, if its table has rooms; not validated. */
  readonly room?: string | undefined;
  /** The row's number, if its table has numbers. */
  readonly seq?: number | undefined;
}

/** The damaged rows found since the store was opened. */
export class DamageTracker {
  readonly #reported = new Set<string>();
  #isFileDamaged = false;

  /** Reports a row; does nothing if it was reported before. */
  report({ table, room, seq }: DamagedRow): void {
    const key = JSON.stringify([table, room, seq]);
    if (this.#reported.has(key) || this.#reported.size >= MAX_REPORTED) return;
    this.#reported.add(key);
    logger.warn("store.damaged_row", {
      table,
      ...(room !== undefined && { room }),
      ...(seq !== undefined && { seq }),
    });
  }

  /** Reports that the file itself is damaged; logged once. */
  reportFile(error: unknown): void {
    if (this.#isFileDamaged) return;
    this.#isFileDamaged = true;
    logger.error("store.damaged", { error: String(error) });
  }

  /** The problems, as texts for operators. */
  problems(): readonly string[] {
    const { size } = this.#reported;
    const count = size < MAX_REPORTED ? String(size) : `${size} or more`;
    return [
      ...(this.#isFileDamaged
        ? ["the file of the message store is damaged: restore a backup"]
        : []),
      ...(size > 0
        ? [`damaged rows in the message store: ${count}; see the log records store.damaged_row`]
        : []),
    ];
  }
}
