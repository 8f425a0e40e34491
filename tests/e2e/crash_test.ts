/**
 * A process that publishes is killed again and again, and nothing that it acknowledged is lost, moved or doubled.
 * @module
 */
import assert from "node:assert/strict";
import { systemClock } from "../../lib/chat/clock.ts";
import { isSamePosition } from "../../lib/core/positions.ts";
import type { Receipt } from "../../lib/core/room_log.ts";
import { openSqliteStore } from "../../lib/io/sqlite/store.ts";
import { lobby } from "../contract/given.ts";
import { allEntries, allMessages } from "../whole_log.ts";
import { Publisher, publisher } from "./published.ts";

const FOLDERS = 4;
const KILLS_PER_FOLDER = 25;
/** So many acknowledgements at most are waited for before a kill. */
const MAX_WAITED = 150;
const RETENTION = { messages: 1e9, entries: 1e9, ageMs: Infinity };

/** Numbers in [0, 1) that are the same for the same seed: a linear congruence modulo 2^32. */
function* drawn(seed: number): Generator<number, never> {
  for (let state = seed;;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

/** Where each message stands that was ever acknowledged, by its id. */
type Acknowledged = Map<string, Receipt["position"]>;

/** Publishes from where the last one stopped, and kills in the midst of it. */
async function publishAndKill(folder: string, acknowledged: Acknowledged, wait: number) {
  const running = new Publisher(publisher(folder, acknowledged.size));
  const said: string[] = [];
  // The first line comes before the store is opened.
  while (said.length <= wait) {
    const line = await running.next();
    assert.notEqual(line, undefined, `it ended by itself: ${said.at(-1)}`);
    said.push(line ?? "");
  }
  said.push(...await running.kill());
  for (const line of said.slice(1)) {
    const [word, seq, epoch = "", id = ""] = line.split(" ");
    assert.equal(word, "ack", line);
    const position = { epoch, seq: Number(seq) };
    const before = acknowledged.get(id) ?? position;
    assert.ok(isSamePosition(before, position), `${id} is acknowledged twice, differently`);
    acknowledged.set(id, position);
  }
}

/** Reads all there is, and compares. */
async function inspect(folder: string, acknowledged: Acknowledged): Promise<void> {
  await using store = openSqliteStore(folder, systemClock, RETENTION, () => "first");
  const { top } = await store.page(lobby, undefined, 0);
  const messages = await allMessages(store, lobby);
  const entries = await allEntries(store, lobby, { ...top, seq: 0 });
  assert.equal(entries.length, top.seq);
  for (const [index, { position }] of entries.entries()) {
    assert.ok(isSamePosition(position, { ...top, seq: index + 1 }), `a hole at ${index + 1}`);
  }
  assert.deepEqual(messages.map(({ id }) => id), entries.map(({ id }) => id));
  assert.equal(new Set(entries.map(({ id }) => id)).size, entries.length, "one is there twice");
  for (const [id, { seq }] of acknowledged) {
    assert.equal(entries[seq - 1]?.id, id, `${id} was acknowledged at ${seq}`);
  }
}

async function ordeal(seed: number): Promise<number> {
  const folder = await Deno.makeTempDir();
  const acknowledged: Acknowledged = new Map();
  const numbers = drawn(seed);
  for (let kill = 1; kill <= KILLS_PER_FOLDER; kill++) {
    // Each fifth time while the store is made or opened.
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

Deno.test(`SqliteStore loses, moves and doubles nothing though its process is killed ${FOLDERS * KILLS_PER_FOLDER} times`, async () => {
  const seeds = Array.from({ length: FOLDERS }, () => Math.floor(Math.random() * 2 ** 32));
  const counts = await Promise.all(seeds.map(ordeal));
  for (const count of counts) assert.ok(count > KILLS_PER_FOLDER);
});
