/**
 * Reports rows that cannot be read. Such rows are skipped, so that a damaged row never makes a room unusable. Each is logged
 * once, up to a limit, since a whole table may be damaged.
 * @module
 */
import { log } from "../log.ts";

/** Maximum number of damaged rows that are logged and counted. */
const MAX_KNOWN = 100;

/** A row that cannot be read. */
export interface DamagedRow {
  /** Its table. */
  readonly table: "rooms" | "entries" | "messages" | "receipts" | "reads";
  /** Its room, unchecked. */
  readonly room: string;
  /** Its number, if its table has numbers. */
  readonly seq?: number | undefined;
}

/** The damaged rows found since the store was opened. */
export class Damage {
  readonly #known = new Set<string>();
  #isFileDamaged = false;

  /** Reports a row, which may have been reported before. */
  report({ table, room, seq }: DamagedRow): void {
    const key = JSON.stringify([table, room, seq]);
    if (this.#known.has(key) || this.#known.size >= MAX_KNOWN) return;
    this.#known.add(key);
    log.warn("store.damaged_row", { table, room, ...(seq !== undefined && { seq }) });
  }

  /** Takes in that a part of the file itself cannot be read: what is stored there cannot be used. */
  reportFile(error: unknown): void {
    if (this.#isFileDamaged) return;
    this.#isFileDamaged = true;
    log.error("store.damaged", { error: String(error) });
  }

  /** The problems, described for operators. */
  problems(): readonly string[] {
    const { size } = this.#known;
    const count = size < MAX_KNOWN ? String(size) : `${size} or more`;
    return [
      ...(this.#isFileDamaged
        ? ["the file of the message store is damaged: restore a backup"]
        : []),
      ...(size > 0
        ? [`damaged rows in the message store: ${count}; see store.damaged_row in the log`]
        : []),
    ];
  }
}
