import assert from "node:assert/strict";
import { REQUIRED_ACTION } from "../../../lib/core/protocol/request_rights.ts";
import { REQUESTS } from "../../../lib/core/protocol/requests.ts";

Deno.test("Every request that names a room needs an action, except leave", () => {
  const named = Object.entries(REQUESTS)
    .filter(([, schema]) => "room" in schema.pipe[0].entries)
    .map(([type]) => type);
  const needing = Object.keys(REQUIRED_ACTION);
  assert.deepEqual(named.filter((type) => type !== "leave").sort(), needing.sort());
});
