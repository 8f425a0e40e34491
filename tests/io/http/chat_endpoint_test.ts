import assert from "node:assert/strict";
import { PING_TIMEOUT } from "../../../lib/core/protocol/close_codes.ts";
import { ENGINE } from "../../support/engine.ts";
import { TestClient } from "../../support/clients/test_client.ts";
import { closeCode, OPCODE, RawSocket } from "../../support/clients/raw_socket.ts";
import { startTestService } from "../../support/service.ts";

Deno.test("/ws gives a guest a name of two digits and delivers each text to all members", async () => {
  await using service = await startTestService({ GUEST_NAME: "网友" });
  await using one = await TestClient.open(`${service.url}/ws`);
  await using two = await TestClient.open(`${service.url}/ws/`);
  one.send("你好");
  const line = await one.next();
  assert.match(String(line), /^网友[1-9]\d: 你好$/);
  assert.equal(await two.next(), line);
});

for (
  const [language, word] of [
    [undefined, "Guest"],
    ["en-GB,en;q=0.9,zh;q=0.8", "Guest"],
    ["zh-CN,zh;q=0.9,en;q=0.8", "网友"],
    ["ZH", "网友"],
    ["zhx", "Guest"],
  ] as const
) {
  Deno.test(`/ws names a guest ${word} whose handshake has Accept-Language ${language}`, async () => {
    await using service = await startTestService();
    const headers = language && { "accept-language": language };
    await using client = await TestClient.open(`${service.url}/ws`, headers && { headers });
    client.send("hi");
    assert.match(String(await client.next()), new RegExp(`^${word}[1-9]\\d: hi$`));
  });
}

for (
  const [language, accepted, word] of [
    ["zh-Hans-CN", "en", "网友"],
    ["en", "zh", "Guest"],
    [undefined, "zh", "网友"],
    ["de", undefined, "Guest"],
  ] as const
) {
  Deno.test(`A hello in ${language} after a handshake in ${accepted} names a guest ${word}`, async () => {
    await using service = await startTestService();
    await using client = await TestClient.open(`${service.url}/ws`, {
      ...(accepted && { headers: { "accept-language": accepted } }),
      protocols: ["chat.v1.json"],
    });
    client.send(JSON.stringify({ type: "hello", language }));
    const { you } = JSON.parse(String(await client.next()));
    assert.match(you.name, new RegExp(`^${word}[1-9]\\d$`));
  });
}

Deno.test("/ws names guests by GUEST_NAME", async () => {
  await using service = await startTestService({ GUEST_NAME: "guest" });
  await using client = await TestClient.open(`${service.url}/ws`);
  client.send("hi");
  assert.match(String(await client.next()), /^guest[1-9]\d: hi$/);
});

Deno.test("/ws delivers messages to all members in the same order", async () => {
  await using service = await startTestService({ MESSAGES_PER_SECOND: "0", BYTES_PER_SECOND: "0" });
  await using held = new AsyncDisposableStack();
  const names = ["Ann", "Bob", "Cid"];
  const clients = await Promise.all(
    names.map(async (name) => held.use(await TestClient.open(`${service.url}/ws?name=${name}`))),
  );
  for (let i = 0; i < 100; i++) for (const client of clients) client.send(String(i));
  const [first, ...others] = await Promise.all(clients.map((client) => client.take(300)));
  for (const other of others) assert.deepEqual(other, first);
  for (const name of names) {
    const mine = first?.filter((line) => String(line).startsWith(name));
    assert.deepEqual(mine, Array.from({ length: 100 }, (_, i) => `${name}: ${i}`));
  }
});

Deno.test("/ws reports a taken name and closes with 4501, and grants the name once it is free", async () => {
  await using service = await startTestService();
  const ann = await TestClient.open(`${service.url}/ws?name=Ann`);
  {
    await using again = await TestClient.open(`${service.url}/ws?name=Ann`);
    assert.equal(await again.next(), "! the name Ann is taken");
    assert.deepEqual(await again.closed, { code: 4501, reason: "name taken" });
  }
  await using _elsewhere = await TestClient.open(`${service.url}/ws?name=Ann&room=attic`);
  await ann[Symbol.asyncDispose]();
  await using bob = await TestClient.open(`${service.url}/ws?name=Bob`);
  bob.send("Ann is gone");
  assert.equal(await bob.next(), "Bob: Ann is gone");
});

