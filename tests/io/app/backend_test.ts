/** How much each kind of store retains, by default and by settings. */
import assert from "node:assert/strict";
import { parseConfig } from "../../../lib/core/config/config.ts";
import { retentionOf } from "../../../lib/io/app/backend.ts";

const HOUR_MS = 3_600_000;
const REDIS_URL = "redis://localhost";

for (
  const [values, messages, ageMs] of [
    [{}, 100_000, Infinity],
    [{ REDIS_URL }, 1_000, 72 * HOUR_MS],
    [{ HISTORY_MESSAGES: "5000", HISTORY_HOURS: "1" }, 5_000, HOUR_MS],
    [{ REDIS_URL, HISTORY_MESSAGES: "5000", HISTORY_HOURS: "0" }, 5_000, Infinity],
    [{ HISTORY_MESSAGES: "10", RECOVER_LIMIT: "200" }, 200, Infinity],
  ] as const
) {
  Deno.test(`retentionOf() with ${JSON.stringify(values)} keeps ${messages} messages for ${ageMs} ms`, () => {
    const settings: Readonly<Record<string, string>> = values;
    const read = parseConfig((name) => settings[name]);
    assert.ok(read.kind === "good");
    const kept = retentionOf(read.config);
    assert.deepEqual([kept.messages, kept.ageMs], [messages, ageMs]);
  });
}
