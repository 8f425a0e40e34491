/** Which addresses are public. */
import assert from "node:assert/strict";
import { isPublicAddress } from "../../../lib/core/http/public_address.ts";

for (
  const [what, addresses] of [
    ["loopback", ["127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1"]],
    ["this network", ["0.0.0.0", "0.1.2.3", "::", "::ffff:0.0.0.0"]],
    ["private networks", ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fd00::1"]],
    ["link-local", ["169.254.1.1", "fe80::1", "fe80::1%eth0"]],
    ["carrier-grade NAT", ["100.64.0.1", "100.127.255.255"]],
    ["multicast and broadcast", ["224.0.0.1", "255.255.255.255", "ff02::1"]],
    ["metadata services", [
      "169.254.169.254",
      "100.100.100.200",
      "192.0.0.192",
      "168.63.129.16",
      "fd00:ec2::254",
    ]],
    ["documentation and benchmarks", [
      "192.0.2.1",
      "198.51.100.1",
      "203.0.113.1",
      "198.18.0.1",
      "2001:db8::1",
      "3fff::1",
    ]],
    ["private addresses in IPv6", [
      "::ffff:10.0.0.1",
      "::ffff:a9fe:a9fe",
      "::10.0.0.1",
      "64:ff9b::127.0.0.1",
      "64:ff9b::a9fe:a9fe",
      "64:ff9b:1::1",
      "2002:7f00:1::",
      "2001:0:7f00:1::",
    ]],
    ["what is no address", ["", "localhost", "127.1", "0x7f000001", "2130706433", "1.2.3.4.5"]],
  ] as const
) {
  Deno.test(`isPublicAddress() refuses ${what}`, () => {
    for (const address of addresses) assert.equal(isPublicAddress(address), false, address);
  });
}

Deno.test("isPublicAddress() accepts the internet, also next to the special blocks", () => {
  const addresses = [
    ...["93.184.215.14", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0"],
    ...["172.15.255.255", "172.32.0.0", "223.255.255.255", "198.17.255.255", "168.63.129.15"],
    ...["2606:4700::1111", "2001:4860:4860::8888", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e"],
  ];
  for (const address of addresses) assert.equal(isPublicAddress(address), true, address);
});
