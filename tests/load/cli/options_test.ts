/** The options of `parley bench`, and the errors for invalid ones. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { benchHelp, readBenchOptions } from "../../../lib/load/cli/options.ts";
import { isPrivateAddress } from "../../../lib/core/http/ip_address.ts";
import { anyText } from "../../core/names/hostile_texts.ts";

const URL_ = "ws://127.0.0.1:8080/ws";

function good(...args: readonly string[]) {
  const read = readBenchOptions(args);
  if (read.kind === "bad") throw new Error(read.problems.join("\n"));
  return read.options;
}

function problems(...args: readonly string[]): readonly string[] {
  const read = readBenchOptions(args);
  return read.kind === "bad" ? read.problems : [];
}

Deno.test("readBenchOptions() has a modest default for everything except the URL", () => {
  const { url, ...rest } = good(URL_);
  assert.equal(url.href, URL_);
  assert.deepEqual(rest, {
    members: 100,
    publishers: 8,
    seconds: 10,
    textBytes: 64,
    pace: { kind: "open", perSecond: 40 },
    room: undefined,
    rooms: 1,
    roomsEach: 1,
    comeBack: undefined,
    isPlain: false,
    slowShare: 0,
    json: undefined,
    consent: { host: undefined, isConfirmed: false },
  });
});

Deno.test("readBenchOptions() parses every flag, with a space or with =, before the URL or after it", () => {
  const options = good(
    ...["--members=1000", "--publishers", "16", "--seconds", "2.5", URL_, "--text-bytes=100"],
    ...["--closed", "3", "--room", "attic", "--plain", "--slow=0.1", "--json", "-"],
    ...["--i-may-load-this-host=chat.example", "--really"],
  );
  const { url: _, ...rest } = options;
  assert.deepEqual(rest, {
    members: 1000,
    publishers: 16,
    seconds: 2.5,
    textBytes: 100,
    pace: { kind: "closed", window: 3 },
    room: "attic",
    rooms: 1,
    roomsEach: 1,
    comeBack: undefined,
    isPlain: true,
    slowShare: 0.1,
    json: "-",
    consent: { host: "chat.example", isConfirmed: true },
  });
  assert.deepEqual(good(URL_, "--rate", "0.5").pace, { kind: "open", perSecond: 0.5 });
});

Deno.test("readBenchOptions() parses many rooms, and the return of all members", () => {
  const options = good(URL_, "--rooms=200", "--rooms-each", "10", "--come-back", "restart");
  const { rooms, roomsEach, comeBack } = options;
  assert.deepEqual({ rooms, roomsEach, comeBack }, {
    rooms: 200,
    roomsEach: 10,
    comeBack: "restart",
  });
});

for (
  const [what, args, expected] of [
    ["rooms that members cannot share evenly", ["--rooms=200", "--rooms-each=3"], [
      "--rooms is 200: allowed: a multiple of --rooms-each (3)",
    ]],
    ["rooms with different numbers of members", ["--rooms=30", "--members=100"], [
      "--members is 100: allowed: a multiple of 30, so that all rooms have as many",
    ]],
    ["plain text and slow members in several rooms", ["--rooms=10", "--plain", "--slow=0.1"], [
      "--plain and several rooms exclude each other",
      "--slow and several rooms exclude each other",
    ]],
    ["slow members that are to come back", ["--slow=0.1", "--come-back=cut"], [
      "--slow and --come-back exclude each other",
    ]],
    ["any other reason to come back", ["--come-back=later"], [
      '--come-back is "later": allowed: cut or restart',
    ]],
  ] as const
) {
  Deno.test(`readBenchOptions() refuses ${what}`, () => {
    assert.deepEqual(problems(URL_, ...args), expected);
  });
}

Deno.test("readBenchOptions() lets all members send when there are fewer than 8", () => {
  assert.equal(good(URL_, "--members", "3").publishers, 3);
});

Deno.test("readBenchOptions() uses the chat's path when the URL has none", () => {
  assert.equal(good("ws://[::1]:8080").url.href, "ws://[::1]:8080/ws");
  assert.equal(good("wss://chat.example/x?y=1#z").url.href, "wss://chat.example/x?y=1");
});

for (
  const [args, expected] of [
    [[], [/needs one address, such as ws:/]],
    [[URL_, URL_], [/needs one address/]],
    [["http://127.0.0.1/"], [/^the address is "http:.*": allowed: ws:/]],
    [["nonsense"], [/^the address is "nonsense"/]],
    [[URL_, "--members", "0"], [/^--members is "0": allowed: a whole number, 1–100000$/]],
    [[URL_, "--members", "1e3"], [/^--members is "1e3"/]],
    [[URL_, "--members"], [/^--members needs a value after it: a whole number/]],
    [[URL_, "--members", "--plain"], [/^--members needs a value after it/]],
    [[URL_, "--members", "5", "--publishers", "6"], [
      /^--publishers is 6: allowed: at most as many as members \(5\)$/,
    ]],
    [[URL_, "--text-bytes", "28"], [/^--text-bytes is "28": allowed: .*29–/]],
    [[URL_, "--slow", "1.1"], [/^--slow is "1.1": allowed: a number, 0–1$/]],
    [[URL_, "--room", "a b"], [/^--room is "a b": allowed: a room has/]],
    [[URL_, "--plain=1"], [/^--plain takes no value$/]],
    [[URL_, "--rate", "1", "--closed", "1"], [/^--rate and --closed exclude each other/]],
    [[URL_, "--constructor"], [/^--constructor is not known; --help/]],
    [["--port", "--seconds", "0"], [
      /^--port is not known/,
      /^--seconds is "0"/,
      /needs one address/,
    ]],
  ] as readonly (readonly [readonly string[], readonly RegExp[]])[]
) {
  Deno.test(`readBenchOptions() reports what is wrong with ${JSON.stringify(args)}`, () => {
    const lines = problems(...args);
    assert.equal(lines.length, expected.length, lines.join("\n"));
    expected.forEach((pattern, i) => assert.match(lines[i] ?? "", pattern));
  });
}

Deno.test("readBenchOptions() never throws, and reports each problem in one line", () => {
  const flags = benchHelp().map((line) => line.trim().split(" ")[0] ?? "");
  const anyArg = fc.oneof(fc.constantFrom(...flags, URL_, "-", "--", "=", "ws://"), anyText);
  fc.assert(
    fc.property(fc.array(anyArg), (args) => {
      for (const line of problems(...args.map((it) => it.replaceAll("\n", " ")))) {
        assert.doesNotMatch(line, /\n/);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("benchHelp() describes each flag", () => {
  const lines = benchHelp();
  for (const flag of ["--members N", "--closed N", "--json FILE", "--plain", "--really"]) {
    const at = lines.indexOf(`  ${flag}`);
    assert.ok(at >= 0, flag);
    assert.match(lines[at + 1] ?? "", /^ {6}[A-Z]/);
  }
});

for (
  const [address, isOwn] of [
    ["127.0.0.1", true],
    ["127.255.0.9", true],
    ["10.1.2.3", true],
    ["172.16.0.1", true],
    ["172.31.255.255", true],
    ["192.168.1.1", true],
    ["::1", true],
    ["fd00::1", true],
    ["fc00::1", true],
    ["fe80::1%eth0", true],
    ["::ffff:10.0.0.1", true],
    ["0.0.0.0", false],
    ["172.32.0.1", false],
    ["192.169.0.1", false],
    ["203.0.113.9", false],
    ["169.254.169.254", false],
    ["::", false],
    ["::2", false],
    ["2001:db8::1", false],
    ["fec0::1", false],
    ["::ffff:203.0.113.9", false],
    ["localhost", false],
    ["", false],
  ] as const
) {
  Deno.test(`isPrivateAddress() is ${isOwn} for ${address || "an empty address"}`, () => {
    assert.equal(isPrivateAddress(address), isOwn);
  });
}
