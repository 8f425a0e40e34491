/**
 * A real Redis Cluster of three masters for a test, over loopback, with optional replicas.
 * @module
 */
import { until } from "../provision.ts";
import { type RedisServer, startRedis } from "./server.ts";

const LAST_SLOT = 16_383;
/** How long a master may stay silent: the servers find each other by it, and it determines how soon a failure shows. */
const IMPATIENT_MS = 1_000;
/** The same otherwise. A master that is delayed on a busy machine has not failed. */
const PATIENT_MS = 60_000;

/** A running cluster. Disposing of it ends all its servers. */
export interface RedisClusterServers extends AsyncDisposable {
  /** As REDIS_URL has it. */
  readonly url: string;
  readonly masters: readonly RedisServer[];
  /** Of the first masters, in order. */
  readonly replicas: readonly RedisServer[];
  /** From now on, a master that does not answer is replaced. */
  expectFailure(): Promise<void>;
}

/** Starts a cluster that accepts commands. @param replicas How many of the masters have one. */
export async function startCluster(replicas = 0): Promise<RedisClusterServers> {
  await using started = new AsyncDisposableStack();
  const servers: RedisServer[] = [];
  while (servers.length < 3 + replicas) servers.push(started.use(await startNode()));
  const masters = servers.slice(0, 3);
  for (const [index, server] of masters.entries()) {
    const [first, next] = [index, index + 1].map((it) => Math.floor(it * (LAST_SLOT + 1) / 3));
    await server.command("CLUSTER", "ADDSLOTSRANGE", `${first}`, `${(next ?? 0) - 1}`);
    await server.command("CLUSTER", "SET-CONFIG-EPOCH", String(index + 1));
  }
  for (const { port } of servers.slice(1)) {
    await servers[0]?.command("CLUSTER", "MEET", "127.0.0.1", String(port));
  }
  await untilAllReport(servers, `cluster_known_nodes:${servers.length}\r`);
  for (const [index, replica] of servers.slice(3).entries()) {
    const id = await masters[index]?.command("CLUSTER", "MYID");
    await replica.command("CLUSTER", "REPLICATE", String(id));
    await until("the replica to follow", async () => {
      return /master_link_status:up/.test(String(await replica.command("INFO", "replication")));
    });
  }
  await untilAllReport(servers, "cluster_state:ok");
  await setPatience(servers, PATIENT_MS);
  const held = started.move();
  return {
    url: `redis-cluster://127.0.0.1:${masters[0]?.port},127.0.0.1:${masters[1]?.port}`,
    masters,
    replicas: servers.slice(3),
    expectFailure: () => setPatience(servers, IMPATIENT_MS),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

async function setPatience(servers: readonly RedisServer[], ms: number): Promise<void> {
  for (const server of servers) {
    await server.command("CONFIG", "SET", "cluster-node-timeout", String(ms));
  }
}

/** Starts another server, which the cluster knows and which has no slots. */
export async function joinCluster(node: RedisServer): Promise<RedisServer> {
  const server = await startNode();
  try {
    await server.command("CLUSTER", "MEET", "127.0.0.1", String(node.port));
    await until("the cluster to be known", async () => {
      return String(await server.command("CLUSTER", "INFO")).includes("cluster_state:ok");
    });
    await setPatience([server], PATIENT_MS);
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

function startNode(): Promise<RedisServer> {
  const options = {
    "cluster-node-timeout": String(IMPATIENT_MS),
    // A master would wait 5 s for more replicas before it lets one begin.
    "repl-diskless-sync-delay": "0",
    // When tests share a cluster, its output would be read during a test, which fails because of it.
    loglevel: "warning",
  };
  return startRedis({
    clustered: true,
    args: Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]),
  });
}

async function untilAllReport(servers: readonly RedisServer[], what: string): Promise<void> {
  for (const server of servers) {
    await until(`a server of the cluster to say ${what}`, async () => {
      return String(await server.command("CLUSTER", "INFO")).includes(what);
    });
  }
}
