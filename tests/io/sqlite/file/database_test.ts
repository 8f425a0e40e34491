import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { systemClock } from "../../../../lib/chat/ports/clock.ts";
import { openSqliteFile } from "../../../../lib/io/sqlite/file/database.ts";
import { inspectFile } from "../../../../lib/io/sqlite/file/inspection.ts";
import { StoreRefused } from "../../../../lib/io/sqlite/file/errors.ts";
import { openSqliteStore } from "../../../../lib/io/sqlite/store.ts";
import { lobby, numbers, say } from "../../../contract/fixtures.ts";
import { Publisher, publisher } from "../../../e2e/faults/storage/publisher_process.ts";
import { TemporaryFolder } from "../../../support/temporary_folder.ts";

const NAME = "parley.sqlite";
const RETENTION = { messages: 1_000, entries: 1_000, ageMs: Infinity };

const open = (folder: string) => openSqliteStore(folder, systemClock, RETENTION, () => "epoch");

/** Creates a store with some messages. */
async function fill(folder: string): Promise<void> {
  await using store = open(folder);
  await Promise.all(numbers(1, 200).map((n) => store.append(say(`${n} ${"x".repeat(n)}`))));
}

/** Creates what a crash leaves: the file, and a log beside it with what is not in the file yet. */
async function fillAndCrash(folder: string): Promise<void> {
  await using work = new TemporaryFolder();
  await fill(work.path);
  await using store = open(work.path);
  await store.append(say("the last"));
  for (const name of [NAME, `${NAME}-wal`]) {
    await Deno.copyFile(join(work.path, name), join(folder, name));
  }
}

/** The contents of the folder, byte for byte, without the lock. */
function contents(folder: string): Map<string, Uint8Array> {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  const files = names.filter((name) => name !== "parley.lock");
  return new Map(files.map((name) => [name, Deno.readFileSync(join(folder, name))]));
}

/** Checks that a folder is refused and left unchanged. */
function assertRefused(folder: string, reason: StoreRefused["reason"], message: RegExp): void {
  const before = contents(folder);
  assert.throws(() => openSqliteFile(folder), (error) => {
    assert.ok(error instanceof StoreRefused, String(error));
    assert.match(error.message, message);
    assert.equal(error.reason, reason, error.message);
    return true;
  });
  assert.deepEqual(contents(folder), before);
}

function overwrite(path: string, offset: number, bytes: Uint8Array<ArrayBuffer>): void {
  using file = Deno.openSync(path, { write: true });
  file.seekSync(offset, Deno.SeekMode.Start);
  file.writeSync(bytes);
}

function execute(path: string, sql: string): void {
  const file = new DatabaseSync(path);
  file.exec(sql);
  file.close();
}

const damageFile = (path: string) => overwrite(path, 5 * 4096, new Uint8Array(8 * 4096).fill(0x5a));

for (
  const [what, make] of [
    ["another kind of file", (path) => Deno.writeTextFileSync(path, "no database\n".repeat(999))],
    ["a file of a few bytes", (path) => Deno.writeTextFileSync(path, "x")],
    ["overwritten pages", damageFile],
    ["an overwritten first page", (path) => overwrite(path, 100, new Uint8Array(3_996).fill(1))],
    ["half of a file", (path) => Deno.truncateSync(path, 20 * 4096)],
  ] as readonly (readonly [string, (path: string) => void])[]
) {
  Deno.test(`openSqliteFile() refuses ${what} as damaged, and leaves it unchanged`, async () => {
    await using folder = new TemporaryFolder();
    await fill(folder.path);
    make(join(folder.path, NAME));
    assertRefused(folder.path, "damaged", /parley\.sqlite is damaged \(.+\): restore a backup/);
  });
}

Deno.test("openSqliteFile() refuses a damaged file after a crash, and leaves its write-ahead log unchanged too", async () => {
  await using folder = new TemporaryFolder();
  await fillAndCrash(folder.path);
  damageFile(join(folder.path, NAME));
  assertRefused(folder.path, "damaged", /is damaged/);
  assert.deepEqual([...contents(folder.path).keys()], [NAME, `${NAME}-wal`]);
});

Deno.test("inspect() does not read a file that is larger than the given limit", async () => {
  await using folder = new TemporaryFolder();
  await fill(folder.path);
  const path = join(folder.path, NAME);
  damageFile(path);
  inspectFile(path, 1_000);
  assert.throws(() => inspectFile(path), { reason: "damaged" });
});

