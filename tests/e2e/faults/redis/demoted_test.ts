/** An instance whose Redis is demoted behind a virtual address, while clients stay connected. */
import assert from "node:assert/strict";
import { FaultProxy } from "../../../support/clients/fault_proxy.ts";
import { TestClient } from "../../../support/clients/test_client.ts";
import { startParley, whenInstanceReady } from "../../../support/parley.ts";
import { until } from "../../../support/provision.ts";
import { startRedis } from "../../../support/redis/server.ts";

Deno.test("Clients stay connected while Redis is demoted, and can send when the address leads to the promoted server", async () => {
  const args = ["--repl-diskless-sync-delay", "0"];
  await using master = await startRedis({ args });
  await using replica = await startRedis({ args });
  await replica.command("REPLICAOF", "127.0.0.1", String(master.port));
  await until("the replica to follow", async () => {
    return /master_link_status:up/.test(String(await replica.command("INFO", "replication")));
  });
  await using address = new FaultProxy(master.port);
  await using parley = await startParley({ REDIS_URL: `redis://${address.host}` });
  await whenInstanceReady(parley.url);
  await using ann = await TestClient.open(`${parley.url}/ws?name=Ann`);
  ann.send("hello");
  let line = String(await ann.next());
  // A busy machine may delay the join.
  while (/^(?:\*|! the room cannot be reached yet)/.test(line)) line = String(await ann.next());
  assert.match(line, /Ann: hello$/);
  await replica.command("REPLICAOF", "NO", "ONE");
  await master.command("REPLICAOF", "127.0.0.1", String(replica.port));
  await parley.printed(/redis\.master_demoted/);
  await until("/readyz to report it", async () => {
    const answer = await fetch(`${parley.url}/readyz`);
    await answer.body?.cancel();
    return answer.status === 503;
  });
  ann.send("into the void");
  assert.match(String(await ann.next()), /^! not sent: /);
  await using bob = await TestClient.open(`${parley.url}/ws?name=Bob`);
  assert.equal(await bob.next(), "! the room cannot be reached yet: waiting to join");
  address.target = replica.port;
  assert.equal(await bob.next(), "* joined lobby");
  await whenInstanceReady(parley.url);
  bob.send("here we are");
  for (const receiver of [ann, bob]) {
    for (let line = ""; !line.endsWith("Bob: here we are");) line = String(await receiver.next());
  }
});
