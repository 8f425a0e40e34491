/**
 * What every bus promises, proved on each of them by the same tests. The promises stand on the ports in
 * `lib/chat/bus.ts`; each file under `contract/` proves one group of them.
 * @module
 */
import { UNLIMITED } from "../lib/chat/memory_store.ts";
import type { Retention } from "../lib/core/room_log.ts";
import { amendingPromises } from "./contract/amending.ts";
import { announcingPromises } from "./contract/announcing.ts";
import { Ear } from "./contract/ear.ts";
import { enteringPromises } from "./contract/entering.ts";
import type { OpenBus, Quota, Test } from "./contract/given.ts";
import { fillingPromises } from "./contract/filling.ts";
import { keepingPromises } from "./contract/keeping.ts";
import { modelPromise } from "./contract/model.ts";
import { pagingPromises } from "./contract/paging.ts";
import { readingPromises } from "./contract/reading.ts";
import { recoveringPromises } from "./contract/recovering.ts";
import { registerPromises } from "./contract/registering.ts";

export type { OpenBus, Quota, TestedBus } from "./contract/given.ts";

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
      using ear = new Ear(opened.bus);
      await prove(opened.bus, ear);
    };
    const ignore = pending.some((words) => promise.startsWith(words));
    Deno.test({ name: `${kind} ${promise}`, ignore, fn });
  };
  announcingPromises(test);
  enteringPromises(test);
  amendingPromises(test);
  recoveringPromises(test);
  keepingPromises(test);
  pagingPromises(test);
  readingPromises(test);
  fillingPromises(test);
  registerPromises(test);
  modelPromise(test);
}
