import assert from "node:assert/strict";
import { WorkerUnstoppable } from "../../../lib/io/workers/supervised_worker.ts";
import { flushMicrotasks } from "../../support/fakes.ts";
import { SupervisorHarness } from "./supervisor_harness.ts";

Deno.test("Supervisor starts the configured number of workers, and leaves healthy ones alone", async () => {
  using harness = new SupervisorHarness(3);
  await harness.start();
  harness.supervisor.run(harness.signal);
  assert.deepEqual(harness.takeEvents(), ["1 is up", "2 is up", "3 is up"]);
  await harness.checkRounds(1_000);
  assert.deepEqual([harness.takeEvents(), harness.supervisor.count], [[], 3]);
});

Deno.test("Supervisor that cannot start a worker reports why when all have tried, and ends them all", async () => {
  using harness = new SupervisorHarness(3);
  harness.startFailures.push("it cannot start", "", "");
  await assert.rejects(harness.start(), /it cannot start/);
  await harness.supervisor.terminate();
  assert.deepEqual(harness.takeEvents(), [
    "2 is up",
    "3 is up",
    "1 is ended",
    "2 is ended",
    "3 is ended",
  ]);
});

Deno.test("Supervisor immediately replaces a worker that has died, and keeps retrying", async () => {
  using harness = await SupervisorHarness.open(2);
  harness.startFailures.push("no", "no", "no");
  await harness.worker(1).fail();
  assert.equal(harness.supervisor.count, 1);
  await harness.clock.advance(0);
  assert.equal(harness.workers.length, 3);
  // Each wait is drawn up to 0.1, 0.2 and 0.4 s.
  await harness.clock.advance(700);
  assert.deepEqual(harness.takeEvents(), [
    "1 is ended",
    "3 is ended",
    "4 is ended",
    "5 is ended",
    "6 is up",
  ]);
  assert.deepEqual([harness.supervisor.count, harness.ended], [2, ["died"]]);
});

Deno.test("Supervisor replaces a worker that has missed five checks without a graceful shutdown", async () => {
  using harness = await SupervisorHarness.open(2);
  harness.worker(1).isUnresponsive = true;
  await harness.checkRounds(4);
  assert.deepEqual(harness.takeEvents(), []);
  await harness.checkRounds(1);
  assert.deepEqual(harness.takeEvents(), ["1 is ended", "3 is up"]);
  assert.deepEqual(harness.ended, ["silent"]);
});

Deno.test("Supervisor keeps a worker that answers again before the fifth check", async () => {
  using harness = await SupervisorHarness.open(1);
  for (let time = 0; time < 3; time++) {
    harness.worker(1).isUnresponsive = true;
    await harness.checkRounds(4);
    harness.worker(1).isUnresponsive = false;
    await harness.checkRounds(1);
  }
  assert.deepEqual(harness.takeEvents(), []);
});

Deno.test("Supervisor counts an hour of suspension as one missed check", async () => {
  using harness = await SupervisorHarness.open(1);
  harness.worker(1).isUnresponsive = true;
  for (let sleep = 0; sleep < 2; sleep++) await harness.clock.suspend();
  harness.worker(1).isUnresponsive = false;
  await harness.checkRounds(5);
  assert.deepEqual(harness.takeEvents(), []);
});

Deno.test("Supervisor does not count unanswered status requests as missed checks", async () => {
  using harness = await SupervisorHarness.open(1);
  harness.worker(1).isUnresponsive = true;
  const asking = Array.from({ length: 50 }, () => harness.supervisor.reports());
  await harness.clock.advance(2_000);
  await Promise.all(asking);
  harness.worker(1).isUnresponsive = false;
  await harness.checkRounds(5);
  assert.deepEqual(harness.takeEvents(), []);
});

Deno.test("Supervisor starts another worker before it recycles one with too many dead sockets, which moves its clients first", async () => {
  using harness = await SupervisorHarness.open(1);
  harness.worker(1).deadConnections = 11;
  await harness.checkRounds(1);
  assert.deepEqual(harness.takeEvents(), ["2 is up", "1 moves its clients", "1 is ended"]);
  assert.deepEqual([harness.supervisor.count, harness.ended], [1, ["dead_sockets"]]);
});

Deno.test("Supervisor recycles one worker at a time, and gives each 13.7 s for its clients", async () => {
  using harness = await SupervisorHarness.open(2);
  for (const number of [1, 2]) {
    // Enough to make it urgent.
    harness.worker(number).deadConnections = 31;
    harness.worker(number).canDrain = false;
  }
  await harness.clock.advance(2_000);
  assert.deepEqual(harness.takeEvents(), ["3 is up", "1 moves its clients"]);
  await harness.clock.advance(13_600);
  assert.deepEqual(harness.takeEvents(), []);
  await harness.clock.advance(200);
  assert.deepEqual(harness.takeEvents(), ["1 is ended"]);
  await harness.clock.advance(2_000);
  assert.deepEqual(harness.takeEvents(), ["4 is up", "2 moves its clients"]);
});

