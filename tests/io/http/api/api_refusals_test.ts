/**
 * What the HTTP API answers to requests that are refused before anything reads them. With the engine `deno`, the runtime itself
 * refuses most of what is not HTTP, with an empty response: docs/operations/deploying.md says so.
 * @module
 */
import assert from "node:assert/strict";
import { ENGINE } from "../../../support/engine.ts";
import { RawSocket, sendRequest } from "../../../support/clients/raw_socket.ts";
import { startTestService } from "../../../support/service.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const HOST = "Host: 127.0.0.1\r\n";
const UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\n";

type Answer = readonly [status: number, code?: string] | "the runtime's own";

for (
  const [what, head, answers] of [
    [
      "a URL that is too long",
      (path: string) => `GET ${path}?${"a".repeat(9_000)} HTTP/1.1\r\n${HOST}`,
      {
        deno: [414],
        node: [414],
      },
    ],
    ["a malformed Host", (path: string) => `GET ${path} HTTP/1.1\r\nHost: a b\r\n`, {
      deno: [400, "host_refused"],
      node: [400, "host_refused"],
    }],
    [
      "an upgrade with a malformed Host",
      (path: string) => `GET ${path} HTTP/1.1\r\nHost: a b\r\n${UPGRADE}`,
      {
        deno: [400, "host_refused"],
        node: [400, "host_refused"],
      },
    ],
    ["an upgrade with TRACE", (path: string) => `TRACE ${path} HTTP/1.1\r\n${HOST}${UPGRADE}`, {
      deno: [405],
      node: [400, "bad_frame"],
    }],
    ["an unknown method", (path: string) => `FOO ${path} HTTP/1.1\r\n${HOST}`, {
      deno: [405],
      node: [400, "bad_frame"],
    }],
    ["no Host", (path: string) => `DELETE ${path} HTTP/1.1\r\n`, {
      deno: [405],
      node: [400, "host_refused"],
    }],
    ["two Hosts", (path: string) => `GET ${path} HTTP/1.1\r\n${HOST}${HOST}`, {
      deno: "the runtime's own",
      node: [400, "host_refused"],
    }],
    ["CONNECT", (path: string) => `CONNECT ${path} HTTP/1.1\r\n${HOST}`, {
      deno: "the runtime's own",
      node: [405],
    }],
    ["no HTTP", (path: string) => `GET ${path} HTTP/3.0\r\n${HOST}`, {
      deno: "the runtime's own",
      node: [400, "bad_frame"],
    }],
    ["a malformed header", (path: string) => `GET ${path} HTTP/1.1\r\n${HOST}x y: 1\r\n`, {
      deno: "the runtime's own",
      node: [400, "bad_frame"],
    }],
    [
      "two lengths",
      (path: string) =>
        `POST ${path} HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 2\r\n`,
      {
        deno: "the runtime's own",
        node: [400, "bad_frame"],
      },
    ],
    [
      "a head that is too long",
      (path: string) => `GET ${path} HTTP/1.1\r\n${HOST}x: ${"a".repeat(70_000)}\r\n`,
      {
        deno: "the runtime's own",
        node: [431],
      },
    ],
  ] as const satisfies readonly (readonly [
    string,
    (path: string) => string,
    Readonly<Record<"deno" | "node", Answer>>,
  ])[]
) {
  Deno.test(`A request with ${what} is refused with problem details in the API`, async () => {
    await using service = await startTestService();
    for (const path of ["/api/v1/me", "/hooks/key"]) {
      const answer = await sendRequest(service.port, `${head(path)}\r\n`);
      const expected: Answer = answers[ENGINE];
      if (expected === "the runtime's own") {
        assert.deepEqual([answer.status, answer.body], [400, ""]);
        continue;
      }
      assert.equal(answer.headers.get("content-type"), "application/problem+json", path);
      const { status, code } = JSON.parse(answer.body);
      assert.deepEqual([answer.status, status, code], [expected[0], expected[0], expected[1]]);
    }
  });
}

Deno.test("Outside of the API, refusals are one line of text", async () => {
  await using service = await startTestService();
  for (
    const head of [
      `GET /icon.svg?${"a".repeat(9_000)} HTTP/1.1\r\n${HOST}`,
      "GET /icon.svg HTTP/1.1\r\nHost: a b\r\n",
    ]
  ) {
    const answer = await sendRequest(service.port, `${head}\r\n`);
    assert.equal(answer.headers.get("content-type"), "text/plain; charset=utf-8");
  }
});

Deno.test("A body that is not asked for is not sent: 100 Continue comes only before a body that is read", async () => {
  await using service = await startTestService();
  const ask = async (path: string, length: number) => {
    using peer = await RawSocket.connect(service.port);
    const lines = [`POST ${path} HTTP/1.1`, `${HOST}Expect: 100-continue`];
    lines.push("Content-Type: text/plain", `Content-Length: ${length}`, "", "");
    await peer.write(encode(lines.join("\r\n")));
    const first = await peer.response();
    if (first.status !== 100) return [first.status];
    await peer.write(encode("x".repeat(Math.min(length, 5))));
    return [first.status, (await peer.response()).status];
  };
  const messages = "/api/v1/rooms/den/messages";
  assert.deepEqual(await ask(messages, 5), [100, 201]);
  // The runtime always asks for the body.
  const early = ENGINE === "node" ? [] : [100];
  assert.deepEqual(await ask(messages, 10_000_000), [...early, 413]);
  assert.deepEqual(await ask("/api/v1/nothing", 5), [...early, 404]);
  assert.deepEqual(await ask("/hooks/key", 5), [...early, 404]);
});
