/**
 * Parsing addresses, compared with `node:net`, and finding the client's address behind proxies.
 * @module
 */
import assert from "node:assert/strict";
import { BlockList, isIP } from "node:net";
import fc from "fast-check";
import {
  addressKey,
  type Cidr,
  clientAddress,
  isLoopback,
  isWithin,
  parseAddress,
  parseCidr,
} from "../../../lib/core/http/ip_address.ts";
import { anyPlainText } from "../names/hostile_texts.ts";

function blocks(...texts: readonly string[]): readonly Cidr[] {
  return texts.map((text) => {
    const cidr = parseCidr(text);
    assert.ok(cidr !== undefined, text);
    return cidr;
  });
}

/** Eight groups in hexadecimal, without leaving out zeros. */
function spellV6(bits: bigint): string {
  return Array.from({ length: 8 }, (_, k) => (bits >> BigInt(112 - 16 * k) & 0xffffn).toString(16))
    .join(":");
}

function spellV4(bits: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => bits >> shift & 0xffn).join(".");
}

const V4_MAPPED = 0xffff_0000_0000n;
const anyV4Bits = fc.bigInt({ min: 0n, max: 2n ** 32n - 1n });
const anyV6Bits = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }),
  // Random bits have no zeros to leave out.
  fc.array(fc.constantFrom(0n, 0n, 1n, 0xffffn), { minLength: 8, maxLength: 8 })
    .map((groups) => groups.reduce<bigint>((bits, group) => bits << 16n | group, 0n)),
);

for (
  const [text, bits] of [
    ["0.0.0.0", V4_MAPPED],
    ["1.2.3.4", V4_MAPPED | 0x0102_0304n],
    ["255.255.255.255", V4_MAPPED | 0xffff_ffffn],
    ["::", 0n],
    ["::1", 1n],
    ["1::", 1n << 112n],
    ["2001:db8::1", 0x2001_0db8n << 96n | 1n],
    ["2001:DB8:0:0:0:0:0:1", 0x2001_0db8n << 96n | 1n],
    ["1:2:3:4:5:6:7:8", 0x0001_0002_0003_0004_0005_0006_0007_0008n],
    ["1:2:3:4:5:6:7::", 0x0001_0002_0003_0004_0005_0006_0007_0000n],
    ["::ffff:1.2.3.4", V4_MAPPED | 0x0102_0304n],
    ["::ffff:102:304", V4_MAPPED | 0x0102_0304n],
    ["64:ff9b::1.2.3.4", 0x0064_ff9bn << 96n | 0x0102_0304n],
    ["fe80::1%eth0", 0xfe80n << 112n | 1n],
    ["", undefined],
    ["localhost", undefined],
    ["1.2.3", undefined],
    ["1.2.3.4.5", undefined],
    ["1.2.3.256", undefined],
    ["01.2.3.4", undefined],
    ["1.2.3.4 ", undefined],
    ["1.2.3.-4", undefined],
    ["0x1.2.3.4", undefined],
    ["1.2.3.4:80", undefined],
    ["16909060", undefined],
    [":", undefined],
    [":::", undefined],
    ["1::2::3", undefined],
    ["12345::", undefined],
    ["g::", undefined],
    ["[::1]", undefined],
    ["[::1]:80", undefined],
    ["::1%", undefined],
    ["1:2:3:4:5:6:7", undefined],
    ["1:2:3:4:5:6:7:8:9", undefined],
    ["::1.2.3", undefined],
    ["::1]/[::", undefined],
  ] as const
) {
  const name = bits === undefined ? "nothing" : `0x${bits.toString(16)}`;
  Deno.test(`parseAddress() parses ${JSON.stringify(text)} as ${name}`, () => {
    assert.equal(parseAddress(text), bits);
  });
}

Deno.test("parseAddress() returns the bits of every IPv4 address, mapped to IPv6", () => {
  fc.assert(
    fc.property(anyV4Bits, (bits) => {
      assert.equal(parseAddress(spellV4(bits)), V4_MAPPED | bits);
      assert.equal(parseAddress(`::ffff:${spellV4(bits)}`), V4_MAPPED | bits);
    }),
    { numRuns: 500 },
  );
});

