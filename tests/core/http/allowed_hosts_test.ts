import assert from "node:assert/strict";
import { AllowedHosts, type HostSettings } from "../../../lib/core/http/allowed_hosts.ts";

const USUAL: HostSettings = { host: "127.0.0.1", publicUrl: null, allowedHosts: [] };

const ALWAYS = [
  ...[
    "localhost",
    "localhost:8080",
    "LOCALHOST",
    "localhost.",
    "chat.localhost",
    "a.b.localhost:1",
  ],
  ...["127.0.0.1", "127.1.2.3:8080", "[::1]", "[::1]:8080", "192.168.1.20:8080", "0.0.0.0"],
  ...["203.0.113.7", "[2001:db8::1]:443", "127.1", "0x7f.0.0.1"],
];
for (const host of ALWAYS) {
  Deno.test(`AllowedHosts accepts ${host} with any settings`, () => {
    assert.equal(new AllowedHosts(USUAL).check(host), undefined);
  });
}

const NEVER = [
  ...["rebound.example", "rebound.example:8080", "localhost.example", "127.0.0.1.example"],
  ...["evil.com#localhost", "a@localhost", "localhost\\.example", "", "xn--.localhost.example"],
  ...["notlocalhost", "1.2.3.4.5", "[::1", "a b", `${"a.".repeat(200)}localhost`],
];
for (const host of NEVER) {
  Deno.test(`AllowedHosts refuses ${host.slice(0, 40) || "an empty host"} with 421 and names both settings`, () => {
    const refusal = new AllowedHosts(USUAL).check(host);
    assert.equal(refusal?.status, 421);
    assert.match(refusal.reason, /^[\x20-\x7e]{1,250}$/);
    assert.match(refusal.reason, /PUBLIC_URL.*ALLOWED_HOSTS/);
  });
}

for (
  const [settings, host, isAccepted] of [
    [{ host: "chat.lan" }, "chat.lan:8080", true],
    [{ host: "chat.lan" }, "other.lan:8080", false],
    [{ host: "::" }, "chat.lan", false],
    [{ publicUrl: "https://Chat.example:8443/team-a" }, "chat.example", true],
    [{ publicUrl: "https://chat.example" }, "chat.example.", true],
    [{ publicUrl: "https://chat.example" }, "www.chat.example", false],
    [{ publicUrl: "https://chat.example" }, "chat.example.evil.example", false],
    [{ publicUrl: "https://bücher.example" }, "xn--bcher-kva.example", true],
    [{ allowedHosts: ["parley-1", "parley-2"] }, "parley-2:9464", true],
    [{ allowedHosts: ["parley-1"] }, "parley-3", false],
    [{ allowedHosts: "*" }, "rebound.example", true],
  ] as const
) {
  Deno.test(`AllowedHosts with ${JSON.stringify(settings)} ${isAccepted ? "accepts" : "refuses"} ${host}`, () => {
    const refusal = new AllowedHosts({ ...USUAL, ...settings }).check(host);
    assert.equal(refusal === undefined, isAccepted);
  });
}

Deno.test("AllowedHosts caches the hosts that it accepted last, and none that it refused", () => {
  const check = new AllowedHosts(USUAL);
  for (let time = 0; time < 2; time++) {
    assert.equal(check.check("localhost"), undefined);
    assert.equal(check.check("rebound.example")?.status, 421);
  }
});
