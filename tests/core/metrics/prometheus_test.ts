import assert from "node:assert/strict";
import { formatPrometheus } from "../../../lib/core/metrics/prometheus.ts";
import { Metrics } from "../../../lib/core/metrics/metrics.ts";
import { readExposition } from "./prometheus_reader.ts";

Deno.test("formatPrometheus() writes each kind in Prometheus's format", () => {
  const metrics = new Metrics();
  metrics.gauges("parley_connections", "Connections.", "state", () => ({ open: 3, parked: 0 }));
  metrics.counter("parley_sent_total", "Sent.").add(7);
  const histogram = metrics.histogram("parley_send_seconds", "Sending.", [0.1, 1]);
  for (const seconds of [0.05, 0.5, 0.5, 8]) histogram.observe(seconds);
  assert.equal(
    formatPrometheus(metrics.snapshot()),
    `# HELP parley_connections Connections.
# TYPE parley_connections gauge
parley_connections{state="open"} 3
parley_connections{state="parked"} 0
# HELP parley_sent_total Sent.
# TYPE parley_sent_total counter
parley_sent_total 7
# HELP parley_send_seconds Sending.
# TYPE parley_send_seconds histogram
parley_send_seconds_bucket{le="0.1"} 1
parley_send_seconds_bucket{le="1"} 3
parley_send_seconds_bucket{le="+Inf"} 4
parley_send_seconds_sum 9.05
parley_send_seconds_count 4
`,
  );
});

Deno.test("formatPrometheus() escapes texts so that a strict parser returns them unchanged", () => {
  const metrics = new Metrics();
  const nasty = 'a "quoted" back\\slash,\nand a {brace} 网 \\n';
  metrics.counter("parley_nasty_total", nasty, { why: nasty, empty: "" }).add();
  const [family] = readExposition(formatPrometheus(metrics.snapshot()));
  assert.equal(family?.help, nasty);
  assert.deepEqual(family?.lines, [{
    name: "parley_nasty_total",
    labels: { why: nasty, empty: "" },
    value: 1,
  }]);
});

for (const value of [0, -1.5, 1e21, 1e-7, 2 ** 53, Infinity, -Infinity, NaN]) {
  Deno.test(`formatPrometheus() writes ${value} so that it parses as the same value`, () => {
    const metrics = new Metrics();
    metrics.gauge("parley_some_value", "Some value.", () => value);
    const [family] = readExposition(formatPrometheus(metrics.snapshot()));
    assert.equal(family?.lines[0]?.value, value);
  });
}

Deno.test("formatPrometheus() writes nothing for an empty snapshot", () => {
  assert.equal(formatPrometheus(new Metrics().snapshot()), "");
});
