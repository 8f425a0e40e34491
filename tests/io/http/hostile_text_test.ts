/**
 * Texts that once blocked the whole service: each is refused in its own way, and the connection or the next request
 * continues. tests/entrances checks that the time grows only linearly with the length.
 * @module
 */
import assert from "node:assert/strict";
import { ENGINE } from "../../support/engine.ts";
import { handshake, sendRequest } from "../../support/clients/raw_socket.ts";
import { startTestService } from "../../support/service.ts";

const MARKS = `x${"\u0301\u0323".repeat(50_000)}`;
const BLANKS = `x${" ".repeat(60_000)}x`;

for (
  const [what, path, headers, status] of [
    ["60,000 blanks in Upgrade", "/ws", { Upgrade: BLANKS }, 426],
    ["60,000 blanks in Connection", "/s", { Connection: BLANKS }, 426],
    ["60,000 blanks in Sec-WebSocket-Version", "/ws", { "Sec-WebSocket-Version": BLANKS }, 426],
    ["60,000 blanks in Sec-WebSocket-Key", "/ws", { "Sec-WebSocket-Key": BLANKS }, 400],
    ["60,000 characters of Origin", "/ws", { Origin: `http://${"a.".repeat(30_000)}` }, 403],
    ["60,000 ampersands in a URL", `/ws?${"&".repeat(60_000)}%`, {}, 414],
    ["a name of 10,000 marks in a URL", `/ws?name=x${"%CC%81%CC%A3".repeat(5_000)}`, {}, 414],
    ["60,000 characters of a path", `/${"%ff".repeat(20_000)}`, {}, 414],
  ] as const
) {
  Deno.test(`The service answers ${what} with ${ENGINE === "node" ? 431 : status}`, async () => {
    await using service = await startTestService();
    const answer = await sendRequest(service.port, handshake(service.port, path, headers));
    // Node reads no head of more than 16 KB.
    assert.equal(answer.status, ENGINE === "node" ? 431 : status);
    assert.ok(answer.body.length < 300, String(answer.body.length));
  });
}

/** The response to each message, in order. */
async function answers(
  url: string,
  protocols: readonly string[],
  messages: readonly string[],
): Promise<readonly string[]> {
  const socket = new WebSocket(url.replace("http", "ws"), [...protocols]);
  const closed = new Promise((resolve) =>
    socket.addEventListener("close", resolve, { once: true })
  );
  await new Promise((resolve) => socket.addEventListener("open", resolve, { once: true }));
  const received: string[] = [];
  for (const message of messages) {
    const next = new Promise<string>((resolve) =>
      socket.addEventListener("message", ({ data }) => resolve(String(data)), { once: true })
    );
    socket.send(message);
    received.push(await next);
  }
  socket.close();
  await closed;
  return received;
}

Deno.test("The service answers 100,000 marks as a name with bad_name, and continues", async () => {
  await using service = await startTestService();
  const frames = [
    { type: "hello", id: "1", name: MARKS },
    { type: "hello", id: "2" },
    { type: "name", id: "3", name: MARKS },
    { type: "ping", id: "4" },
  ].map((frame) => JSON.stringify(frame));
  const received = await answers(`${service.url}/ws`, ["chat.v1.json"], frames);
  const kinds = received.map((it) => JSON.parse(it.split("\n")[0] ?? "")).map((it) =>
    it.code ?? it.type
  );
  assert.deepEqual(kinds, ["bad_name", "hello", "bad_name", "pong"]);
});

Deno.test("The service answers 20,000 marks as a name in plain text with a fault, and continues", async () => {
  await using service = await startTestService();
  const lines = [`/name x${"\u0301".repeat(20_000)}`, `/name x${"\u0301".repeat(200)}`, "/whoami"];
  const received = await answers(`${service.url}/ws?name=Ann`, [], lines);
  assert.match(received[0] ?? "", /^! the command is too long/);
  assert.match(received[1] ?? "", /^! a name has 1 to 32 characters/);
  assert.equal(received[2], "* Ann in lobby");
});
