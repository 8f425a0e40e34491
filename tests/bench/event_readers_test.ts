import assert from "node:assert/strict";
import { EventReaders } from "../../bench/fanout/load/event_readers.ts";
import { until } from "../support/provision.ts";

/** Serves these parts to each connection, and then nothing more until it is disposed. */
function serve(parts: readonly string[]): Disposable & { readonly port: number } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections: Deno.Conn[] = [];
  const serveAll = async () => {
    for await (const connection of listener) {
      connections.push(connection);
      await connection.read(new Uint8Array(1024));
      for (const part of parts) await connection.write(new TextEncoder().encode(part));
    }
  };
  void serveAll();
  return {
    port: listener.addr.port,
    [Symbol.dispose]() {
      listener.close();
      for (const connection of connections) connection.close();
    },
  };
}

const HEAD = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";

Deno.test("EventReaders count entries, also in parts, and those that are lost or doubled", async () => {
  const entry = (seq: number) => `id: k3j9f2:${seq}\nevent: said\ndata: {"text":"id: x:1"}\n\n`;
  const cut = entry(2);
  const parts = [HEAD, `: \n\n${entry(1)}`, cut.slice(0, 9), cut.slice(9), entry(2), entry(5)];
  using server = serve(parts);
  await using readers = await EventReaders.connect(server.port, "/events", 3);
  await until("all entries are counted", () => Promise.resolve(readers.counts.arrived === 12));
  assert.deepEqual(readers.counts, { arrived: 12, lost: 6, doubled: 3 });
});

Deno.test("EventReaders reject if the server refuses, and report a stream that has ended", async () => {
  using refusing = serve(["HTTP/1.1 429 Too Many Requests\r\n\r\n"]);
  await assert.rejects(EventReaders.connect(refusing.port, "/events", 1), /No stream of events/);
  const server = serve([HEAD]);
  await using readers = await EventReaders.connect(server.port, "/events", 1);
  server[Symbol.dispose]();
  await assert.rejects(
    until("the stream has ended", () => Promise.resolve(readers.counts.arrived > 0)),
    /The server has ended a stream of events/,
  );
});