Deno.test("Supervisor limits recycles when sockets are leaked on purpose", async () => {
  using harness = await SupervisorHarness.open(1);
  const times: number[] = [];
  for (let second = 0; second < 2_400; second += 60) {
    for (const worker of harness.workers) worker.deadConnections = 11;
    const before = harness.ended.length;
    await harness.clock.advance(60_000);
    if (harness.ended.length > before) times.push(Math.floor(second / 600));
  }
  // In tens of minutes: immediately, after ten, after twenty more.
  assert.deepEqual(times, [0, 1, 3]);
});

Deno.test("Supervisor that stops also shuts down workers that are being recycled", async () => {
  using harness = await SupervisorHarness.open(1);
  harness.worker(1).deadConnections = 11;
  harness.worker(1).canDrain = false;
  await harness.clock.advance(2_000);
  harness.takeEvents();
  const draining = harness.supervisor.drain();
  await harness.clock.advance(4_500);
  await draining;
  assert.deepEqual(harness.takeEvents(), ["2 stops", "1 stops"]);
});

Deno.test("Supervisor recycles no worker when its replacement does not start", async () => {
  using harness = await SupervisorHarness.open(1);
  harness.worker(1).deadConnections = 11;
  harness.startFailures.push("no descriptors");
  await harness.clock.advance(2_000);
  assert.deepEqual(harness.takeEvents(), ["2 is ended"]);
  assert.deepEqual([harness.supervisor.count, harness.ended], [1, []]);
  await harness.clock.advance(2_000);
  assert.deepEqual(harness.takeEvents(), ["3 is up", "1 moves its clients", "1 is ended"]);
});

Deno.test("Supervisor does not interfere when a worker dies before it is recycled", async () => {
  using harness = await SupervisorHarness.open(1);
  harness.worker(1).deadConnections = 11;
  harness.startGate = Promise.withResolvers();
  await harness.clock.advance(2_000);
  await harness.worker(1).fail();
  harness.startGate.resolve();
  await flushMicrotasks();
  assert.deepEqual(harness.takeEvents(), ["1 is ended", "2 is up", "3 is up"]);
  assert.deepEqual(harness.ended, ["died"]);
});

Deno.test("Supervisor recycles a worker that has outgrown its share", async () => {
  using harness = await SupervisorHarness.open(2);
  harness.worker(2).memoryBytes = 1_001;
  await harness.checkRounds(1);
  assert.deepEqual(harness.takeEvents(), ["3 is up", "2 moves its clients", "2 is ended"]);
  assert.deepEqual(harness.ended, ["grown"]);
});

Deno.test("Supervisor recycles the biggest worker when the process uses too much for six seconds, then at growing intervals", async () => {
  using harness = await SupervisorHarness.open(3);
  harness.worker(2).memoryBytes = 900;
  harness.worker(3).memoryBytes = 800;
  harness.processBytes = 5_001;
  await harness.clock.advance(7_000);
  assert.deepEqual(harness.takeEvents(), []);
  await harness.clock.advance(1_000);
  assert.deepEqual(harness.takeEvents(), ["4 is up", "2 moves its clients", "2 is ended"]);
  await harness.clock.advance(590_000);
  assert.deepEqual(harness.takeEvents(), []);
  await harness.clock.advance(12_000);
  assert.deepEqual(harness.takeEvents(), ["5 is up", "3 moves its clients", "3 is ended"]);
});

Deno.test("Supervisor recycles urgently when memory runs out, even five seconds after another recycle", async () => {
  using harness = await SupervisorHarness.open(1);
  await harness.clock.advance(100);
  harness.processBytes = 6_001;
  await harness.clock.advance(250);
  assert.deepEqual(harness.takeEvents(), ["2 is up", "1 stops urgently", "1 is ended"]);
  await harness.clock.advance(4_500);
  assert.deepEqual(harness.takeEvents(), []);
  await harness.clock.advance(750);
  assert.deepEqual(harness.takeEvents(), ["3 is up", "2 stops urgently", "2 is ended"]);
});

Deno.test("Supervisor stops waiting when memory runs out while clients are moved", async () => {
  using harness = await SupervisorHarness.open(1);
  harness.worker(1).deadConnections = 11;
  harness.worker(1).canDrain = false;
  await harness.clock.advance(4_000);
  assert.deepEqual(harness.takeEvents(), ["2 is up", "1 moves its clients"]);
  harness.processBytes = 6_001;
  await harness.clock.advance(1_700);
  assert.deepEqual(harness.takeEvents(), ["1 stops urgently", "1 is ended"]);
});

