/** What hosting platforms such as Deno Deploy change about the settings. */
import assert from "node:assert/strict";
import { parseConfig } from "../../../lib/core/config/config.ts";
import { hostedConfig } from "../../../lib/io/app/service.ts";

function hosted(settings: Readonly<Record<string, string>>) {
  const read = parseConfig((name) => settings[name]);
  assert.ok(read.kind === "good");
  return hostedConfig(read.config);
}

Deno.test("A stop leaves the service two of the five seconds that Deno Deploy grants", () => {
  assert.equal(hosted({}).drainSeconds, 3);
  assert.equal(hosted({ DRAIN_SECONDS: "60" }).drainSeconds, 3);
  assert.equal(hosted({ DRAIN_SECONDS: "1" }).drainSeconds, 1);
});

Deno.test("Without ALLOWED_HOSTS, a hosted service checks no host names, and it has no admin listener", () => {
  const settings = { ADMIN_PORT: "9090" };
  assert.deepEqual([hosted(settings).allowedHosts, hosted(settings).adminPort], ["*", "off"]);
  assert.deepEqual(hosted({ ALLOWED_HOSTS: "chat.example" }).allowedHosts, ["chat.example"]);
});
