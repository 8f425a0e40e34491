import assert from "node:assert/strict";
import * as farewells from "../../lib/core/farewells.ts";
import { said } from "../../lib/core/text_mode.ts";
import { fits, mayComeBack, parseLine, retryMs, roomUrl } from "../../static/client.js";
import { name } from "../fakes.ts";

for (
  const [raw, line] of [
    ["Ann: hello", { kind: "said", name: "Ann", text: "hello" }],
    ["Ann: a: b", { kind: "said", name: "Ann", text: "a: b" }],
    ["* joined lobby", { kind: "notice", text: "joined lobby" }],
    ["! slow down", { kind: "fault", text: "slow down" }],
  ] as const
) {
  Deno.test(`parseLine() reads ${JSON.stringify(raw)}`, () => {
    assert.deepEqual(parseLine(raw), line);
  });
}

Deno.test("parseLine() reads what the server writes, line breaks and all", () => {
  for (
    const text of ["hello", "one\ntwo\n\nthree", "! not the server", "* nor this", "Bob: nor Bob"]
  ) {
    const line = { kind: "said", name: "Ann", text };
    assert.deepEqual(parseLine(said(name("Ann"), text)), line);
  }
});

Deno.test("roomUrl() stays beside the page and on its scheme", () => {
  const asked = { name: "Ann & Bob", room: "lobby" };
  assert.equal(roomUrl("http://h:1/", asked), "ws://h:1/ws?name=Ann+%26+Bob&room=lobby");
  assert.equal(roomUrl("https://h/chat/?x", { name: "", room: "" }), "wss://h/chat/ws");
});

Deno.test("mayComeBack() keeps to the bands of the close codes", () => {
  const back = Object.values(farewells).filter(({ code }) => mayComeBack(code)).map((it) =>
    it.code
  );
  assert.deepEqual(back.sort(), [1012, 4008, 4009]);
  assert.ok(mayComeBack(1006));
  assert.ok(!mayComeBack(1000));
});

Deno.test("retryMs() is between half a second and 20 seconds, whatever is drawn", () => {
  for (let attempt = 0; attempt < 40; attempt++) {
    for (const drawn of [0, 0.5, 0.999999]) {
      const ms = retryMs(attempt, drawn);
      assert.ok(ms >= 500 && ms <= 20_000, `${attempt}: ${ms}`);
    }
  }
});

Deno.test("fits() counts bytes of UTF-8", () => {
  assert.deepEqual([fits("x".repeat(65_535)), fits("x".repeat(65_536))], [true, false]);
  assert.deepEqual([fits("网".repeat(21_845)), fits("网".repeat(21_846))], [true, false]);
});
