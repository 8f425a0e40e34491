import assert from "node:assert/strict";
import { parseConfig } from "../../../lib/core/config/config.ts";
import { shouldChangeEngine } from "../../../lib/core/config/engine_advice.ts";

for (
  const [env, expected] of [
    [{}, false],
    [{ HOST: "localhost" }, false],
    [{ HOST: "::1" }, false],
    [{ HOST: "0.0.0.0" }, true],
    [{ HOST: "chat.example" }, true],
    [{ PUBLIC_URL: "https://chat.example" }, true],
    [{ PUBLIC_URL: "http://localhost:8080" }, false],
    [{ PUBLIC_URL: "http://[::1]:8080" }, false],
    [{ PUBLIC_URL: "http://127.0.0.1:8080", HOST: "0.0.0.0" }, true],
    [{ TRUST_PROXY: "127.0.0.1" }, true],
    [{ HOST: "0.0.0.0", WEBSOCKET_ENGINE: "node" }, false],
  ] as const
) {
  Deno.test(`shouldChangeEngine() is ${expected} with ${JSON.stringify(env)}`, () => {
    const read = parseConfig((name) => (env as Readonly<Record<string, string>>)[name]);
    assert.ok(read.kind === "good");
    assert.equal(shouldChangeEngine(read.config), expected);
  });
}
