import assert from "node:assert/strict";
import { type StoreUsage, UNLIMITED } from "../../../lib/chat/bus/memory_store.ts";
import { QuotaWatch } from "../../../lib/io/app/quota_watch.ts";
import { FakeClock } from "../../support/fakes.ts";
import { LogRecorder } from "../../support/log_recorder.ts";

const QUOTA = { bytes: 1_000, rooms: 200 };

Deno.test("QuotaWatch logs once that a quota is reached and once that it is not any more, and lists it in between", async () => {
  await using log = await LogRecorder.start();
  const clock = new FakeClock();
  const life = new AbortController();
  let usage: StoreUsage = { bytes: 999, rooms: 0 };
  const watch = new QuotaWatch(QUOTA, () => usage);
  const running = watch.run(clock, life.signal);
  const counts = async (bytes: number) => {
    usage = { bytes, rooms: 0 };
    await clock.advance(5_000);
    return ["store.quota_reached", "store.quota_cleared"].map((it) => log.fields(it).length);
  };
  assert.deepEqual(await counts(999), [0, 0]);
  assert.deepEqual(watch.problems(), []);
  assert.deepEqual(await counts(1_000), [1, 0]);
  // The memory of Redis goes up and down.
  assert.deepEqual(await counts(995), [1, 0]);
  assert.deepEqual(await counts(1_005), [1, 0]);
  assert.deepEqual(watch.problems(), [
    "MAX_STORE_MB is reached: messages are refused with store_full",
  ]);
  assert.deepEqual(await counts(900), [1, 1]);
  assert.deepEqual(watch.problems(), []);
  const [fields] = log.fields("store.quota_reached");
  assert.deepEqual(fields, { setting: "MAX_STORE_MB", used: 1_000, limit: 1_000 });
  life.abort();
  await running;
});

Deno.test("QuotaWatch keeps what it knows while the usage is unknown, and reports nothing without limits", () => {
  let usage: StoreUsage = { bytes: 0, rooms: 200 };
  const watch = new QuotaWatch(QUOTA, () => usage);
  assert.match(watch.problems().join(), /^MAX_ROOMS_TOTAL is reached: .* rooms_full$/);
  usage = { bytes: undefined, rooms: undefined };
  assert.equal(watch.problems().length, 1);
  const unlimited = new QuotaWatch(UNLIMITED, () => ({ bytes: 1e15, rooms: 1e15 }));
  assert.deepEqual(unlimited.problems(), []);
});
