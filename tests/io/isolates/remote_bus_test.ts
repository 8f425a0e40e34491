/** That a bus at the other end of a line keeps every promise of the one at this end. */
import { systemClock } from "../../../lib/chat/clock.ts";
import { EmbeddedBus } from "../../../lib/chat/embedded_bus.ts";
import { MemoryStore } from "../../../lib/chat/memory_store.ts";
import type { MainAnswers, ServingAnswers } from "../../../lib/io/isolates/calls.ts";
import { Desk } from "../../../lib/io/isolates/desk.ts";
import { Line } from "../../../lib/io/isolates/line.ts";
import { remoteBase } from "../../../lib/io/isolates/remote_base.ts";
import { busContract } from "../../bus_contract.ts";
import type { TestedBus } from "../../contract/given.ts";
import { counter } from "../../fakes.ts";

/** The bus as a serving isolate has it; what is announced comes by another way, and so do tops and probes. */
function remote(bus: TestedBus): TestedBus {
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
  return {
    ...remoteBase(far).bus,
    announcements: (signal) => bus.announcements(signal),
    tops: () => bus.tops(),
    probe: () => bus.probe(),
  };
}

busContract("EmbeddedBus at the other end of a line", (retention, quota) => {
  const store = new MemoryStore(systemClock, retention, counter("epoch"), quota);
  const bus = remote(new EmbeddedBus(store, systemClock));
  return Promise.resolve({ bus, [Symbol.asyncDispose]: () => Promise.resolve() });
});
