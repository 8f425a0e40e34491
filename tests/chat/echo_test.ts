import assert from "node:assert/strict";
import { Echo } from "../../lib/chat/echo.ts";
import { ConnectionLimits } from "../../lib/core/allowance.ts";
import { FLOODING } from "../../lib/core/farewells.ts";
import { FakeClock, FakeSocket, UNLIMITED } from "../fakes.ts";

const DEFAULTS = new ConnectionLimits({ messagesPerSecond: 10, bytesPerSecond: 32_768 });

function openEcho(wish: { prefix?: string; limits?: ConnectionLimits } = {}) {
  const socket = new FakeSocket();
  const clock = new FakeClock();
  const { prefix = "", limits = DEFAULTS } = wish;
  return { socket, clock, echo: new Echo(socket, { clock, limits }, prefix) };
}

Deno.test("Echo sends texts and bytes back as they are", () => {
  const { socket, echo } = openEcho();
  const bytes = new Uint8Array([0, 255]);
  for (const message of ["", "a\nb", bytes]) echo.receive(message);
  assert.deepEqual(socket.sent, ["", "a\nb", bytes]);
});

Deno.test("Echo puts the prefix before texts, and not before bytes", () => {
  const { socket, echo } = openEcho({ prefix: "you said: " });
  const bytes = new Uint8Array([1]);
  for (const message of ["a", bytes]) echo.receive(message);
  assert.deepEqual(socket.sent, ["you said: a", bytes]);
});

Deno.test("Echo tells one who sends too fast, and then closes with 1008", () => {
  const { socket, echo } = openEcho();
  for (let i = 0; i < 61; i++) echo.receive("x");
  assert.deepEqual(socket.sent.slice(29, 31), ["x", "! slow down"]);
  assert.deepEqual(socket.farewells, [FLOODING]);
});

Deno.test("Echo has no limit where the setting is 0", () => {
  const { socket, echo } = openEcho({ limits: UNLIMITED });
  for (let i = 0; i < 1_000; i++) echo.receive("x");
  assert.equal(socket.sent.length, 1_000);
});

for (
  const [what, message] of [
    ["texts", "x".repeat(60_000)],
    ["texts of two-byte letters", "é".repeat(30_000)],
    ["bytes", new Uint8Array(60_000)],
  ] as const
) {
  Deno.test(`Echo sends back no more ${what} than BYTES_PER_SECOND and its burst`, async () => {
    const { socket, clock, echo } = openEcho();
    for (let i = 0; i < 10; i++) echo.receive(message);
    const echoes = () => socket.sent.filter((it) => it !== "! slow down").length;
    // 512 KiB at once.
    assert.equal(echoes(), 8);
    await clock.advance(2_000);
    echo.receive(message);
    assert.equal(echoes(), 9);
    for (let i = 0; i < 20; i++) echo.receive(message);
    assert.deepEqual(socket.farewells[0], FLOODING);
  });
}
