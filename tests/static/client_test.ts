import assert from "node:assert/strict";
import * as farewells from "../../lib/core/farewells.ts";
import { said } from "../../lib/core/text_mode.ts";
import { Connection, fits, mayComeBack, parseLine, retryMs, roomUrl } from "../../static/client.js";
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
  assert.deepEqual(back.sort(), [1012, 4008, 4009, 4010]);
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
  for (
    const [text, isShort] of [["xxx", true], ["xxxx", false], ["网", true], ["网x", false]] as const
  ) {
    assert.equal(fits(text, 3), isShort);
  }
});

/** The browser's WebSocket, as far as a connection uses it; the test says what happens to the latest one. */
class FakeWebSocket extends EventTarget {
  static readonly OPEN = 1;
  static latest: FakeWebSocket | undefined;

  constructor() {
    super();
    FakeWebSocket.latest = this;
  }

  close(): void {}
}

/** A connection whose sockets the test opens and closes; gives the wait before each next try. */
function openConnection() {
  const waits: (number | null)[] = [];
  const told: string[] = [];
  const connection = new Connection("ws://test", {
    opened: () => told.push("opened"),
    heard: ({ text }) => told.push(text),
    ended: ({ retryMs }) => waits.push(retryMs),
  });
  const opens = (line?: string) => {
    connection.open();
    FakeWebSocket.latest?.dispatchEvent(new Event("open"));
    if (line) FakeWebSocket.latest?.dispatchEvent(new MessageEvent("message", { data: line }));
  };
  const happens = (code: number) => {
    opens(code === 4501 ? "! the name Ann is taken" : undefined);
    FakeWebSocket.latest?.dispatchEvent(new CloseEvent("close", { code }));
  };
  return { connection, waits, told, opens, happens };
}

for (
  const [what, codes, comesBack] of [
    ["does not come back to a name that somebody has", [4501], [false]],
    ["comes back to its own name, which the server does not yet know to be free", [
      1006,
      4501,
      4501,
    ], [
      true,
      true,
      true,
    ]],
    ["does not come back to a name that it was refused before", [4501, 4501], [false, false]],
    ["does not come back after a bad name, whatever was before", [1006, 4502], [true, false]],
  ] as const
) {
  Deno.test(`Connection ${what}`, () =>
    withFakeWebSocket(() => {
      const { connection, waits, happens } = openConnection();
      codes.forEach(happens);
      assert.deepEqual(waits.map((wait) => wait !== null), comesBack);
      connection.close();
    }));
}

Deno.test("Connection tells nothing of the attempts in which its own name was still taken", () =>
  withFakeWebSocket(() => {
    const { connection, told, opens, happens } = openConnection();
    [1006, 4501, 4501].forEach(happens);
    opens("Bob: welcome back");
    assert.deepEqual(told, ["opened", "opened", "welcome back"]);
    connection.close();
  }));

function withFakeWebSocket(deed: () => void): void {
  const real = globalThis.WebSocket;
  Object.assign(globalThis, { WebSocket: FakeWebSocket });
  try {
    deed();
  } finally {
    Object.assign(globalThis, { WebSocket: real });
  }
}