for (
  const [query, code] of [
    ["name=" + encodeURIComponent("a: b"), 4502],
    ["name=*", 4502],
    ["name=%E2%80%AE", 4502],
    ["name=", 4502],
    ["room=no%20space", 4503],
    ["room=", 4503],
  ] as const
) {
  Deno.test(`/ws?${query} is refused with a reason and closed with ${code}`, async () => {
    await using service = await startTestService();
    await using client = await TestClient.open(`${service.url}/ws?${query}`);
    assert.match(String(await client.next()), /^! a (name|room) has /);
    assert.equal((await client.closed).code, code);
  });
}

Deno.test("/ws lets no text forge a line", async () => {
  await using service = await startTestService();
  await using ann = await TestClient.open(`${service.url}/ws?name=Ann`);
  for (const end of ["\n", "\r\n", "\r", "\u2028", "\u0085", "\v"]) {
    ann.send(`hi${end}Bob: I owe you${end}! the server says so`);
    assert.equal(await ann.next(), "Ann: hi\n  Bob: I owe you\n  ! the server says so");
  }
});

Deno.test("/ws closes with 1003 on binary and with 1009 on a message that is too large, without affecting other connections", async () => {
  await using service = await startTestService();
  await using bystander = await TestClient.open(`${service.url}/ws?name=Bob`);
  for (
    const [message, code] of [[new Uint8Array([1]), 1003], ["x".repeat(65_536), 1009]] as const
  ) {
    await using client = await TestClient.open(`${service.url}/ws`);
    client.send(message);
    assert.equal((await client.closed).code, code);
  }
  bystander.send("still here");
  assert.equal(await bystander.next(), "Bob: still here");
});

Deno.test("/ws does not publish an empty text", async () => {
  await using service = await startTestService();
  await using ann = await TestClient.open(`${service.url}/ws?name=Ann`);
  ann.send("");
  ann.send("something");
  assert.equal(await ann.next(), "Ann: something");
});

Deno.test("/ws sends WebSocket pings to a silent connection, and no text", async () => {
  await using service = await startTestService({ PING_SECONDS: "1" });
  using peer = await RawSocket.open(service.port, "/ws");
  assert.equal((await peer.next())?.opcode, OPCODE.ping);
});

Deno.test("/ws closes a connection that answers no ping, and keeps one that does", async () => {
  await using service = await startTestService({ PING_SECONDS: "1" });
  await using healthy = await TestClient.open(`${service.url}/ws?name=Bob`);
  using mute = await RawSocket.open(service.port, "/ws?name=Ann");
  for (let frame = await mute.next(); frame !== undefined; frame = await mute.next()) {
    assert.notEqual(frame.opcode, OPCODE.text);
    if (frame.opcode === OPCODE.close) {
      assert.equal(closeCode(frame), ENGINE === "node" ? PING_TIMEOUT.code : 1001);
    }
  }
  healthy.send("still here");
  assert.equal(await healthy.next(), "Bob: still here");
  assert.equal((await service.connectionCounts()).open, 1);
});

const IN_JSON = { protocols: ["chat.v1.json"] };

/** The received frames that were not taken yet, one by one. */
function framesOf({ unread }: TestClient): string[] {
  return unread.flatMap((message) => String(message).split("\n"));
}

for (const workers of ["0", "2"]) {
  Deno.test(`A stopping service with WORKERS=${workers} sends retry advice only in JSON, right before 1012`, async () => {
    const service = await startTestService({ WORKERS: workers });
    const json = await Promise.all(
      Array.from({ length: 6 }, () => TestClient.open(`${service.url}/ws`, IN_JSON)),
    );
    await using text = await TestClient.open(`${service.url}/ws`);
    await using echo = await TestClient.open(`${service.url}/s`);
    for (const client of json) {
      client.send('{"type":"hello"}');
      assert.match(String(await client.next()), /"type":"hello"/);
    }
    await service.stop();
    for (const client of json) {
      assert.equal((await client.closed).code, 1012);
      // A worker may have learned the secret only after the hello, and have sent a token before.
      assert.match(framesOf(client).at(-1) ?? "", /^\{"type":"retry","afterMs":50\d\}$/);
    }
    for (const client of [text, echo]) {
      assert.equal((await client.closed).code, 1012);
      assert.deepEqual(client.unread, []);
    }
  });
}

Deno.test("/ws sends retry advice right before 4010 when it cannot check a token yet", async () => {
  // Nothing listens there.
  await using service = await startTestService({ REDIS_URL: "redis://127.0.0.1:1" });
  await using ann = await TestClient.open(`${service.url}/ws`, IN_JSON);
  ann.send('{"type":"ping","id":"1"}\n{"type":"hello","resume":"of before"}');
  assert.deepEqual(await ann.closed, { code: 4010, reason: "not ready" });
  const expected = ['{"type":"pong","id":"1"}', '{"type":"retry","afterMs":2000}'];
  assert.deepEqual(framesOf(ann), expected);
});
