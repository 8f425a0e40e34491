/** Tests that run through a proxy would also pass if it injected no fault. */
import assert from "node:assert/strict";
import { FaultProxy } from "./fault_proxy.ts";

/** Sends chunks one by one to a server that returns them, and resolves to what came back before the connection ended. */
async function exchange(port: number, chunks: readonly string[]): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const buffer = new Uint8Array(64);
  let received = "";
  for (const chunk of chunks) {
    await connection.write(new TextEncoder().encode(chunk));
    // A connection that was reset has ended, like one that was closed.
    const count = await connection.read(buffer).catch(() => null);
    if (count === null) break;
    received += new TextDecoder().decode(buffer.subarray(0, count));
  }
  return received;
}

/** A proxy in front of a server that returns what it receives. */
function open() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    for await (const { readable, writable } of listener) readable.pipeTo(writable).catch(() => {});
  })();
  const proxy = new FaultProxy(listener.addr.port);
  return {
    proxy,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      listener.close();
      await serving;
    },
  };
}

for (
  const [direction, bytes, received, forwarded] of [
    ["up", 0, "", { up: 0, down: 0 }],
    ["up", 6, "abcd", { up: 6, down: 4 }],
    ["down", 0, "", { up: 4, down: 0 }],
    ["down", 6, "abcdef", { up: 8, down: 6 }],
  ] as const
) {
  Deno.test(`FaultProxy cuts a connection once, after exactly ${bytes} bytes ${direction}`, async () => {
    await using opened = open();
    const { proxy } = opened;
    proxy.cutAfter({ direction, bytes });
    assert.equal(await exchange(proxy.port, ["abcd", "efgh", "ijkl"]), received);
    assert.deepEqual({ ...proxy.forwarded }, forwarded);
    assert.equal(await exchange(proxy.port, ["abcd", "efgh"]), "abcdefgh");
  });
}

for (const loss of ["request", "reply"] as const) {
  Deno.test(`FaultProxy cuts a connection and loses the ${loss} when a client sends a text`, async () => {
    await using opened = open();
    const { proxy } = opened;
    proxy.cutOn("ef", loss, 1);
    assert.equal(await exchange(proxy.port, ["abcd", "efgh", "ijkl"]), "abcd");
    assert.deepEqual({ ...proxy.forwarded }, { up: loss === "request" ? 4 : 8, down: 4 });
    assert.equal(await exchange(proxy.port, ["abcd", "efgh"]), "abcdefgh");
  });
}
