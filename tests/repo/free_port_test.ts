import assert from "node:assert/strict";
import { freePort } from "../support/provision.ts";

const BESIDE = 10_000;

Deno.test("freePort() chooses no port twice, leaves those of other lanes alone, and none is assigned to a client", () => {
  const ports = Array.from({ length: 60 }, (_, index) => freePort(index % 2 * BESIDE));
  assert.equal(new Set(ports).size, ports.length);
  const lanes = ports.flatMap((port, index) => [port % 16, (port + index % 2 * BESIDE) % 16]);
  assert.equal(new Set(lanes).size, 1);
  assert.ok(ports.every((port, index) => port + index % 2 * BESIDE < 32_768));
});