Deno.test("openSqliteFile() opens a file after a crash", async () => {
  await using folder = new TemporaryFolder();
  await fillAndCrash(folder.path);
  await using store = open(folder.path);
  const { messages, top } = await store.page(lobby, undefined, 1);
  assert.deepEqual([messages[0]?.text, top.seq], ["the last", 201]);
});

Deno.test("openSqliteFile() starts over when a crash has left an empty file", async () => {
  await using folder = new TemporaryFolder();
  Deno.writeTextFileSync(join(folder.path, NAME), "");
  await fill(folder.path);
});

Deno.test("openSqliteFile() refuses a file of a newer version", async () => {
  await using folder = new TemporaryFolder();
  await fill(folder.path);
  execute(join(folder.path, NAME), "PRAGMA user_version = 8");
  assertRefused(folder.path, "newer", /version 8, .* version 7\): update Parley/);
});

Deno.test("openSqliteFile() refuses a file of another application", async () => {
  await using folder = new TemporaryFolder();
  execute(join(folder.path, NAME), "CREATE TABLE rooms (name TEXT)");
  assertRefused(folder.path, "foreign", /another application: choose another folder with DATA_DIR/);
});

Deno.test("openSqliteFile() refuses a file that another process has open, without disturbing it", async () => {
  await using folder = new TemporaryFolder();
  await using running = new Publisher(publisher(folder.path));
  const acknowledged = async () => {
    for (let line; (line = await running.next()) !== undefined;) {
      if (line.startsWith("ack")) return line;
    }
    throw new Error("It has ended");
  };
  await acknowledged();
  const names = () => [...Deno.readDirSync(folder.path)].map(({ name }) => name).sort();
  const before = names();
  assert.throws(() => openSqliteFile(folder.path), (error) => {
    assert.ok(error instanceof StoreRefused && error.reason === "in_use", String(error));
    return /Another process .* DATA_DIR, .* REDIS_URL/.test(error.message);
  });
  assert.deepEqual(names(), before);
  await acknowledged();
  await running.kill();
  await using store = open(folder.path);
  assert.ok((await store.page(lobby, undefined, 0)).top.seq > 0);
});

Deno.test("openSqliteFile() refuses a file that a program without support for the lock has open", async () => {
  await using folder = new TemporaryFolder();
  await fill(folder.path);
  const other = new DatabaseSync(join(folder.path, NAME));
  other.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE");
  assert.throws(() => openSqliteFile(folder.path), { name: "StoreRefused", reason: "in_use" });
  other.close();
  await fill(folder.path);
});

Deno.test("openSqliteFile() configures the file so that writes reach the disk", async () => {
  await using folder = new TemporaryFolder();
  for (const time of ["made", "opened"]) {
    using file = openSqliteFile(folder.path);
    const full = 2;
    assert.equal(file.row("PRAGMA synchronous")?.number("synchronous"), full, time);
    assert.equal(file.row("PRAGMA journal_mode")?.text("journal_mode"), "wal", time);
  }
});

Deno.test("openSqliteFile() creates a folder and files that only their owner can read", async () => {
  await using folder = new TemporaryFolder();
  const path = join(folder.path, "not", "there yet?#%");
  using _file = openSqliteFile(path);
  for (const name of ["", NAME, `${NAME}-wal`]) {
    const { mode } = await Deno.stat(join(path, name));
    assert.equal((mode ?? 0) & 0o077, 0, name);
  }
});

Deno.test("openSqliteFile() reports a folder that cannot be created", async () => {
  await using folder = new TemporaryFolder();
  await Deno.writeTextFile(join(folder.path, "file"), "");
  for (const path of ["file", "file/below"]) {
    assert.throws(() => openSqliteFile(join(folder.path, path)), {
      name: "StoreRefused",
      reason: "not_writable",
      message: /^Cannot write .*: make it writable, free some space, or choose another folder/,
    });
  }
});

Deno.test("openSqliteStore() reads a file that it may not write, and answers drafts with unavailable", async () => {
  await using folder = new TemporaryFolder();
  await fill(folder.path);
  await using running = new Publisher(publisher(folder.path, 0, ["--allow-read"]));
  assert.equal(await running.next(), "opening");
  const fault = "fault: the message store cannot be written; 200 of 200 can be read";
  assert.equal(await running.next(), fault);
});

Deno.test("openSqliteStore() refuses to create a file where it may not write", async () => {
  await using folder = new TemporaryFolder();
  await using running = new Publisher(publisher(folder.path, 0, ["--allow-read"]));
  assert.equal(await running.next(), "opening");
  assert.match(
    await running.next() ?? "",
    /^refused not_writable: Cannot write .* make it writable/,
  );
});
