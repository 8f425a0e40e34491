import assert from "node:assert/strict";
import {
  linkTo,
  makeHash,
  parseAddress,
  parseHash,
  parseInvite,
} from "../../../../static/page/base/address.js";

const PAGE = "https://chat.example/talk/";

for (
  const [behind, room, position, name, isBad] of [
    ["", null, null, null, false],
    ["#den", "den", null, null, false],
    ["#den/k3j9f2:7", "den", "k3j9f2:7", null, false],
    ["?room=den&name=Ann", "den", null, "Ann", false],
    ["?room=attic&name=%20Ann%20#den", "den", null, "Ann", false],
    ["?name=", null, null, null, false],
    ["?room=%E5%A4%A7%E5%8E%85&name=Ann", "大厅", null, "Ann", false],
    ["?room=no%20room", null, null, null, true],
    ["?room=%3Cimg%20src%3Dx%3E", null, null, null, true],
    ["#no room", null, null, null, true],
  ] as const
) {
  Deno.test(`parseAddress() parses ${behind || "an address without parameters"}`, () => {
    assert.deepEqual(parseAddress(PAGE + behind), { room, position, name, isBad });
  });
}

const SECRET = "q7Zk0cVw2mPz5h9TqA1xYg";

for (
  const [behind, link] of [
    [`#invite=${SECRET}`, { secret: SECRET, isDevice: false }],
    [`?room=den#device=${SECRET}`, { secret: SECRET, isDevice: true }],
    [`#invite=${"x".repeat(5_000)}`, { secret: "x".repeat(99), isDevice: false }],
    ["#invite=", { secret: "", isDevice: false }],
    ["#invite", null],
    [`?invite=${SECRET}`, null],
    [`#den/invite=${SECRET}`, null],
  ] as const
) {
  Deno.test(`parseInvite() finds ${link ? "an invite" : "none"} in ${behind.slice(0, 50)}`, () => {
    assert.deepEqual(parseInvite(PAGE + behind), link);
  });
}

Deno.test("linkTo() keeps the page's path and nothing about the user", () => {
  assert.equal(linkTo(`${PAGE}?name=Ann#x`, "den"), `${PAGE}#den`);
  assert.equal(linkTo(`${PAGE}?room=den&name=Ann#x`, "den", "k3j9f2:7"), `${PAGE}#den/k3j9f2:7`);
  assert.equal(linkTo(`${PAGE}?name=Ann#x`, null), PAGE);
});

for (
  const [hash, place] of [
    ["#lobby", { room: "lobby", position: null }],
    ["lobby", { room: "lobby", position: null }],
    ["#a.b_c-d/k3j9f2:127", { room: "a.b_c-d", position: "k3j9f2:127" }],
    ["#lobby%2Fk3j9f2%3A127", { room: "lobby", position: "k3j9f2:127" }],
    ["#大厅/e:1", { room: "大厅", position: "e:1" }],
    ["#%E5%A4%A7%E5%8E%85", { room: "大厅", position: null }],
    ["#Caf%C3%89", { room: "café", position: null }],
    ["#Lobby", { room: "Lobby", position: null }],
    ["#lobby/nonsense", { room: "lobby", position: null }],
    ["#lobby/<img>", { room: "lobby", position: null }],
    ["", null],
    ["#", null],
    ["#no room", null],
    ["#%E0%A4%A", null],
    [`#${"x".repeat(65)}`, null],
  ] as const
) {
  Deno.test(`parseHash() reads ${JSON.stringify(hash)}`, () => {
    assert.deepEqual(parseHash(hash), place);
  });
}

Deno.test("makeHash() and parseHash() round-trip, even if the browser encodes every byte", () => {
  const longest = `${"z".repeat(32)}:${"9".repeat(15)}`;
  for (const room of ["den", "大厅", "𠮷".repeat(64)]) {
    for (const position of [null, longest]) {
      const hash = makeHash(room, position);
      assert.deepEqual(parseHash(hash), { room, position });
      assert.deepEqual(parseHash(`#${encodeURIComponent(hash.slice(1))}`), { room, position });
    }
  }
});
