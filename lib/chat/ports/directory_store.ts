/**
 * Where members, their names and their invites are stored, which rooms are listed, and the webhooks. A store knows nothing of them: it keeps texts, and changes several
 * in one step if none has changed meanwhile. Implemented in memory (`chat/members/memory_directory_store.ts`), in SQLite and
 * in Redis.
 * @module
 */

/**
 * Kinds of records: members by their id, owners of names by the name's key, invites by the hash of their secret, the private
 * and direct rooms of a user by the user's id, listed rooms by their names, API keys by the hash of their secret, and webhooks and
 * the state of their deliveries by the webhook's id.
 */
export const RECORD_KINDS = [
  "member",
  "name",
  "invite",
  "rooms",
  "listed",
  "key",
  "webhook",
  "webhook_state",
] as const;

/** Identifies a record. */
export interface RecordKey {
  /** What the record describes, and so what its id is. */
  readonly kind: typeof RECORD_KINDS[number];
  /** Unique within the kind; any text of at most 600 characters: a name of 32 can have a key of 576. */
  readonly id: string;
}

/** Adds, replaces or removes one record, if its text is still `from`. */
export interface RecordChange extends RecordKey {
  /** The text as it was read; undefined if there was none. */
  readonly from: string | undefined;
  /** The new text; undefined to remove the record. */
  readonly to: string | undefined;
}

/** Stores records. All methods but the last reject with `BusUnavailable`. */
export interface DirectoryStore {
  /** Reads several records at one time: their texts in the same order, undefined where there is none. */
  read(keys: readonly RecordKey[]): Promise<readonly (string | undefined)[]>;
  /** Reads all records of a kind, by id. */
  list(kind: RecordKey["kind"]): Promise<ReadonlyMap<string, string>>;
  /**
   * Makes all changes, or none if any record is no longer what was read; resolves to whether they were made. Once it has
   * resolved, they are as safe as an acknowledged message. Of changes that concern names, other processes are told.
   *
   * @param changes At least one, of different records.
   */
  commit(changes: readonly RecordChange[]): Promise<boolean>;
  /**
   * Waits until another process may have changed a `name` record since the last `list("name")` began. Resolves early when
   * the signal aborts.
   */
  whenNamesChanged(signal: AbortSignal): Promise<void>;
}
