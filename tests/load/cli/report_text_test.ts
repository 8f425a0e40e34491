/** The output of `parley bench`, and which hosts it refuses to load without explicit consent. */
import assert from "node:assert/strict";
import { type BenchOptions, readBenchOptions } from "../../../lib/load/cli/options.ts";
import { hostRefusal } from "../../../lib/load/cli/host_check.ts";
import { allowedPace, planLine, roomProblem, summary } from "../../../lib/load/cli/report_text.ts";
import type { LoadReport } from "../../../lib/load/mod.ts";

function options(...args: readonly string[]): BenchOptions {
  const read = readBenchOptions(args);
  if (read.kind === "bad") throw new Error(read.problems.join("\n"));
  return read.options;
}

const NAMES = new Map([
  ["chat.internal", ["10.0.0.7", "fd00::7"]],
  ["chat.example", ["203.0.113.9"]],
  ["half.example", ["10.0.0.7", "203.0.113.9"]],
]);
const resolve = (name: string) => Promise.resolve(NAMES.get(name) ?? []);

for (
  const [args, expected] of [
    [["ws://127.0.0.1:8080/ws"], undefined],
    [["ws://localhost:8080/ws"], undefined],
    [["ws://[::1]:8080/ws"], undefined],
    [["wss://192.168.1.7/ws"], undefined],
    [["ws://chat.internal/ws"], undefined],
    [["ws://203.0.113.9/ws"], "add --i-may-load-this-host=203.0.113.9 --really"],
    [["ws://[2001:db8::1]/ws"], "add --i-may-load-this-host=2001:db8::1 --really"],
    [["ws://chat.example/ws"], "add --i-may-load-this-host=chat.example --really"],
    [["ws://half.example/ws"], "add --i-may-load-this-host=half.example --really"],
    [["ws://unknown.example/ws"], "unknown.example could not be found"],
    // Other spellings of an address do not change it.
    [["ws://0x7f.1/ws"], undefined],
    [["ws://3405803785/ws"], "add --i-may-load-this-host=203.0.113.9 --really"],
    [["ws://chat.example/ws", "--really"], "chat.example is not on this machine"],
    [["ws://chat.example/ws", "--i-may-load-this-host=chat.example"], "is not on this machine"],
    [
      ["ws://chat.example/ws", "--i-may-load-this-host=other.example", "--really"],
      "is not on this machine",
    ],
    [["ws://chat.example/ws", "--i-may-load-this-host=chat.example", "--really"], undefined],
    [["ws://[2001:db8::1]/ws", "--i-may-load-this-host=2001:db8::1", "--really"], undefined],
  ] as const
) {
  Deno.test(`refusal() of ${args.join(" ")} is ${expected ?? "none"}`, async () => {
    const why = await hostRefusal(options(...args), resolve);
    assert.equal(why === undefined, expected === undefined, why);
    assert.ok(why?.includes(expected ?? "") ?? true, why);
  });
}

for (
  const [each, limits, expected] of [
    ["29", { messagesPerSecond: 10, maxRooms: 32 }, undefined],
    [
      "30",
      { messagesPerSecond: 10, maxRooms: 32 },
      "at most 29, which the server accepts at once",
    ],
    ["40", { messagesPerSecond: 0, maxRooms: 32 }, "at most 32, the server's MAX_ROOMS"],
    ["40", { messagesPerSecond: 0, maxRooms: 40 }, undefined],
  ] as const
) {
  Deno.test(`roomProblem() of ${each} rooms for each member is ${expected ?? "none"}`, () => {
    const made = options("ws://127.0.0.1/", "--rooms", each, "--rooms-each", each);
    const problem = roomProblem(made, { ...limits, bytesPerSecond: 0, maxTextBytes: 1_000 });
    assert.equal(problem === undefined, expected === undefined, problem);
    assert.ok(problem?.includes(expected ?? "") ?? true, problem);
  });
}

Deno.test("planLine() says how many members each room has", () => {
  const made = options("ws://127.0.0.1/", "--members=1000", "--rooms=20000", "--rooms-each=100");
  assert.match(
    planLine(made, made.pace, "bench"),
    /^1,000 members in 20,000 rooms of 5 \(bench-0 and so on\) at 127.0.0.1, 8 of them speaking/,
  );
});

