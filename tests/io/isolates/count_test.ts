import assert from "node:assert/strict";
import { usualIsolates } from "../../../lib/core/supervision.ts";
import { isolateCount } from "../../../lib/io/isolates/count.ts";

/** A variable that is set until the test is over. */
function setting(name: string, value: string): Disposable {
  const before = Deno.env.get(name);
  Deno.env.set(name, value);
  const undo = () => before === undefined ? Deno.env.delete(name) : Deno.env.set(name, before);
  return { [Symbol.dispose]: undo };
}

Deno.test("isolateCount() is what is set, wherever the service runs", () => {
  using _host = setting("DENO_DEPLOYMENT_ID", "abc");
  assert.deepEqual([0, 1, 5].map((workers) => isolateCount({ workers })), [0, 1, 5]);
});

Deno.test("isolateCount() unset is what this machine has cores for", () => {
  const usual = usualIsolates(Deno.build.os, navigator.hardwareConcurrency);
  assert.equal(isolateCount({ workers: null }), usual);
});

for (const name of ["DENO_DEPLOY", "DENO_DEPLOYMENT_ID", "DENO_SERVE_ADDRESS"]) {
  Deno.test(`isolateCount() unset is 0 where a host has set ${name}`, () => {
    using _host = setting(name, "tcp:127.0.0.1:80");
    assert.equal(isolateCount({ workers: null }), 0);
  });
}
