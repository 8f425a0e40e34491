import assert from "node:assert/strict";
import { Echo } from "../../lib/chat/echo.ts";
import { FLOODING } from "../../lib/core/farewells.ts";
import { FakeClock, FakeSocket } from "../fakes.ts";

function openEcho(wish: { prefix?: string; messagesPerSecond?: number } = {}) {
  const socket = new FakeSocket();
  const clock = new FakeClock();
  return { socket, echo: new Echo(socket, clock, { prefix: "", messagesPerSecond: 10, ...wish }) };
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
  const { socket, echo } = openEcho({ messagesPerSecond: 0 });
  for (let i = 0; i < 1_000; i++) echo.receive("x");
  assert.equal(socket.sent.length, 1_000);
});
