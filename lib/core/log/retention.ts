/**
 * How long entries, messages and rooms are kept.
 * @module
 */

/** How much of a room's log is kept. */
export interface Retention {
  /** Number of messages kept. At least as many entries are kept. */
  readonly messages: number;
  /** Minimum number of entries kept. */
  readonly entries: number;
  /** Maximum age, in milliseconds during which the store was in use; Infinity for no limit. */
  readonly ageMs: number;
}

/** What ages are measured by. */
export interface RetentionContext {
  /**
   * How long the store has been in use, for ages: milliseconds on a scale that advances only while the service runs,
   * continues at the next start, and never follows the wall clock. So a wrong clock can delete nothing.
   */
  readonly ranMs: number;
  /** How much of the log is kept. */
  readonly retention: Retention;
}

/** What is kept of a room. */
export interface RetainedStorage {
  /** The text of a field of the room's state. */
  stateField(field: string): string | undefined;
  /** Deletes what exceeds the counts or is older than `since`. A large amount may be deleted in parts, oldest first. */
  trim(keep: { readonly entries: number; readonly messages: number; readonly since: number }): void;
}

/** The age limit of messages and entries. */
export function retainedSince({ ranMs, retention }: RetentionContext): number {
  return ranMs - retention.ageMs;
}

/** The age limit of a room's newest entry: twice that of entries, so that a position outlives the entries after it. */
export function roomsRetainedSince({ ranMs, retention }: RetentionContext): number {
  return ranMs - 2 * retention.ageMs;
}

const DAY_MS = 24 * 3_600_000;

/** The context for one room, which can keep messages for less time than the service. @param service That of the service. */
export function contextOf<C extends Pick<RetentionContext, "retention">>(
  storage: Pick<RetainedStorage, "stateField">,
  service: C,
): C {
  const keptDays = storage.stateField("keep");
  if (keptDays === undefined) return service;
  const { retention } = service;
  const ageMs = DAY_MS * Number(keptDays);
  return ageMs < retention.ageMs ? { ...service, retention: { ...retention, ageMs } } : service;
}

/** Deletes entries and messages that exceed the retention. @param service The context of the service. */
export function applyRetention(
  storage: RetainedStorage,
  service: RetentionContext,
): void {
  const context = contextOf(storage, service);
  const { messages, entries } = context.retention;
  storage.trim({ messages, entries: Math.max(messages, entries), since: retainedSince(context) });
}
