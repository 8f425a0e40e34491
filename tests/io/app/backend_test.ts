/** How much each kind of store retains, by default and by settings, and where it keeps members. */
import assert from "node:assert/strict";
import { parseConfig } from "../../../lib/core/config/config.ts";
import { systemClock } from "../../../lib/chat/ports/clock.ts";
import { Metrics } from "../../../lib/core/metrics/metrics.ts";
import { openBackend, retentionOf } from "../../../lib/io/app/backend.ts";
import { until } from "../../support/provision.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

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

const MEMBER = { kind: "member", id: "m_ann00000" } as const;

for (
  const [what, prepare, survives] of [
    ["memory", () => ({ DATA_DIR: ":memory:" }), false],
    ["a folder", (started: AsyncDisposableStack) => {
      return { DATA_DIR: started.use(new TemporaryFolder()).path };
    }, true],
  ] as const
) {
  Deno.test(`openBackend() keeps members in ${what}, where they ${survives ? "survive" : "do not survive"} a restart`, async () => {
    await using started = new AsyncDisposableStack();
    const settings: Readonly<Record<string, string>> = prepare(started);
    const read = parseConfig((name) => settings[name]);
    assert.ok(read.kind === "good");
    for (const stored of [undefined, survives ? "1" : undefined]) {
      await using opened = new AsyncDisposableStack();
      const context = { clock: systemClock, metrics: new Metrics() };
      const { bus, directory } = await openBackend(read.config, undefined, context, opened);
      await until("the storage to be ready", () => bus.probe().then(() => true, () => false));
      assert.deepEqual(await directory.read([MEMBER]), [stored]);
      await directory.commit([{ ...MEMBER, from: stored, to: "1" }]);
    }
  });
}
