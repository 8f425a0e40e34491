/** Which releases of Deno each engine runs on. */
import assert from "node:assert/strict";
import { loadEngine } from "../../../lib/io/serving/load_engine.ts";

for (const release of ["2.5.0", "2.6.8", "1.46.3"]) {
  Deno.test(`With Deno ${release}, the engine node is refused with what to do`, async () => {
    await assert.rejects(loadEngine("node", release), {
      message:
        `Cannot use WEBSOCKET_ENGINE=node with Deno ${release}, which accepts no connections then: ` +
        "use Deno 2.7 or later, or WEBSOCKET_ENGINE=deno",
    });
    await loadEngine("deno", release);
  });
}

for (const release of ["2.7.0", "2.7.14", "2.10.1", "3.0.0"]) {
  Deno.test(`With Deno ${release}, both engines are loaded`, async () => {
    await loadEngine("node", release);
    await loadEngine("deno", release);
  });
}
