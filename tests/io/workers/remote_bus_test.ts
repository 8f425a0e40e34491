/** A bus and a store of tickets behind a line keep every promise of local ones. */
import assert from "node:assert/strict";
import type { WorkerBus } from "../../../lib/chat/ports/bus.ts";
import { WordListFeed } from "../../../lib/chat/moderation/word_list_feed.ts";
import { systemClock } from "../../../lib/chat/ports/clock.ts";
import { EmbeddedBus } from "../../../lib/chat/bus/embedded_bus.ts";
import { MemoryStore } from "../../../lib/chat/bus/memory_store.ts";
import { RateLimitedBus } from "../../../lib/chat/bus/rate_limited_bus.ts";
import { slowDownCounters } from "../../../lib/chat/metrics.ts";
import type { MainApi, WorkerApi } from "../../../lib/io/workers/rpc_types.ts";
import { Metrics } from "../../../lib/core/metrics/metrics.ts";
import { budgetTable } from "../../../lib/core/limits/budgets.ts";
import { MemoryTicketStore } from "../../../lib/io/auth/memory_ticket_store.ts";
import { MemoryUsedTokens } from "../../../lib/io/auth/memory_used_tokens.ts";
import type { TicketStore } from "../../../lib/io/auth/stored_tickets.ts";
import type { SharedServices } from "../../../lib/io/serving/shared_services.ts";
import { MainServices } from "../../../lib/io/workers/main_services.ts";
import { RpcChannel } from "../../../lib/io/workers/rpc.ts";
import { remoteServices } from "../../../lib/io/workers/remote_services.ts";
import { busContract } from "../../contract/bus_contract.ts";
import { ann, lobby, type TestedBus } from "../../contract/fixtures.ts";
import { SHORT_MS, ticketStoreContract } from "../../contract/ticket_store_contract.ts";
import { AMPLE, counter, FakeClock, revocationFeed } from "../../support/fakes.ts";
import { memberDirectory } from "../../support/identity/members.ts";
import { noApiKeys } from "../../support/identity/api_keys.ts";
import { emptyIndex } from "../../support/rooms.ts";
import { noReviewer } from "../../support/reviews.ts";
import { noWebhooks } from "../../support/webhooks.ts";

/** A bus behind budgets. */
function metered(
  bus: TestedBus,
  settings = { messagesPerSecond: 0, bytesPerSecond: 0 },
): RateLimitedBus {
  const refused = slowDownCounters(new Metrics());
  return new RateLimitedBus({ bus, table: budgetTable(settings), clock: systemClock, refused });
}

/** A bus as a worker has it. */
function remoteBus(bus: WorkerBus): WorkerBus {
  return workerServices(bus, new MemoryTicketStore(systemClock)).bus;
}

/** The services as a worker has them. */
function workerServices(bus: WorkerBus, tickets: TicketStore): SharedServices {
  const services = new MainServices({
    bus,
    quota: { acquire: () => "all taken", charge: () => {} },
    secret: Promise.resolve(""),
    keys: { read: () => Promise.resolve(undefined) },
    tickets,
    usedTokens: new MemoryUsedTokens(systemClock),
    revocations: revocationFeed(),
    words: new WordListFeed(),
    directory: memberDirectory(new FakeClock()),
    roomIndex: emptyIndex(),
    apiKeys: noApiKeys(),
    webhooks: noWebhooks,
    reviewer: noReviewer,
    connectionCounts: () => Promise.reject(new Error("not asked for")),
    readiness: () => Promise.resolve({ ready: true }),
    metrics: () => Promise.resolve(""),
  });
  // Copied, as by postMessage: values that cannot be copied fail.
  const near: RpcChannel<WorkerApi> = new RpcChannel(
    (post) => far.receive(structuredClone(post)),
    services.handlers,
  );
  const far: RpcChannel<MainApi> = new RpcChannel(
    (post) => near.receive(structuredClone(post)),
    {},
  );
  return remoteServices(far);
}

/** The same; announcements take another path, and so do tops and probes. */
function withRemoteBus(bus: TestedBus): TestedBus {
  return {
    ...remoteBus(metered(bus)),
    announcements: (signal) => bus.announcements(signal),
    topPositions: (group) => bus.topPositions(group),
    probe: () => bus.probe(),
  };
}

busContract("EmbeddedBus behind budgets, at the other end of a line", (retention, quota) => {
  const store = new MemoryStore(systemClock, retention, counter("epoch"), quota);
  const bus = withRemoteBus(new EmbeddedBus(store, systemClock));
  return Promise.resolve({ bus, [Symbol.asyncDispose]: () => Promise.resolve() });
});

ticketStoreContract("MemoryTicketStore at the other end of a line", () => {
  const clock = new FakeClock();
  const bus = metered(new EmbeddedBus(new MemoryStore(clock, AMPLE, counter("epoch")), clock));
  return Promise.resolve({
    store: workerServices(bus, new MemoryTicketStore(clock)).tickets,
    whenExpired: () => clock.advance(SHORT_MS),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
});

Deno.test("RateLimitedBus behind several lines gives one user one budget", async () => {
  const store = new MemoryStore(systemClock, AMPLE, counter("epoch"));
  // Nothing is gained while the test runs, however slow it is.
  const settings = { messagesPerSecond: 0.000_001, bytesPerSecond: 16 };
  const bus = metered(new EmbeddedBus(store, systemClock), settings);
  const workers = [remoteBus(bus), remoteBus(bus)];
  const draft = (id: string) =>
    ({ ...ann, room: lobby, id, action: { kind: "said", text: "x" } }) as const;
  const first = await Promise.all(workers.map((it, index) => it.publish(draft(`${index}`), 5_000)));
  const [published, refused] = first;
  assert.equal(published?.kind, "entered");
  assert.equal(
    refused?.kind === "rejected" && refused.why === "slow_down" && refused.limit,
    "user",
  );
});

Deno.test("A bus behind a line notifies all waiting callers of its return, with one call", async () => {
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
