import assert from "node:assert/strict";
import { TestClient } from "../../support/clients/test_client.ts";
import {
  closeCode,
  encodeFrame,
  handshake,
  OPCODE,
  RawSocket,
  sendRequest,
} from "../../support/clients/raw_socket.ts";
import { startTestService } from "../../support/service.ts";

Deno.test("/s sends text and binary back unchanged, up to MAX_MESSAGE_BYTES", async () => {
  await using service = await startTestService();
  await using client = await TestClient.open(`${service.url}/s`);
  const texts = ["", "a", "网友 😀\n\0", "x".repeat(65_535), "网".repeat(21_845)];
  const bytes = [new Uint8Array(), new Uint8Array([0, 255]), new Uint8Array(65_535).fill(7)];
  for (const message of [...texts, ...bytes]) {
    client.send(message);
    assert.deepEqual(await client.next(), message);
  }
});

for (
  const [what, message] of [
    ["a text of one byte more", "x".repeat(65_536)],
    ["a text with fewer characters but more bytes", "网".repeat(21_846)],
    ["binary data of one byte more", new Uint8Array(65_536)],
    ["a far larger message", new Uint8Array(8 * 1024 * 1024)],
  ] as const
) {
  Deno.test(`/s answers ${what} than allowed with 1009`, async () => {
    await using service = await startTestService();
    await using client = await TestClient.open(`${service.url}/s`);
    client.send(message);
    assert.equal((await client.closed).code, 1009);
  });
}

Deno.test("/s really sends the close frame 1009, even during a burst", async () => {
  await using service = await startTestService({ MAX_MESSAGE_BYTES: "100" });
  using peer = await RawSocket.open(service.port, "/s");
  const frame = encodeFrame(OPCODE.text, new Uint8Array(101).fill(120));
  const burst = new Uint8Array(frame.length * 500);
  for (let i = 0; i < 500; i++) burst.set(frame, i * frame.length);
  await peer.write(burst);
  assert.equal(closeCode(await peer.next()), 1009);
});

Deno.test("/s reassembles fragments", async () => {
  await using service = await startTestService();
  using peer = await RawSocket.open(service.port, "/s");
  await peer.send(OPCODE.text, "to", false);
  await peer.send(OPCODE.ping, "in between");
  await peer.send(OPCODE.continuation, "geth", false);
  await peer.send(OPCODE.continuation, "er", true);
  assert.equal((await peer.next())?.opcode, OPCODE.pong);
  assert.equal(await peer.nextText(), "together");
});

Deno.test("/s puts the prefix of its URL before each text", async () => {
  await using service = await startTestService();
  await using client = await TestClient.open(
    `${service.url}/s?prefix=${encodeURIComponent("回: ")}`,
  );
  client.send("hi");
  assert.equal(await client.next(), "回: hi");
});

for (const code of [1000, 1001, 3000, 4999]) {
  Deno.test(`/s answers a close of ${code} with the same code`, async () => {
    await using service = await startTestService();
    using peer = await RawSocket.open(service.port, "/s");
    await peer.send(OPCODE.close, new Uint8Array([code >> 8, code & 0xff]));
    assert.equal(closeCode(await peer.next()), code);
  });
}

Deno.test("/s closes a connection that sends invalid UTF-8, and no other", async () => {
  await using service = await startTestService();
  await using bystander = await TestClient.open(`${service.url}/s`);
  using peer = await RawSocket.open(service.port, "/s");
  await peer.send(OPCODE.text, new Uint8Array([0xff, 0xfe]));
  for (let frame = await peer.next(); frame?.opcode === OPCODE.text; frame = await peer.next());
  bystander.send("still here");
  assert.equal(await bystander.next(), "still here");
});

Deno.test("/s warns a client that floods it and then closes with 1008", async () => {
  await using service = await startTestService({ MESSAGES_PER_SECOND: "1" });
  await using client = await TestClient.open(`${service.url}/s`);
  for (let i = 0; i < 20; i++) client.send("x");
  assert.deepEqual(await client.take(4), ["x", "x", "x", "! slow down"]);
  assert.equal((await client.closed).code, 1008);
});

Deno.test("ECHO=off answers 404 on /s, on an upgrade of / and for the echo page, without effect on the chat", async () => {
  await using service = await startTestService({ ECHO: "off" });
  for (const path of ["/s", "/s/", "/", "/echo.html", "/echo.js", "/websocket.html"]) {
    assert.equal(
      (await sendRequest(service.port, handshake(service.port, path))).status,
      404,
      path,
    );
  }
  const page = await fetch(service.url);
  assert.equal(page.status, 200);
  await page.body?.cancel();
  assert.equal((await sendRequest(service.port, handshake(service.port, "/ws"))).status, 101);
});
