/** Parsing what Linux reports about processes, for the bench. */
import assert from "node:assert/strict";
import { metricIn } from "../../bench/fanout/server/metric_in.ts";
import {
  parseChildren,
  parseResidentBytes,
  parseSchedstat,
  parseStatTicks,
} from "../../bench/fanout/server/proc.ts";

Deno.test("parseSchedstat() returns the CPU time", () => {
  assert.equal(parseSchedstat("675421 97341 2\n"), 675_421);
});

Deno.test("parseStatTicks() adds user and kernel mode, for any program name", () => {
  const rest = "S 1 7 7 0 -1 4194304 100 0 0 0 123 45 9 9 20 0 1 0 5";
  for (const name of ["deno", "a b", "a) R 1 (b"]) {
    assert.equal(parseStatTicks(`7 (${name}) ${rest}\n`), 168, name);
  }
});

Deno.test("parseResidentBytes() parses a rollup and a status", () => {
  assert.equal(
    parseResidentBytes("5619-7ffe ---p [rollup]\nRss:    1768 kB\nPss: 1 kB\n"),
    1_810_432,
  );
  assert.equal(parseResidentBytes("Name:\tdeno\nVmHWM:\t 9 kB\nVmRSS:\t   12 kB\n"), 12_288);
});

Deno.test("parseChildren() parses several ids, and none", () => {
  assert.deepEqual(parseChildren("12 345 "), [12, 345]);
  assert.deepEqual(parseChildren(""), []);
});

for (
  const [name, parse] of [["schedstat", parseSchedstat], ["Rss", parseResidentBytes]] as const
) {
  Deno.test(`The parser of ${name} throws without a number`, () => {
    assert.throws(() => parse("nonsense"), { message: new RegExp(`^Cannot read ${name}: `) });
  });
}

Deno.test("metricIn() finds a number by name and label, or none", () => {
  const text = '# TYPE chat_x gauge\nchat_x{state="open"} 3\nchat_x{state="parked"} 7\n';
  assert.equal(metricIn(text, "chat_x", 'state="parked"'), 7);
  assert.equal(metricIn(text, "chat_y", 'state="parked"'), NaN);
});
