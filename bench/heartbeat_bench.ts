/** The heartbeat: what one beat costs, and a look at one connection. */
import { Heartbeat, type Peer } from "../lib/chat/heartbeat.ts";
import { systemClock } from "../lib/chat/ports/clock.ts";
import {
  checkConnection,
  healthPolicy,
  type Vitals,
} from "../lib/core/health/connection_health.ts";

const PEERS = 10_000;
const policy = healthPolicy({ pingMs: 25_000, maxBufferedBytes: 1024 * 1024 });
const idle: Vitals = { backlog: 0, progressAt: 0, receivedAt: 0, canPing: false };

let beat = () => {};
const clock = { ...systemClock, sleep: () => new Promise<void>((resolve) => beat = resolve) };
const heartbeat = new Heartbeat(clock, policy);
const peer: Peer = {
  vitals: () => ({ ...idle }),
  status: () => "open",
  bufferedBytes: () => 0,
  ping() {},
  drop() {},
  close() {},
  charge() {},
};
for (let i = 0; i < PEERS; i++) heartbeat.watch({ ...peer });
heartbeat.run(new AbortController().signal);

Deno.bench("checkConnection(): an idle connection", { group: "wheel", baseline: true }, () => {
  checkConnection(idle, policy, 10_000);
});
Deno.bench("Heartbeat.run(): one beat of 20, beside 10,000 idle", { group: "wheel" }, async () => {
  beat();
  await Promise.resolve();
});
Deno.bench("Heartbeat.watch() and unwatch(), beside 10,000", { group: "wheel" }, () => {
  const connection = { ...peer };
  heartbeat.watch(connection);
  heartbeat.unwatch(connection);
});
Deno.bench("Heartbeat.connectionCounts() of 10,000", { group: "counts" }, () => {
  heartbeat.connectionCounts(["open"]);
});
