/**
 * A real Redis Cluster of three masters for a test, over loopback, and replicas where they are asked for.
 * @module
 */
import { until } from "./provision.ts";
import { type RedisServer, startRedis } from "./redis_server.ts";

const LAST_SLOT = 16_383;

/** A cluster that runs. Disposing of it ends all its servers. */
export interface RedisClusterServers extends AsyncDisposable {
  /** As REDIS_URL has it. */
  readonly url: string;
  readonly masters: readonly RedisServer[];
  /** Of the first masters, in their order. */
  readonly replicas: readonly RedisServer[];
}

/** Starts a cluster that takes commands. @param replicas So many of the masters have one. */
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
  await allSay(servers, `cluster_known_nodes:${servers.length}\r`);
  for (const [index, replica] of servers.slice(3).entries()) {
    const id = await masters[index]?.command("CLUSTER", "MYID");
    await replica.command("CLUSTER", "REPLICATE", String(id));
    await until("the replica to follow", async () => {
      return /master_link_status:up/.test(String(await replica.command("INFO", "replication")));
    });
  }
  await allSay(servers, "cluster_state:ok");
  const held = started.move();
  return {
    url: `redis-cluster://127.0.0.1:${masters[0]?.port},127.0.0.1:${masters[1]?.port}`,
    masters,
    replicas: servers.slice(3),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** Starts one more server, which the cluster knows and which has no slots. */
export async function joinCluster(member: RedisServer): Promise<RedisServer> {
  const server = await startNode();
  try {
    await server.command("CLUSTER", "MEET", "127.0.0.1", String(member.port));
    await until("the cluster to be known", async () => {
      return String(await server.command("CLUSTER", "INFO")).includes("cluster_state:ok");
    });
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

function startNode(): Promise<RedisServer> {
  const options = {
    "cluster-enabled": "yes",
    "cluster-node-timeout": "1000",
    // A master would wait 5 s for more replicas before it lets one begin.
    "repl-diskless-sync-delay": "0",
    // Where tests have a cluster in common, what it prints would be read in the midst of a test, which fails for it.
    loglevel: "warning",
  };
  return startRedis({
    args: Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]),
  });
}

async function allSay(servers: readonly RedisServer[], what: string): Promise<void> {
  for (const server of servers) {
    await until(`a server of the cluster to say ${what}`, async () => {
      return String(await server.command("CLUSTER", "INFO")).includes(what);
    });
  }
}
