/**
 * The promises of every bus, checked on each by the same tests. The ports in `lib/chat/ports/bus.ts` state them; each file
 * under `contract/` checks one group of them.
 * @module
 */
import assert from "node:assert/strict";
import { UNLIMITED } from "../../lib/chat/bus/memory_store.ts";
import type { Retention } from "../../lib/core/log/retention.ts";
import { amendingPromises } from "./log/amending.ts";
import { announcingPromises } from "./log/announcing.ts";
import { AnnouncementReader } from "./log/announcement_reader.ts";
import { contentPromises } from "./log/content.ts";
import { publishingPromises } from "./log/publishing.ts";
import type { OpenBus, Quota, Test } from "./fixtures.ts";
import { quotaPromises } from "./log/quotas.ts";
import { retentionPromises } from "./log/retention.ts";
import { modelPromise } from "./log/model.ts";
import { pagePromises } from "./log/paging.ts";
import { readMarkerPromises } from "./state/read_markers.ts";
import { replayPromises } from "./log/replaying.ts";
import { presencePromises } from "./state/presence.ts";
import { roomStatePromises } from "./state/room_state.ts";

export type { OpenBus, Quota, TestedBus } from "./fixtures.ts";

const AMPLE: Retention = { messages: 1_000, entries: 1_000, ageMs: Infinity };

/**
 * Registers the contract's tests for one kind of bus.
 *
 * @param open Opens a ready, empty bus with this retention and quota.
 * @param pending Promises that this kind of bus does not keep yet, by their first words; their tests are ignored.
 */
export function busContract(
  kind: string,
  open: (retention: Retention, quota: Quota) => Promise<OpenBus>,
  pending: readonly string[] = [],
): void {
  const test: Test = (promise, prove, retention = AMPLE, quota = UNLIMITED) => {
    const fn = async () => {
      await using opened = await open(retention, quota);
      using reader = new AnnouncementReader(opened.bus);
      await prove(opened.bus, reader);
      // No test of the contract damages anything.
      assert.deepEqual(opened.bus.problems?.() ?? [], []);
    };
    const ignore = pending.some((words) => promise.startsWith(words));
    Deno.test({ name: `${kind} ${promise}`, ignore, fn });
  };
  announcingPromises(test);
  publishingPromises(test);
  amendingPromises(test);
  contentPromises(test);
  replayPromises(test);
  retentionPromises(test);
  pagePromises(test);
  readMarkerPromises(test);
  quotaPromises(test);
  roomStatePromises(test);
  presencePromises(test);
  modelPromise(test);
}
