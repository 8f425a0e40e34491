/** Entries that arrive in order, and after a gap. */
import type { Entry } from "../lib/core/log/entry.ts";
import { LogCursor } from "../lib/core/log/reading/log_cursor.ts";
import { entry } from "./fixtures.ts";

const cursor = new LogCursor<Entry>();
cursor.completeRead(cursor.beginRead(), { top: { epoch: "epoch", seq: 0 }, entries: [] });
const item = entry(0);
let seq = 0;
Deno.bench("LogCursor.accept(): the next entry", { group: "one", baseline: true }, () => {
  cursor.accept({ ...item, position: { epoch: "epoch", seq: ++seq } });
});

const missed = Array.from({ length: 500 }, (_, index) => entry(index + 1));
for (const held of [500, 100_000]) {
  const later = Array.from({ length: held }, (_, index) => entry(index + 501));
  Deno.bench(`LogCursor: ${held} entries arrive while 500 are missing, which are then read`, {
    group: held === 500 ? "gap" : "flood",
  }, () => {
    const behind = new LogCursor<Entry>();
    const read = behind.beginRead();
    for (const one of later) behind.accept(one);
    behind.completeRead(read, { top: { epoch: "epoch", seq: 500 }, entries: missed });
  });
}
