/** What comes next: in order, and with a hole. */
import type { Entry } from "../lib/core/log/entry.ts";
import { LogCursor } from "../lib/core/log/log_cursor.ts";
import { entry } from "./fixtures.ts";

const cursor = new LogCursor<Entry>();
cursor.completeRead(cursor.beginRead(), { top: { epoch: "epoch", seq: 0 }, entries: [] });
const item = entry(0);
let seq = 0;
Deno.bench("Seat.take(): the next one", { group: "one", baseline: true }, () => {
  cursor.accept({ ...item, position: { epoch: "epoch", seq: ++seq } });
});

const missed = Array.from({ length: 500 }, (_, index) => entry(index + 1));
for (const held of [500, 100_000]) {
  const later = Array.from({ length: held }, (_, index) => entry(index + 501));
  Deno.bench(`Seat: ${held} come while 500 are missing, then it catches up`, {
    group: held === 500 ? "hole" : "flood",
  }, () => {
    const waiting = new LogCursor<Entry>();
    const round = waiting.beginRead();
    for (const one of later) waiting.accept(one);
    waiting.completeRead(round, { top: { epoch: "epoch", seq: 500 }, entries: missed });
  });
}
