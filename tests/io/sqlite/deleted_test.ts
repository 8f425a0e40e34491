/** Deleted and replaced texts reach no client that connects later, by any request. */
import assert from "node:assert/strict";
import { TestClient } from "../../support/clients/test_client.ts";
import { startTestService } from "../../support/service.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

/** Sends frames over a new connection; returns all frames up to one of a type, inclusive. */
async function ask(url: string, requests: readonly object[], until: string) {
  await using client = await TestClient.open(`${url}/ws`, { protocols: ["chat.v1.json"] });
  client.send([{ type: "hello" }, ...requests].map((it) => JSON.stringify(it)).join("\n"));
  const frames: Record<string, unknown>[] = [];
  while (frames.at(-1)?.type !== until) {
    const message = String(await client.next());
    for (const line of message.split("\n")) {
      frames.push(JSON.parse(line));
      if (frames.at(-1)?.type === until) break;
    }
  }
  return frames;
}

for (const kind of ["memory", "a folder"] as const) {
  Deno.test(`A deleted or replaced text reaches no client that connects later, stored in ${kind}`, async () => {
    await using folder = new TemporaryFolder();
    const DATA_DIR = kind === "memory" ? ":memory:" : folder.path;
    await using service = await startTestService({ DATA_DIR });
    const room = "lobby";
    const joined = await ask(service.url, [{ type: "join", room }], "joined");
    const [epoch] = String(joined.at(-1)?.top).split(":");
    const at = (seq: number) => `${epoch}:${seq}`;
    await ask(service.url, [
      { type: "join", room },
      { type: "say", room, text: "a secret" },
      { type: "say", room, text: "a slip" },
      { type: "edit", room, of: at(1), text: "another secret" },
      { type: "edit", room, of: at(2), text: "a correction" },
      { type: "delete", room, of: at(1), id: "last" },
    ], "ack");
    const since = at(0);
    const replay = await ask(service.url, [
      { type: "join", room, since },
      { type: "history", room, limit: 50, id: "h" },
    ], "history");
    assert.doesNotMatch(JSON.stringify(replay), /secret|slip/);
    const received = replay.filter(({ type }) => type === "said" || type === "edited");
    assert.deepEqual(received.map(({ type, text, deleted }) => [type, text, deleted]), [
      ["said", "", true],
      ["said", "a correction", undefined],
      ["edited", "", true],
      ["edited", "a correction", undefined],
    ]);
    assert.equal(typeof received[1]?.edited, "number");
    await using plain = await TestClient.open(`${service.url}/ws?name=Bob&since=${since}`);
    const lines = [
      String(await plain.next()),
      String(await plain.next()),
      String(await plain.next()),
    ];
    assert.match(
      lines.join("\n"),
      /^[^\n]*: a correction\n\* .* edited: a correction\n\* .* deleted a message$/,
    );
  });
}
