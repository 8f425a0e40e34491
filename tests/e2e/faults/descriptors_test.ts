/** A service that has run out of file descriptors. */
import assert from "node:assert/strict";
import { TestClient } from "../../support/clients/test_client.ts";
import { addressesFrom, runArguments, spawn } from "../../support/parley.ts";
import { until } from "../../support/provision.ts";

/** Of file descriptors. */
const LIMIT = 64;

Deno.test("A service out of file descriptors keeps its connections, and accepts new ones when descriptors are free again", async () => {
  const limited = ["-c", `ulimit -n ${LIMIT}; exec "$0" "$@"`, Deno.execPath(), ...runArguments()];
  await using parley = spawn("/bin/sh", limited, {});
  const { url, port } = await addressesFrom(parley, {});
  await using early = await TestClient.open(`${url}/s`);
  using connections = new DisposableStack();
  for (let i = 0; i < 2 * LIMIT; i++) {
    // Once the listener is lost, connections are reset.
    connections.use(await Deno.connect({ port }).catch(() => null));
  }
  await until("the service to run out of descriptors", () => {
    const descriptors = [...Deno.readDirSync(`/proc/${parley.pid}/fd`)].length;
    return Promise.resolve(descriptors >= LIMIT - 1);
  });
  early.send("still here");
  assert.equal(await early.next(), "still here");
  connections.dispose();
  await parley.printed(/listener\.lost/);
  await until("the listener to accept again", async () => {
    const late = await TestClient.open(`${url}/s`).catch(() => undefined);
    late?.send("back");
    const echoed = await late?.next();
    await late?.[Symbol.asyncDispose]();
    return echoed === "back";
  });
});
