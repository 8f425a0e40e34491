/**
 * Members, names and invites in the store's file. A damaged record is not listed, but it is not taken for missing where it
 * would be replaced: reads and commits that concern it are rejected. Texts and ids must not contain U+0000: Deno (2.9.6)
 * returns a column only up to there.
 * @module
 */
import { BusUnavailable } from "../../chat/ports/bus.ts";
import type { DirectoryStore, RecordChange, RecordKey } from "../../chat/ports/directory_store.ts";
import { whenAborted } from "../../chat/when_aborted.ts";
import { fromSqliteError } from "./file/errors.ts";
import type { TableContext } from "./table_context.ts";

const READ = "SELECT value FROM directory WHERE kind = ? AND id = ?";
const LIST = "SELECT id, value FROM directory WHERE kind = ?";
const REMOVE = "DELETE FROM directory WHERE kind = ? AND id = ?";
const STORE = `INSERT INTO directory (kind, id, value) VALUES (?, ?, ?)
  ON CONFLICT (kind, id) DO UPDATE SET value = excluded.value`;

/** What is stored under a key: a text, nothing, or something else. */
type Stored = { readonly kind: "intact"; readonly text: string | undefined } | {
  readonly kind: "damaged";
};

/** The members, names and invites of one store. */
export class SqliteDirectory implements DirectoryStore {
  readonly #context: TableContext;

  /** Reads nothing yet. */
  constructor(context: TableContext) {
    this.#context = context;
  }

  read(keys: readonly RecordKey[]): Promise<readonly (string | undefined)[]> {
    return this.#read(() =>
      keys.map((key) => {
        const stored = this.#stored(key);
        if (stored.kind === "damaged") throw recordDamaged();
        return stored.text;
      })
    );
  }

  list(kind: RecordKey["kind"]): Promise<ReadonlyMap<string, string>> {
    return this.#read(() => {
      const records = new Map<string, string>();
      for (const row of this.#context.file().rows(LIST, kind)) {
        const [id, value] = [row.textOrUndefined("id"), row.textOrUndefined("value")];
        if (id === undefined || value === undefined) this.#reportDamage();
        else records.set(id, value);
      }
      return records;
    });
  }

  async commit(changes: readonly RecordChange[]): Promise<boolean> {
    const outcome = await this.#context.write(() => this.#apply(changes));
    // Not within the transaction, which others share.
    if (outcome === "damaged") throw recordDamaged();
    return outcome === "made";
  }

  whenNamesChanged(signal: AbortSignal): Promise<void> {
    return whenAborted(signal);
  }

  #apply(changes: readonly RecordChange[]): "made" | "outdated" | "damaged" {
    const before = changes.map((change) => this.#stored(change));
    if (before.some(({ kind }) => kind === "damaged")) return "damaged";
    const isCurrent = (stored: Stored, index: number) =>
      stored.kind === "intact" && stored.text === changes[index]?.from;
    if (!before.every(isCurrent)) return "outdated";
    const file = this.#context.file();
    for (const { kind, id, to } of changes) {
      if (to === undefined) file.run(REMOVE, kind, id);
      else file.run(STORE, kind, id, to);
    }
    return "made";
  }

  #stored({ kind, id }: RecordKey): Stored {
    const row = this.#context.file().row(READ, kind, id);
    const text = row?.textOrUndefined("value");
    if (row === undefined || text !== undefined) return { kind: "intact", text };
    this.#reportDamage();
    return { kind: "damaged" };
  }

  #read<T>(read: () => T): Promise<T> {
    try {
      return Promise.resolve(read());
    } catch (error) {
      this.#context.onReadFailed(error);
      return Promise.reject(fromSqliteError(error));
    }
  }

  #reportDamage(): void {
    this.#context.damage.report({ table: "directory" });
  }
}

function recordDamaged(): BusUnavailable {
  return new BusUnavailable("the message store is damaged", { mayHaveApplied: false });
}
