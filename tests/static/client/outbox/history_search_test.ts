/** What an empty history proves of a message that was sent earlier. */
import assert from "node:assert/strict";
import type { Uplink } from "../../../../static/client/outbox/history_search.js";
import { searchHistory } from "../../../../static/client/outbox/history_search.js";

for (
  const [position, after, isWhole] of [
    // A failover has lost all that the log had, and its epoch goes on.
    ["e:0", "e:1", true],
    ["e:0", "e:0", true],
    ["e:0", "other:1", false],
    // All messages are older than the retention.
    ["e:5", "e:1", false],
    ["e:0", null, false],
  ] as const
) {
  Deno.test(`An empty history at ${position} ${isWhole ? "proves" : "does not prove"} that nothing sent after ${after} is in the log`, async () => {
    const uplink: Uplink = {
      ...{ user: "u1", service: null, isTooLong: () => false, send() {} },
      ...{ position: () => position, isPast: () => false },
      history: () =>
        Promise.resolve({ type: "history", room: "lobby", messages: [], more: false, position }),
    };
    const found = await searchHistory([], uplink);
    assert.equal(found.isWhole(after), isWhole);
  });
}
