/**
 * A publishing process is killed repeatedly; no acknowledged message is lost, moved or duplicated.
 * @module
 */
import assert from "node:assert/strict";
import { systemClock } from "../../../../lib/chat/ports/clock.ts";
import { isSamePosition } from "../../../../lib/core/log/position.ts";
import type { Receipt } from "../../../../lib/core/log/room_log.ts";
import { openSqliteStore } from "../../../../lib/io/sqlite/store.ts";
import { lobby } from "../../../contract/fixtures.ts";
import { allEntries, allMessages } from "../../../support/read_all.ts";
import { Publisher, publisher } from "./publisher_process.ts";

const FOLDERS = 4;
const KILLS_PER_FOLDER = 25;
/** Maximum number of acknowledgements before a kill. */
const MAX_WAITED = 150;
const RETENTION = { messages: 1e9, entries: 1e9, ageMs: Infinity };

/** Numbers in [0, 1) from a linear congruential generator modulo 2^32; the same seed gives the same numbers. */
function* drawn(seed: number): Generator<number, never> {
  for (let state = seed;;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

/** The position of each acknowledged message, by its id. */
type Acknowledged = Map<string, Receipt["position"]>;

/** Continues where the last publisher stopped, and kills the process while it publishes. */
async function publishAndKill(folder: string, acknowledged: Acknowledged, wait: number) {
  const running = new Publisher(publisher(folder, acknowledged.size));
  const said: string[] = [];
  // The publisher prints its first line before it opens the store.
  while (said.length <= wait) {
    const line = await running.next();
    if (line === undefined) {
      assert.fail(`the publisher ended ${await running.ending()}${said.join("\n")}`);
    }
    said.push(line);
  }
  said.push(...await running.kill());
  for (const line of said.slice(1)) {
    const [word, seq, epoch = "", id = ""] = line.split(" ");
    assert.equal(word, "ack", line);
    const position = { epoch, seq: Number(seq) };
    const before = acknowledged.get(id) ?? position;
    assert.ok(isSamePosition(before, position), `${id} is acknowledged at two positions`);
    acknowledged.set(id, position);
  }
}

/** Compares the whole store with what was acknowledged. */
async function inspect(folder: string, acknowledged: Acknowledged): Promise<void> {
  await using store = openSqliteStore(folder, systemClock, RETENTION, () => "first");
  const { top } = await store.page(lobby, undefined, 0);
  const messages = await allMessages(store, lobby);
  const entries = await allEntries(store, lobby, { ...top, seq: 0 });
  assert.equal(entries.length, top.seq);
  for (const [index, { position }] of entries.entries()) {
    assert.ok(isSamePosition(position, { ...top, seq: index + 1 }), `gap at ${index + 1}`);
  }
  assert.deepEqual(messages.map(({ id }) => id), entries.map(({ id }) => id));
  assert.equal(
    new Set(entries.map(({ id }) => id)).size,
    entries.length,
    "an entry is in the log twice",
  );
  for (const [id, { seq }] of acknowledged) {
    assert.equal(entries[seq - 1]?.id, id, `${id} was acknowledged at ${seq}`);
  }
}

async function crashRepeatedly(seed: number): Promise<number> {
  const folder = await Deno.makeTempDir();
  const acknowledged: Acknowledged = new Map();
  const numbers = drawn(seed);
  for (let kill = 1; kill <= KILLS_PER_FOLDER; kill++) {
    // Every fifth kill happens while the store is created or opened.
    const wait = kill % 5 === 1 ? 0 : Math.floor(numbers.next().value * MAX_WAITED);
    try {
      await publishAndKill(folder, acknowledged, wait);
      await inspect(folder, acknowledged);
    } catch (cause) {
      throw new Error(`Seed ${seed}, kill ${kill}, in ${folder}: ${cause}`, { cause });
    }
  }
  await Deno.remove(folder, { recursive: true });
  return acknowledged.size;
}

Deno.test(`SqliteStore neither loses, moves nor duplicates messages when its process is killed ${FOLDERS * KILLS_PER_FOLDER} times`, async () => {
  const seeds = Array.from({ length: FOLDERS }, () => Math.floor(Math.random() * 2 ** 32));
  const counts = await Promise.all(seeds.map(crashRepeatedly));
  for (const count of counts) assert.ok(count > KILLS_PER_FOLDER);
});
