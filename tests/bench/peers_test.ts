/** How the benchmark starts the service. */
import assert from "node:assert/strict";
import { startArguments } from "../../bench/fanout/peers/peers.ts";

Deno.test("startArguments() has every flag of the start task and nothing that a shell would expand", async () => {
  const args = await startArguments();
  assert.ok(args.includes("main.ts") && args.includes("--no-prompt"), args.join(" "));
  assert.deepEqual(args.filter((it) => /[$()]/.test(it)), []);
});
