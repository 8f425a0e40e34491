/**
 * A real Redis with a replica and a sentinel that watches both, for a test.
 * @module
 */
import { until } from "../provision.ts";
import { type RedisServer, startRedis } from "./server.ts";

// When tests share servers, their output would be read during a test, which fails because of it.
const QUIET = ["--loglevel", "warning"];

/** How long a master may stay silent. One that is delayed on a busy machine has not failed. */
const PATIENT_MS = 60_000;
/** The same when a failure is expected. */
const IMPATIENT_MS = 500;

/** Running servers. Disposing of them ends them. */
export interface RedisSentinelServers extends AsyncDisposable {
  /** As REDIS_URL has it. */
  readonly url: string;
  /** The initial master. */
  readonly master: RedisServer;
  /** The initial replica. */
  readonly replica: RedisServer;
  readonly sentinel: RedisServer;
  /** From now on, a server that does not answer is replaced. */
  expectFailure(): Promise<void>;
}

/** Starts them, ready for a failover. */
export async function startSentinel(): Promise<RedisSentinelServers> {
  await using started = new AsyncDisposableStack();
  // A master would wait 5 s for more replicas before it lets one begin.
  const master = started.use(
    await startRedis({ args: [...QUIET, "--repl-diskless-sync-delay", "0"] }),
  );
  const replica = started.use(
    await startRedis({ args: [...QUIET, "--replicaof", `127.0.0.1 ${master.port}`] }),
  );
  // Before the sentinel checks, since it checks again only after 10 s.
  await until("the replica to be in step", async () => {
    return /master_link_status:up/.test(String(await replica.command("INFO", "replication")));
  });
  const watched = [
    `monitor chat 127.0.0.1 ${master.port} 1`,
    `down-after-milliseconds chat ${PATIENT_MS}`,
    "failover-timeout chat 2000",
  ];
  const sentinel = started.use(
    await startRedis({
      sentinel: ["loglevel warning", ...watched.map((line) => `sentinel ${line}`)],
    }),
  );
  await until("the sentinel to know a replica that is in step", async () => {
    const replicas = JSON.stringify(await sentinel.command("SENTINEL", "REPLICAS", "chat"));
    return /"master-link-status","ok"/.test(replicas) && /"flags","slave"/.test(replicas);
  });
  const url = `redis-sentinel://127.0.0.1:${sentinel.port}/chat`;
  const held = started.move();
  return {
    ...{ url, master, replica, sentinel },
    async expectFailure() {
      const setting = ["down-after-milliseconds", String(IMPATIENT_MS)];
      await sentinel.command("SENTINEL", "SET", "chat", ...setting);
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
