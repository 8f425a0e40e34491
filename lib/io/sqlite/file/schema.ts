/**
 * The tables of the embedded store, and the update of older files. A file is updated in one transaction, so a crash leaves
 * it in the old or in the new version.
 *
 * `ran` is the store's run time in milliseconds (`LogContext.ranMs`), never the wall clock. The text of a message is stored
 * only in `messages`: `about` of an entry is the number of the message that has its text.
 * @module
 */
import type { DatabaseSync } from "node:sqlite";

/** "Prly": SQLite's application id, which marks a file as ours. */
export const APPLICATION_ID = 0x50726c79;
/** Version of the tables, stored as SQLite's user version. */
export const VERSION = 7;

const REVOCATIONS = `
  CREATE TABLE revocations (
    scope TEXT, id TEXT, time INTEGER NOT NULL, PRIMARY KEY (scope, id)
  ) WITHOUT ROWID;
`;

const DIRECTORY = `
  CREATE TABLE directory (
    kind TEXT, id TEXT, value TEXT NOT NULL, PRIMARY KEY (kind, id)
  ) WITHOUT ROWID;
`;

const USED_TOKENS = `
  CREATE TABLE used_tokens (
    user TEXT PRIMARY KEY, serial INTEGER NOT NULL, ran INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX used_tokens_by_age ON used_tokens (ran);
`;

const ROOM_STATE = `
  CREATE TABLE room_state (
    room TEXT, field TEXT, value TEXT NOT NULL, PRIMARY KEY (room, field)
  ) WITHOUT ROWID;
`;

const MENTIONS = `
  CREATE TABLE mentions (
    room TEXT, seq INTEGER, user TEXT, PRIMARY KEY (room, seq, user)
  ) WITHOUT ROWID;
  CREATE INDEX mentions_by_user ON mentions (room, user, seq);
`;

const SCHEMA = `
  CREATE TABLE rooms (
    room TEXT PRIMARY KEY, head TEXT NOT NULL, messages INTEGER NOT NULL,
    marks INTEGER NOT NULL DEFAULT 0, ran INTEGER NOT NULL DEFAULT 0
  ) WITHOUT ROWID;
  CREATE TABLE entries (
    room TEXT, seq INTEGER, ran INTEGER NOT NULL, body TEXT NOT NULL, about INTEGER,
    PRIMARY KEY (room, seq)
  ) WITHOUT ROWID;
  CREATE TABLE messages (
    room TEXT, seq INTEGER, ran INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (room, seq)
  ) WITHOUT ROWID;
  CREATE TABLE receipts (
    room TEXT, user TEXT, id TEXT, ran INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (room, user, id)
  ) WITHOUT ROWID;
  CREATE INDEX receipts_by_time ON receipts (ran);
  CREATE TABLE reads (
    room TEXT, user TEXT, epoch TEXT NOT NULL, seq INTEGER NOT NULL, ran INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (room, user)
  ) WITHOUT ROWID;
  CREATE INDEX reads_by_age ON reads (room, ran);
  CREATE TABLE store (
    only INTEGER PRIMARY KEY CHECK (only = 1), ran INTEGER NOT NULL, date INTEGER NOT NULL
  );
  ${REVOCATIONS}
  ${DIRECTORY}
  ${USED_TOKENS}
  ${ROOM_STATE}
  ${MENTIONS}
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${VERSION};
`;

/**
 * Version 1 measured ages by the wall clock, in columns named `at`. The run time continues from the latest of them, or from
 * the wall clock if that is earlier, so that one wrong timestamp expires nothing.
 */