const limited = { messagesPerSecond: 10, bytesPerSecond: 0, maxTextBytes: 1000 };
const unlimited = { ...limited, messagesPerSecond: 0 };
for (
  const [args, limits, perSecond, expected] of [
    [["--rate", "80"], limited, 80, undefined],
    [["--rate", "81"], limited, 80, "10 messages a second from one connection"],
    [["--closed", "1"], limited, 80, "10 messages a second from one connection"],
    [
      ["--rate", "5000", "--members", "1000", "--publishers", "1000"],
      limited,
      200,
      "200 messages a second in a room of 1,000",
    ],
    [
      [
        ...["--rate", "50000", "--members", "1000", "--publishers", "1000"],
        ...["--rooms", "100", "--rooms-each", "10"],
      ],
      limited,
      10_000,
      "10 messages a second from one connection",
    ],
    [["--rate", "5000"], unlimited, 5000, undefined],
    [["--rate", "5000"], undefined, 5000, undefined],
    [
      ["--rate", "500", "--text-bytes", "880", "--members", "100"],
      { ...unlimited, bytesPerSecond: 10_000 },
      45,
      "40,000 bytes a second in a room of 100",
    ],
    [
      ["--rate", "500", "--text-bytes", "880", "--members", "100", "--publishers", "2"],
      { ...unlimited, bytesPerSecond: 10_000 },
      20,
      "10,000 bytes a second from one connection",
    ],
  ] as const
) {
  Deno.test(`allowedPace() of ${args.join(" ")} is ${perSecond} under ${expected ?? "no limit"}`, () => {
    const { pace, note } = allowedPace(options("ws://127.0.0.1/", ...args), limits);
    assert.deepEqual(pace, { kind: "open", perSecond });
    assert.equal(note?.includes(expected ?? "") ?? false, expected !== undefined, note);
    if (expected) assert.match(note ?? "", new RegExp(`so it is ${perSecond} texts a second`));
  });
}

Deno.test("allowedPace() keeps a closed loop without a limit", () => {
  const { pace } = allowedPace(options("ws://127.0.0.1/", "--closed", "2"), undefined);
  assert.deepEqual(pace, { kind: "closed", window: 2 });
});

const spread = { p50: 1_000, p90: 2_000, p99: 3_000, p999: 4_000, max: 5_000, mean: 1_500 };
const whole: LoadReport = {
  members: 1000,
  publishers: 8,
  slow: 0,
  seconds: 10,
  said: 1000,
  expected: 1_000_000,
  deliveries: 1_000_000,
  arrived: 1_000_000,
  deliveriesPerSecond: 100_000,
  lost: 0,
  doubled: 0,
  outOfOrder: 0,
  connectMs: { total: 500, p50: 10, p90: 20, p99: 30, p999: 30, max: 30, mean: 12 },
  readyMs: 600,
  latencyMicros: spread,
  disconnected: { count: 0, codes: {} },
  behindMs: 0,
  histogram: [{ upToMicros: 1_000, count: 600_000 }, { upToMicros: 2_000, count: 400_000 }],
};

Deno.test("summary() describes the results in words and units, and draws the latencies", () => {
  const text = summary(whole, {}, 0.5);
  for (
    const line of [
      /^ {2}said +1,000 texts, 100 a second$/m,
      /^ {2}received +1,000,000 times, 100,000 a second$/m,
      /^ {2}lost +nothing$/m,
      /^ {2}latency +half within 1 ms, 90 % 2 ms, 99 % 3 ms, 99.9 % 4 ms, the longest 5 ms$/m,
      /^ +1 ms █{40} 600000, 60 %$/m,
    ]
  ) assert.match(text, line);
  assert.doesNotMatch(text, /load itself|fell behind|read nothing/);
});

Deno.test("summary() says how all members came back", () => {
  const returned = {
    missing: 0,
    seconds: 2,
    backMs: { ...spread, p50: 800, p99: 1_900 },
    failures: 3,
  };
  assert.match(
    summary({ ...whole, returned }, {}, 0.5),
    /^ {2}back +all within 2 s, 500 a second; half of them within 800 ms, 99 % within 1.9 s; 3 attempts failed and were repeated$/m,
  );
  assert.match(
    summary({ ...whole, returned: { ...returned, missing: 10 } }, {}, 0.5),
    /^ {2}back +990 of 1,000 within 2 s, 495 a second;/m,
  );
  assert.match(
    summary({ ...whole, returned: { ...returned, missing: 1_000 } }, {}, 0.5),
    /^ {2}back +none$/m,
  );
});

Deno.test("summary() reports failures, and what may be the load generator's own fault", () => {
  const text = summary(
    {
      ...whole,
      ...{
        lost: 1_234,
        deliveries: 998_766,
        doubled: 5,
        outOfOrder: 2,
        behindMs: 2_000,
        slow: 100,
      },
      disconnected: { count: 3, codes: { 1006: 1, 4008: 2 } },
    },
    { unhurried: { prompt: 100, restMs: 50 } },
    0.97,
  );
  for (
    const line of [
      /^ {2}lost +1,234 of 1,000,000$/m,
      /^ {2}doubled +5$/m,
      /^ {2}order +2 came too late$/m,
      /^ {2}closed +by the server: 3 \(1 with 1006, 2 with 4008\)$/m,
      /^ {2}measured by +the publishers and 100 other members; .* every 50 ms$/m,
      /^ {2}slow +100 members read nothing/m,
      /^The load fell behind its own clock by up to 2 s\.$/m,
      /^The load itself used 97 % of a core/m,
    ]
  ) assert.match(text, line);
});

Deno.test("summary() of no samples has no chart and no invalid number", () => {
  const nothing = { ...whole, said: 0, expected: 0, deliveries: 0, seconds: 0, histogram: [] };
  assert.doesNotMatch(summary(nothing, {}, 0), /NaN|Infinity|up to/);
});
