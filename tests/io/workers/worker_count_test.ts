import assert from "node:assert/strict";
import { defaultWorkerCount } from "../../../lib/core/health/worker_health.ts";
import { workerCount } from "../../../lib/io/workers/worker_count.ts";

/** A variable that is set until the test is over. */
function setting(name: string, value: string): Disposable {
  const before = Deno.env.get(name);
  Deno.env.set(name, value);
  const undo = () => before === undefined ? Deno.env.delete(name) : Deno.env.set(name, before);
  return { [Symbol.dispose]: undo };
}

Deno.test("workerCount() returns the setting on any host", () => {
  using _host = setting("DENO_DEPLOYMENT_ID", "abc");
  assert.deepEqual([0, 1, 5].map((workers) => workerCount({ workers })), [0, 1, 5]);
});

Deno.test("workerCount() without a setting depends on this machine's cores", () => {
  const usual = defaultWorkerCount(Deno.build.os, navigator.hardwareConcurrency);
  assert.equal(workerCount({ workers: null }), usual);
});

for (const name of ["DENO_DEPLOY", "DENO_DEPLOYMENT_ID", "DENO_SERVE_ADDRESS"]) {
  Deno.test(`workerCount() without a setting is 0 when a host has set ${name}`, () => {
    using _host = setting(name, "tcp:127.0.0.1:80");
    assert.equal(workerCount({ workers: null }), 0);
  });
}
