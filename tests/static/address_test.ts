import assert from "node:assert/strict";
import { addressOf, readAddress } from "../../static/page/address.js";

const PAGE = "https://chat.example/talk/";

for (
  const [behind, room, position, name, isBad] of [
    ["", null, null, null, false],
    ["#den", "den", null, null, false],
    ["#den/k3j9f2:7", "den", "k3j9f2:7", null, false],
    ["?room=den&name=Ann", "den", null, "Ann", false],
    ["?room=attic&name=%20Ann%20#den", "den", null, "Ann", false],
    ["?name=", null, null, null, false],
    ["?room=no%20room", null, null, null, true],
    ["?room=%3Cimg%20src%3Dx%3E", null, null, null, true],
    ["#no room", null, null, null, true],
  ] as const
) {
  Deno.test(`readAddress() understands ${behind || "an address that asks for nothing"}`, () => {
    assert.deepEqual(readAddress(PAGE + behind), { room, position, name, isBad });
  });
}

Deno.test("addressOf() keeps the path and nothing else", () => {
  assert.equal(addressOf(`${PAGE}?name=Ann#x`, "den"), `${PAGE}#den`);
  assert.equal(addressOf(`${PAGE}#x`, "den", "k3j9f2:7"), `${PAGE}#den/k3j9f2:7`);
  assert.equal(addressOf(`${PAGE}?name=Ann#x`, null), PAGE);
});