Deno.test("parseAddress() returns the bits of every IPv6 address, in its long and its short form", () => {
  fc.assert(
    fc.property(anyV6Bits, (bits) => {
      const long = spellV6(bits);
      const short = new URL(`http://[${long}]`).hostname.slice(1, -1);
      assert.equal(parseAddress(long), bits);
      assert.equal(parseAddress(long.toUpperCase()), bits);
      assert.equal(parseAddress(short), bits, short);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("parseAddress() accepts exactly the addresses that node:net accepts", () => {
  // Zones are in the table above: node:net accepts any text as a zone, but here a zone is the name of an interface.
  const pieces = ["::", ":", ".", "0", "1", "00", "255", "256", "ffff", "fffff", "g", "/"];
  const nearly = fc.array(fc.constantFrom(...pieces), { maxLength: 16, size: "max" }).map((it) =>
    it.join("")
  );
  const groups = fc.array(fc.constantFrom("0", "1f", "", "1.2.3.4"), { maxLength: 9 })
    .map((it) => it.join(":"));
  fc.assert(
    fc.property(fc.oneof(nearly, groups, fc.ipV4(), fc.ipV6()), (text) => {
      assert.equal(parseAddress(text) !== undefined, isIP(text) !== 0, text);
    }),
    { numRuns: 1000 },
  );
});

for (
  const text of [
    ...["", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8"],
    ...["10.0.0.0/x", "10.0.0.0/8.0", "10.0.0.0 /8", "10.0.0/8", "::/129", "::/1000", "proxy"],
  ]
) {
  Deno.test(`parseCidr() rejects ${JSON.stringify(text)}`, () => {
    assert.equal(parseCidr(text), undefined);
  });
}

for (
  const [address, cidr, within] of [
    ["10.0.0.0", "10.0.0.0/8", true],
    ["10.255.255.255", "10.0.0.0/8", true],
    ["11.0.0.0", "10.0.0.0/8", false],
    ["9.255.255.255", "10.0.0.0/8", false],
    ["10.9.9.9", "10.1.2.3/8", true],
    ["10.0.0.1", "10.0.0.1", true],
    ["10.0.0.2", "10.0.0.1", false],
    ["10.0.0.1", "10.0.0.1/32", true],
    ["203.0.113.7", "0.0.0.0/0", true],
    ["::ffff:10.0.0.1", "10.0.0.0/8", true],
    ["10.0.0.1", "::ffff:10.0.0.0/104", true],
    ["2001:db8::1", "0.0.0.0/0", false],
    ["::a00:1", "10.0.0.0/8", false],
    ["2001:db8:0:1::", "2001:db8::/64", false],
    ["2001:db8::ffff", "2001:db8::/64", true],
    ["2001:db8::", "::/0", true],
    ["fe80::1%eth0", "fe80::/10", true],
    ["proxy", "::/0", false],
    ["", "::/0", false],
  ] as const
) {
  Deno.test(`isWithin() is ${within} for ${JSON.stringify(address)} in ${cidr}`, () => {
    assert.equal(isWithin(address, blocks(cidr)), within);
  });
}

Deno.test("isWithin() is true when one of several blocks contains the address, and false for no blocks", () => {
  assert.equal(isWithin("::1", blocks("10.0.0.0/8", "::1")), true);
  assert.equal(isWithin("::1", []), false);
});

for (
  const [family, width, anyBits, spell] of [
    ["ipv4", 32, anyV4Bits, spellV4],
    ["ipv6", 128, anyV6Bits, spellV6],
  ] as const
) {
  Deno.test(`isWithin() agrees with node:net's BlockList about ${family}`, () => {
    // BlockList starts at a prefix of one bit; /0 is in the table above.
    const anyLength = fc.integer({ min: 1, max: width });
    fc.assert(
      fc.property(anyBits, anyLength, fc.nat(width - 1), anyBits, (net, length, flip, other) => {
        const list = new BlockList();
        list.addSubnet(spell(net), length, family);
        for (const bits of [net, net ^ 1n << BigInt(flip), other]) {
          const address = spell(bits);
          const within = isWithin(address, blocks(`${spell(net)}/${length}`));
          assert.equal(
            within,
            list.check(address, family),
            `${address} in ${spell(net)}/${length}`,
          );
        }
      }),
      { numRuns: 500 },
    );
  });
}

const PROXIES = blocks("10.0.0.0/8", "fd00::/8");

for (
  const [what, remote, forwardedFor, client] of [
    ["a direct client", "203.0.113.9", null, "203.0.113.9"],
    ["the header of an untrusted client", "203.0.113.9", "203.0.113.7", "203.0.113.9"],
    ["an untrusted client that names a proxy", "203.0.113.9", "10.0.0.1", "203.0.113.9"],
    ["a proxy without the header", "10.0.0.1", null, "10.0.0.1"],
    ["a proxy with an empty header", "10.0.0.1", "", "10.0.0.1"],
    ["a client behind a proxy", "10.0.0.1", "203.0.113.7", "203.0.113.7"],
    ["a client behind two proxies", "10.0.0.1", "203.0.113.7, 10.0.0.9", "203.0.113.7"],
    ["a client behind proxies of both families", "fd00::1", "2001:db8::7,10.0.0.9", "2001:db8::7"],
    ["a mapped proxy", "::ffff:10.0.0.1", "203.0.113.7", "203.0.113.7"],
    [
      "a header that the client itself began",
      "10.0.0.1",
      "1.1.1.1, 203.0.113.7",
      "203.0.113.7",
    ],
    [
      "a header in which the client names a proxy",
      "10.0.0.1",
      "1.1.1.1, 10.0.0.2, 203.0.113.7",
      "203.0.113.7",
    ],
    ["only proxies", "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"],
    ["an invalid hop", "10.0.0.1", "unknown", "10.0.0.1"],
    ["an invalid hop further on", "10.0.0.1", "203.0.113.7, unknown, 10.0.0.2", "10.0.0.2"],
    ["an empty element", "10.0.0.1", "203.0.113.7,, 10.0.0.2", "10.0.0.2"],
    ["an invalid hop before the client", "10.0.0.1", "unknown, 203.0.113.7", "203.0.113.7"],
    ["spaces and tabs", "10.0.0.1", " 203.0.113.7\t,  10.0.0.2 ", "203.0.113.7"],
  ] as const
) {
  Deno.test(`clientAddress() with ${what}`, () => {
    assert.equal(clientAddress(remote, forwardedFor, PROXIES), client);
  });
}

Deno.test("clientAddress() ignores the header when no proxy is trusted", () => {
  assert.equal(clientAddress("10.0.0.1", "203.0.113.7", []), "10.0.0.1");
});

Deno.test("clientAddress() never returns what is behind an untrusted hop, nor a proxy before it", () => {
  const hop = fc.record({ isProxy: fc.boolean(), number: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(hop, { minLength: 1, maxLength: 6 }), (hops) => {
      // The place in the chain is part of the address, so no two are equal.
      const chain = hops.map(({ isProxy, number }, k) =>
        isProxy ? `10.${k}.0.${number}` : `203.0.${k}.${number}`
      );
      const last = hops.findLastIndex(({ isProxy }) => !isProxy);
      const header = chain.length === 1 ? null : chain.slice(0, -1).join(", ");
      const client = clientAddress(chain.at(-1) ?? "", header, PROXIES);
      assert.equal(client, chain[Math.max(0, last)]);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("clientAddress() returns the remote address or one from the header, for any header", () => {
  const remote = "10.0.0.1";
  const piece = fc.oneof(
    fc.constantFrom("10.0.0.2", "203.0.113.7", "fd00::1", " ", ",", "unknown", "[::1]:80"),
    anyPlainText,
  );
  const anyHeader = fc.array(piece).map((pieces) => pieces.join(","));
  fc.assert(
    fc.property(anyHeader, (header) => {
      const client = clientAddress(remote, header, PROXIES);
      assert.ok(client === remote || header.includes(client), client);
      assert.ok(isIP(client) !== 0, client);
    }),
    { numRuns: 1000 },
  );
});

for (
  const [a, b, same] of [
    ["1.2.3.4", "1.2.3.4", true],
    ["1.2.3.4", "1.2.3.5", false],
    ["1.2.3.4", "::ffff:1.2.3.4", true],
    ["1.2.3.4", "::1.2.3.4", false],
    ["2001:db8::1", "2001:db8::2", true],
    ["2001:db8::1", "2001:0DB8:0:0:ffff::", true],
    ["2001:db8::1", "2001:db8:0:1::1", false],
    ["fe80::1%eth0", "fe80::2%eth1", true],
    ["::1", "::2", true],
    ["::1", "::ffff:0.0.0.1", false],
    ["unknown", "unknown", true],
    ["unknown", "1.2.3.4", false],
  ] as const
) {
  Deno.test(`addressKey() counts ${a} and ${b} ${same ? "together" : "separately"}`, () => {
    assert.equal(addressKey(a) === addressKey(b), same);
  });
}

Deno.test("addressKey() is the same for a /64 of IPv6 and distinct for each IPv4 address", () => {
  const kinds = fc.oneof(anyV4Bits.map(spellV4), anyV6Bits.map(spellV6));
  const unitOf = (address: string) => {
    const bits = parseAddress(address) ?? -1n;
    return bits >> 32n === 0xffffn ? bits : -2n - (bits >> 64n);
  };
  fc.assert(
    fc.property(kinds, kinds, (a, b) => {
      assert.equal(addressKey(a) === addressKey(b), unitOf(a) === unitOf(b));
    }),
    { numRuns: 500 },
  );
});

Deno.test("addressKey() is the same for any two hosts of one /64", () => {
  const halves = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }), halves, halves, (net, a, b) => {
      const [one, other] = [a, b].map((host) => addressKey(spellV6(net << 64n | host)));
      assert.equal(one, other);
    }),
    { numRuns: 300 },
  );
});

for (
  const [hop, client] of [
    ["192.0.2.1:5678", "192.0.2.1"],
    ["[2001:db8::1]:443", "2001:db8::1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["2001:db8::1", "2001:db8::1"],
  ] as const
) {
  Deno.test(`clientAddress() parses the hop ${hop}, as some proxies write it`, () => {
    const proxies = [parseCidr("10.0.0.1")].filter((cidr) => cidr !== undefined);
    assert.equal(clientAddress("10.0.0.1", hop, proxies), client);
  });
}

Deno.test("clientAddress() follows at most 32 proxies and returns the last of them when there are more", () => {
  const proxies = [parseCidr("10.0.0.0/8")].filter((cidr) => cidr !== undefined);
  const chain = (hops: number) =>
    ["203.0.113.7", ...Array.from({ length: hops }, (_, k) => `10.0.1.${k + 1}`)].join(", ");
  assert.equal(clientAddress("10.0.0.1", chain(31), proxies), "203.0.113.7");
  assert.equal(clientAddress("10.0.0.1", chain(40), proxies), "10.0.1.9");
});

for (const hop of ["", ",", "x".repeat(100_000), " ".repeat(100_000), "1".repeat(65)]) {
  Deno.test(`clientAddress() stops at an invalid hop of ${hop.length} characters`, () => {
    const proxies = [parseCidr("10.0.0.1")].filter((cidr) => cidr !== undefined);
    assert.equal(clientAddress("10.0.0.1", hop, proxies), "10.0.0.1");
    assert.equal(clientAddress("10.0.0.1", `203.0.113.7,${hop}`, proxies), "10.0.0.1");
  });
}

for (
  const [address, isIt] of [
    ["127.0.0.1", true],
    ["127.255.255.254", true],
    ["::1", true],
    ["0:0:0:0:0:0:0:1", true],
    ["::ffff:127.0.0.1", true],
    ["128.0.0.1", false],
    ["127.0.0.1.example", false],
    ["::2", false],
    ["::ffff:10.0.0.1", false],
    ["", false],
  ] as const
) {
  Deno.test(`isLoopback() is ${isIt} for ${address || "an empty address"}`, () => {
    assert.equal(isLoopback(address), isIt);
  });
}
