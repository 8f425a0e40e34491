/**
 * Revocations in the store's file.
 * @module
 */
import type { RevocationStore } from "../../chat/ports/revocation_store.ts";
import { whenAborted } from "../../chat/when_aborted.ts";
import { parseRevocation, type Revocation } from "../../core/auth/revocations.ts";
import { fromSqliteError } from "./file/errors.ts";
import { ADD_REVOCATION } from "./file/schema.ts";
import type { TableContext } from "./table_context.ts";

/** The revocations of one store. */
export class SqliteRevocations implements RevocationStore {
  readonly #context: TableContext;

  /** Reads nothing yet. */
  constructor(context: TableContext) {
    this.#context = context;
  }

  async add({ scope, id, before }: Revocation): Promise<void> {
    await this.#context.write(() => this.#context.file().run(ADD_REVOCATION, scope, id, before));
  }

  read(): Promise<readonly Revocation[]> {
    try {
      const rows = this.#context.file().rows("SELECT scope, id, time FROM revocations");
      return Promise.resolve(rows.flatMap((row) => {
        const [scope, id] = [row.textOrUndefined("scope"), row.textOrUndefined("id")];
        const revocation = parseRevocation({ scope, id, before: row.numberOrUndefined("time") });
        if (revocation === undefined) this.#context.damage.report({ table: "revocations" });
        return revocation ?? [];
      }));
    } catch (error) {
      this.#context.onReadFailed(error);
      return Promise.reject(fromSqliteError(error));
    }
  }

  async removeBefore(date: number): Promise<void> {
    const found = this.#context.file().row("SELECT 1 FROM revocations WHERE time < ?", date);
    // Most often there are none, and a transaction would wait for the disk.
    if (found === undefined) return;
    const sql = "DELETE FROM revocations WHERE time < ?";
    await this.#context.write(() => this.#context.file().run(sql, date));
  }

  whenChanged(signal: AbortSignal): Promise<void> {
    return whenAborted(signal);
  }
}
