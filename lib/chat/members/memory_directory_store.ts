/**
 * Members, names and invites in memory only.
 * @module
 */
import type { DirectoryStore, RecordChange, RecordKey } from "../ports/directory_store.ts";
import { whenAborted } from "../when_aborted.ts";

/** Stores records until the process ends. */
export class MemoryDirectoryStore implements DirectoryStore {
  readonly #records = {
    member: new Map(),
    name: new Map(),
    invite: new Map(),
    rooms: new Map(),
    listed: new Map(),
    key: new Map(),
    webhook: new Map(),
    webhook_state: new Map(),
  } as const satisfies Record<RecordKey["kind"], Map<string, string>>;

  read(keys: readonly RecordKey[]): Promise<readonly (string | undefined)[]> {
    return Promise.resolve(keys.map((key) => this.#get(key)));
  }

  list(kind: RecordKey["kind"]): Promise<ReadonlyMap<string, string>> {
    return Promise.resolve(new Map(this.#records[kind]));
  }

  commit(changes: readonly RecordChange[]): Promise<boolean> {
    if (changes.some((change) => this.#get(change) !== change.from)) return Promise.resolve(false);
    for (const { kind, id, to } of changes) {
      if (to === undefined) this.#records[kind].delete(id);
      else this.#records[kind].set(id, to);
    }
    return Promise.resolve(true);
  }

  whenNamesChanged(signal: AbortSignal): Promise<void> {
    return whenAborted(signal);
  }

  #get({ kind, id }: RecordKey): string | undefined {
    const records: ReadonlyMap<string, string> = this.#records[kind];
    return records.get(id);
  }
}