const FROM_1 = `
  ALTER TABLE rooms ADD COLUMN marks INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE rooms ADD COLUMN ran INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE entries RENAME COLUMN at TO ran;
  ALTER TABLE entries ADD COLUMN about INTEGER;
  ALTER TABLE messages RENAME COLUMN at TO ran;
  ALTER TABLE receipts RENAME COLUMN at TO ran;
  ALTER TABLE reads ADD COLUMN ran INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX reads_by_age ON reads (room, ran);
  CREATE TABLE store (
    only INTEGER PRIMARY KEY CHECK (only = 1), ran INTEGER NOT NULL, date INTEGER NOT NULL
  );
  INSERT INTO store SELECT 1, min(:date, coalesce(max(ran), :date)), :date
    FROM (SELECT max(ran) AS ran FROM entries UNION ALL SELECT max(ran) FROM receipts);
  UPDATE entries SET ran = min(ran, (SELECT ran FROM store));
  UPDATE messages SET ran = min(ran, (SELECT ran FROM store));
  UPDATE receipts SET ran = min(ran, (SELECT ran FROM store));
  UPDATE entries SET
    about = CASE body ->> '$.deed.kind' WHEN 'said' THEN seq ELSE body ->> '$.deed.of.seq' END,
    body = json_set(body, '$.deed.text', '')
    WHERE json_valid(body) AND body ->> '$.deed.kind' IN ('said', 'edited');
  DELETE FROM rooms WHERE json_valid(head) AND head ->> '$.top' = 0;
  DELETE FROM reads WHERE room NOT IN (SELECT room FROM rooms);
  UPDATE reads SET ran = (SELECT ran FROM store);
  UPDATE rooms SET
    marks = (SELECT count(*) FROM reads WHERE reads.room = rooms.room),
    ran = coalesce(
      (SELECT ran FROM entries WHERE entries.room = rooms.room ORDER BY seq DESC LIMIT 1),
      (SELECT ran FROM store));
`;

/** Messages could mention users before the table existed. */
const FROM_6 = `${MENTIONS}
  INSERT OR IGNORE INTO mentions SELECT room, messages.seq, value FROM messages, json_each(body, '$.mentions')
    WHERE json_valid(body) AND json_type(body, '$.mentions') = 'array' AND json_each.type = 'text';
`;

/** What leads from a version to the next, from version 1. */
const UPDATES = [FROM_1, REVOCATIONS, DIRECTORY, USED_TOKENS, ROOM_STATE, FROM_6];

/** All tables, with their columns. */
export const TABLES = {
  rooms: ["room", "head", "messages", "marks", "ran"],
  entries: ["room", "seq", "ran", "body", "about"],
  messages: ["room", "seq", "ran", "body"],
  receipts: ["room", "user", "id", "ran", "body"],
  reads: ["room", "user", "epoch", "seq", "ran"],
  store: ["only", "ran", "date"],
  revocations: ["scope", "id", "time"],
  directory: ["kind", "id", "value"],
  used_tokens: ["user", "serial", "ran"],
  room_state: ["room", "field", "value"],
  mentions: ["room", "seq", "user"],
} as const;

/** Adds a revocation, or replaces an earlier one about the same. */
export const ADD_REVOCATION = `INSERT INTO revocations (scope, id, time) VALUES (?, ?, ?)
  ON CONFLICT (scope, id) DO UPDATE SET time = max(time, excluded.time)`;

/** Creates empty tables in an empty file. */
export function createTables(file: Pick<DatabaseSync, "exec">): void {
  // The first pragma writes the header, so it must be first, and in the same transaction: after a crash, a header without
  // the application id would look like another application's.
  file.exec(`BEGIN; PRAGMA auto_vacuum = INCREMENTAL; ${SCHEMA} COMMIT`);
}

/** The version of the tables; includes changes that are still in the write-ahead log. */
export function versionOf(file: DatabaseSync): number {
  return Number(file.prepare("PRAGMA user_version").get()?.user_version);
}

/** Updates the tables of an older version; returns whether an update was needed. @param date Milliseconds since 1970. */
export function updateTables(file: DatabaseSync, date: number): boolean {
  const due = UPDATES.slice(versionOf(file) - 1);
  if (due.length === 0) return false;
  const sql = due.join("").replaceAll(":date", String(Math.floor(date)));
  try {
    file.exec(`BEGIN IMMEDIATE; ${sql} PRAGMA user_version = ${VERSION}; COMMIT`);
  } catch (error) {
    try {
      file.exec("ROLLBACK");
    } catch {
      // SQLite has already rolled it back.
    }
    throw error;
  }
  return true;
}
