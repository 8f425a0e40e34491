/** The heartbeat: what one beat costs, and a look at one connection. */
import { Heartbeat, type Peer } from "../lib/chat/heartbeat.ts";
import { systemClock } from "../lib/chat/clock.ts";
import { pulse, pulsePolicy, type Vitals } from "../lib/core/pulse.ts";

const PEERS = 10_000;
const policy = pulsePolicy({ pingMs: 25_000, maxBufferedBytes: 1024 * 1024 });
const idle: Vitals = { state: "open", backlog: 0, movedAt: 0, heardAt: 0, answers: false };

let beat = () => {};
const clock = { ...systemClock, sleep: () => new Promise<void>((resolve) => beat = resolve) };
const heartbeat = new Heartbeat(clock, policy);
const peer: Peer = { vitals: () => ({ ...idle }), ask() {}, park() {}, close() {}, charge() {} };
for (let i = 0; i < PEERS; i++) heartbeat.watch({ ...peer });
heartbeat.run(new AbortController().signal);

Deno.bench("pulse(): an idle connection", { group: "wheel", baseline: true }, () => {
  pulse(idle, policy, 10_000);
});
Deno.bench("Heartbeat.run(): one beat of 20, beside 10,000 idle", { group: "wheel" }, async () => {
  beat();
  await Promise.resolve();
});
Deno.bench("Heartbeat.watch() and forget(), beside 10,000", { group: "wheel" }, () => {
  const somebody = { ...peer };
  heartbeat.watch(somebody);
  heartbeat.forget(somebody);
});
Deno.bench("Heartbeat.census() of 10,000", { group: "census" }, () => {
  heartbeat.census();
});