Deno.test("Supervisor knows for a while that clients are reconnecting", async () => {
  using harness = await SupervisorHarness.open(1);
  assert.equal(harness.supervisor.moveState, "no");
  harness.worker(1).deadConnections = 11;
  harness.worker(1).canDrain = false;
  await harness.clock.advance(2_000);
  assert.equal(harness.supervisor.moveState, "under way");
  await harness.clock.advance(13_699);
  assert.equal(harness.supervisor.moveState, "under way");
  await harness.clock.advance(15_000);
  assert.equal(harness.supervisor.moveState, "returning");
  await harness.clock.advance(1);
  assert.equal(harness.supervisor.moveState, "no");
});

Deno.test("Supervisor has all workers park their slowest consumers", async () => {
  using harness = await SupervisorHarness.open(2);
  harness.supervisor.dropLargestBacklogs();
  await flushMicrotasks();
  assert.deepEqual(harness.takeEvents(), ["1 drops", "2 drops"]);
});

for (const how of ["silent", "dead"] as const) {
  Deno.test(`Supervisor is permanently broken when a worker that is ${how} cannot be ended`, async () => {
    using harness = await SupervisorHarness.open(1);
    const [worker] = harness.workers;
    assert.ok(worker);
    worker.canEnd = false;
    if (how === "silent") worker.isUnresponsive = true;
    else worker.deadConnections = 11;
    await harness.checkRounds(5);
    const why = await harness.supervisor.failed;
    assert.ok(why instanceof WorkerUnstoppable);
    assert.match(why.message, /Worker 1 .*cannot be terminated/);
  });
}

Deno.test("Supervisor that is stopping replaces no worker, and ends those that are still starting", async () => {
  using harness = await SupervisorHarness.open(2);
  harness.startGate = Promise.withResolvers();
  await harness.worker(1).fail();
  harness[Symbol.dispose]();
  await harness.worker(2).fail();
  await harness.supervisor.terminate();
  harness.startGate.resolve();
  await flushMicrotasks();
  assert.deepEqual(harness.takeEvents(), ["1 is ended", "2 is ended", "3 is up", "3 is ended"]);
});

Deno.test("Supervisor shuts all workers down together, and waits at most 4.5 s for each", async () => {
  using harness = await SupervisorHarness.open(3);
  harness.worker(2).canDrain = false;
  let isDone = false;
  const draining = harness.supervisor.drain().then(() => isDone = true);
  await harness.clock.advance(4_499);
  assert.deepEqual(harness.takeEvents(), ["1 stops", "2 stops", "3 stops"]);
  assert.equal(isDone, false);
  await harness.clock.advance(1);
  await draining;
});

Deno.test("Supervisor reports a worker's last answer when it does not answer now", async () => {
  using harness = await SupervisorHarness.open(2);
  harness.worker(1).deadConnections = 3;
  await harness.supervisor.reports();
  harness.worker(1).isUnresponsive = true;
  const asking = harness.supervisor.reports();
  await harness.clock.advance(2_000);
  assert.deepEqual((await asking).map(({ deadConnections }) => deadConnections), [3, 0]);
});

Deno.test("Supervisor recycles workers with an old certificate one by one, and moves their clients", async () => {
  using harness = await SupervisorHarness.open(2);
  for (const number of [1, 2]) harness.worker(number).isCurrent = false;
  await harness.checkRounds(100);
  assert.deepEqual(harness.takeEvents(), [
    ...["3 is up", "1 moves its clients", "1 is ended"],
    ...["4 is up", "2 moves its clients", "2 is ended"],
  ]);
  assert.deepEqual(harness.ended, ["certificate", "certificate"]);
});

Deno.test("Supervisor recycles no worker for its certificate while memory is short", async () => {
  using harness = await SupervisorHarness.open(2);
  harness.worker(1).isCurrent = false;
  harness.processBytes = 5_001;
  await harness.checkRounds(1);
  assert.deepEqual(harness.takeEvents(), []);
  harness.processBytes = 4_000;
  await harness.checkRounds(1);
  assert.deepEqual(harness.takeEvents(), ["3 is up", "1 moves its clients", "1 is ended"]);
});

Deno.test("Supervisor's recycling for a certificate delays no other", async () => {
  using harness = await SupervisorHarness.open(1);
  harness.worker(1).isCurrent = false;
  await harness.checkRounds(1);
  harness.worker(2).deadConnections = 11;
  await harness.checkRounds(1);
  assert.deepEqual(harness.ended, ["certificate", "dead_sockets"]);
});
