import assert from "node:assert/strict";
import { EchoHandler } from "../../../lib/chat/handlers/echo_handler.ts";
import { SharedBudgets } from "../../../lib/core/limits/rate_limiter.ts";
import { TOO_MANY_MESSAGES } from "../../../lib/core/protocol/close_codes.ts";
import { FakeClock, FakeSocket, UNLIMITED } from "../../support/fakes.ts";

const DEFAULTS = new SharedBudgets({ messagesPerSecond: 10, bytesPerSecond: 32_768 });

function openEcho(options: { prefix?: string; limits?: SharedBudgets } = {}) {
  const socket = new FakeSocket();
  const clock = new FakeClock();
  const { prefix = "", limits = DEFAULTS } = options;
  return { socket, clock, echo: new EchoHandler(socket, { clock, limits }, prefix) };
}

Deno.test("EchoHandler sends texts and bytes back unchanged", () => {
  const { socket, echo } = openEcho();
  const bytes = new Uint8Array([0, 255]);
  for (const message of ["", "a\nb", bytes]) echo.onMessage(message);
  assert.deepEqual(socket.sent, ["", "a\nb", bytes]);
});

Deno.test("EchoHandler puts the prefix before texts, but not before bytes", () => {
  const { socket, echo } = openEcho({ prefix: "you said: " });
  const bytes = new Uint8Array([1]);
  for (const message of ["a", bytes]) echo.onMessage(message);
  assert.deepEqual(socket.sent, ["you said: a", bytes]);
});

Deno.test("EchoHandler warns a client that sends too fast, and then closes with 1008", () => {
  const { socket, echo } = openEcho();
  for (let i = 0; i < 61; i++) echo.onMessage("x");
  assert.deepEqual(socket.sent.slice(29, 31), ["x", "! slow down"]);
  assert.deepEqual(socket.closeStatuses, [TOO_MANY_MESSAGES]);
});

Deno.test("EchoHandler has no limit when the setting is 0", () => {
  const { socket, echo } = openEcho({ limits: UNLIMITED });
  for (let i = 0; i < 1_000; i++) echo.onMessage("x");
  assert.equal(socket.sent.length, 1_000);
});

for (
  const [what, message] of [
    ["texts", "x".repeat(60_000)],
    ["texts of two-byte letters", "é".repeat(30_000)],
    ["bytes", new Uint8Array(60_000)],
  ] as const
) {
  Deno.test(`EchoHandler sends back no more ${what} than BYTES_PER_SECOND and its burst`, async () => {
    const { socket, clock, echo } = openEcho();
    for (let i = 0; i < 10; i++) echo.onMessage(message);
    const echoes = () => socket.sent.filter((it) => it !== "! slow down").length;
    // 512 KiB at once.
    assert.equal(echoes(), 8);
    await clock.advance(2_000);
    echo.onMessage(message);
    assert.equal(echoes(), 9);
    for (let i = 0; i < 20; i++) echo.onMessage(message);
    assert.deepEqual(socket.closeStatuses[0], TOO_MANY_MESSAGES);
  });
}
