/** That a bus at the other end of a line keeps every promise of the one at this end. */
import assert from "node:assert/strict";
import type { ServingBus } from "../../../lib/chat/bus.ts";
import { systemClock } from "../../../lib/chat/clock.ts";
import { EmbeddedBus } from "../../../lib/chat/embedded_bus.ts";
import { MemoryStore } from "../../../lib/chat/memory_store.ts";
import { MeteredBus } from "../../../lib/chat/metered_bus.ts";
import { slowDownCounters } from "../../../lib/chat/meters.ts";
import type { MainAnswers, ServingAnswers } from "../../../lib/io/isolates/calls.ts";
import { Metrics } from "../../../lib/core/metrics.ts";
import { budgetTable } from "../../../lib/core/budgets.ts";
import { Desk } from "../../../lib/io/isolates/desk.ts";
import { Line } from "../../../lib/io/isolates/line.ts";
import { remoteBase } from "../../../lib/io/isolates/remote_base.ts";
import { busContract } from "../../bus_contract.ts";
import { ann, lobby, type TestedBus } from "../../contract/given.ts";
import { AMPLE, counter } from "../../fakes.ts";

/** A bus behind budgets. */
function metered(
  bus: TestedBus,
  settings = { messagesPerSecond: 0, bytesPerSecond: 0 },
): MeteredBus {
  const refused = slowDownCounters(new Metrics());
  return new MeteredBus({ bus, table: budgetTable(settings), clock: systemClock, refused });
}

/** A bus as a serving isolate has it. */
function remoteBus(bus: ServingBus): ServingBus {
  const desk = new Desk({
    bus,
    quota: { take: () => "all taken", charge: () => {} },
    secret: Promise.resolve(""),
    census: () => Promise.reject(new Error("not asked for")),
    readiness: () => Promise.resolve({ ready: true }),
    metrics: () => Promise.resolve(""),
  });
  // Copied, as by postMessage: what cannot be copied fails.
  const near: Line<ServingAnswers> = new Line(
    (post) => far.receive(structuredClone(post)),
    desk.answers,
  );
  const far: Line<MainAnswers> = new Line((post) => near.receive(structuredClone(post)), {});
  return remoteBase(far).bus;
}

/** The same; what is announced comes by another way, and so do tops and probes. */
function remote(bus: TestedBus): TestedBus {
  return {
    ...remoteBus(metered(bus)),
    announcements: (signal) => bus.announcements(signal),
    tops: () => bus.tops(),
    probe: () => bus.probe(),
  };
}

busContract("EmbeddedBus behind budgets, at the other end of a line", (retention, quota) => {
  const store = new MemoryStore(systemClock, retention, counter("epoch"), quota);
  const bus = remote(new EmbeddedBus(store, systemClock));
  return Promise.resolve({ bus, [Symbol.asyncDispose]: () => Promise.resolve() });
});

Deno.test("MeteredBus at the other end of several lines gives one user one budget", async () => {
  const store = new MemoryStore(systemClock, AMPLE, counter("epoch"));
  // Nothing is gained while the test runs, however slow it is.
  const settings = { messagesPerSecond: 0.000_001, bytesPerSecond: 16 };
  const bus = metered(new EmbeddedBus(store, systemClock), settings);
  const workers = [remoteBus(bus), remoteBus(bus)];
  const draft = (id: string) =>
    ({ ...ann, room: lobby, id, deed: { kind: "said", text: "x" } }) as const;
  const first = await Promise.all(workers.map((it, index) => it.publish(draft(`${index}`), 5_000)));
  const [published, refused] = first;
  assert.equal(published?.kind, "entered");
  assert.equal(
    refused?.kind === "rejected" && refused.why === "slow_down" && refused.limit,
    "user",
  );
});

Deno.test("A bus at the other end of a line says that it is back to all who wait, by one question", async () => {
  const store = new MemoryStore(systemClock, AMPLE, counter("epoch"));
  const questions: PromiseWithResolvers<void>[] = [];
  const whenBack = () => {
    const question = Promise.withResolvers<void>();
    questions.push(question);
    return question.promise;
  };
  const far = remoteBus(
    metered(Object.assign(new EmbeddedBus(store, systemClock), { whenBack })),
  );
  for (let outage = 1; outage <= 2; outage++) {
    const waiting = [far.whenBack(), far.whenBack()];
    while (questions.length < outage) await new Promise((resolve) => setImmediate(resolve));
    questions.at(-1)?.resolve();
    await Promise.all(waiting);
    assert.equal(questions.length, outage);
  }
});
