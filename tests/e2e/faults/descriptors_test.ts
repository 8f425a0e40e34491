/** A service that has run out of file descriptors. */
import assert from "node:assert/strict";
import { TestClient } from "../../support/clients/test_client.ts";
import { addressesFrom, runArguments, spawn } from "../../support/parley.ts";
import { until } from "../../support/provision.ts";

Deno.test("A service out of file descriptors keeps its connections, and accepts new ones when descriptors are free again", async () => {
  const limited = ["-c", 'ulimit -n 64; exec "$0" "$@"', Deno.execPath(), ...runArguments()];
  await using parley = spawn("/bin/sh", limited, {});
  const { url } = await addressesFrom(parley, {});
  await using held = new AsyncDisposableStack();
  const early = held.use(await TestClient.open(`${url}/s`));
  const clients = await fill(`${url}/s`);
  await parley.printed(/listener\.lost/);
  early.send("still here");
  assert.equal(await early.next(), "still here");
  for (const client of clients) await client[Symbol.asyncDispose]();
  await until("the listener to accept again", async () => {
    const late = await TestClient.open(`${url}/s`).catch(() => undefined);
    late?.send("back");
    const echoed = await late?.next();
    await late?.[Symbol.asyncDispose]();
    return echoed === "back";
  });
});

/** Opens connections until the service accepts no more. */
async function fill(url: string): Promise<TestClient[]> {
  const clients: TestClient[] = [];
  for (;;) {
    const client = await TestClient.open(url).catch(() => undefined);
    if (client === undefined) return clients;
    clients.push(client);
  }
}
