/**
 * A program that publishes continuously into an embedded store, for tests that kill it or fill its disk. It prints
 * `opening`, then `ack <seq> <epoch> <id>` for each acknowledged message. If the store or a message is refused, it
 * prints that and how much can still be read, and ends. Its arguments are the folder and the number of the first
 * message; a number always makes the same message.
 * @module
 */
import { BusUnavailable } from "../../../../lib/chat/ports/bus.ts";
import { systemClock } from "../../../../lib/chat/ports/clock.ts";
import { isUserId } from "../../../../lib/core/log/entry.ts";
import { parseName, parseRoom } from "../../../../lib/core/names/names.ts";
import { StoreRefused } from "../../../../lib/io/sqlite/file/errors.ts";
import { openSqliteStore, type SqliteStore } from "../../../../lib/io/sqlite/store.ts";
import { allMessages } from "../../../support/read_all.ts";

const RETENTION = { messages: 1e9, entries: 1e9, ageMs: Infinity };
const [room, name, user] = [parseRoom("lobby"), parseName("Ann"), "user_ann"];
if (!room || !name || !isUserId(user)) {
  throw new RangeError("Cannot publish: no room, name or user");
}
const author = { room, name, user };
const drawEpoch = () => crypto.randomUUID().replaceAll("-", "");
const encoder = new TextEncoder();

/** Prints a line in one write, so that readers never see half of one. */
function print(line: string): void {
  Deno.stdout.writeSync(encoder.encode(`${line}\n`));
}

async function publish(store: SqliteStore, index: number): Promise<void> {
  const id = `message-${index}`;
  const action = { kind: "said", text: `${index} ${"x".repeat(index % 500)}` } as const;
  const outcome = await store.append({ ...author, id, action });
  if (outcome.kind === "rejected") throw new Error(outcome.why);
  const receipt = outcome.kind === "entered" ? outcome.entry : outcome.receipt;
  print(`ack ${receipt.position.seq} ${receipt.position.epoch} ${id}`);
}

/** Publishes one to eight messages at once, and continues when all are acknowledged. */
async function publishAll(store: SqliteStore, first: number): Promise<never> {
  for (let index = first;;) {
    const batch = Array.from({ length: 1 + index % 8 }, () => publish(store, index++));
    await Promise.all(batch);
  }
}

async function main([folder = "", first = "0"]: readonly string[]): Promise<void> {
  print("opening");
  try {
    await using store = openSqliteStore(folder, systemClock, RETENTION, drawEpoch);
    try {
      await publishAll(store, Number(first));
    } catch (error) {
      if (!(error instanceof BusUnavailable)) throw error;
      const { top } = await store.page(author.room, undefined, 0);
      const messages = await allMessages(store, author.room);
      print(`fault: ${error.message}; ${messages.length} of ${top.seq} can be read`);
    }
  } catch (error) {
    if (!(error instanceof StoreRefused)) throw error;
    print(`refused ${error.reason}: ${error.message}`);
  }
}

await main(Deno.args);
