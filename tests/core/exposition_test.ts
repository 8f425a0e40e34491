import assert from "node:assert/strict";
import { expose } from "../../lib/core/exposition.ts";
import { Metrics } from "../../lib/core/metrics.ts";
import { readExposition } from "./exposition_reader.ts";

Deno.test("expose() writes each kind as Prometheus reads it", () => {
  const metrics = new Metrics();
  metrics.gauges("chat_connections", "Connections.", "state", () => ({ open: 3, parked: 0 }));
  metrics.counter("chat_sent_total", "Sent.").add(7);
  const histogram = metrics.histogram("chat_send_seconds", "Sending.", [0.1, 1]);
  for (const seconds of [0.05, 0.5, 0.5, 8]) histogram.observe(seconds);
  assert.equal(
    expose(metrics.snapshot()),
    `# HELP chat_connections Connections.
# TYPE chat_connections gauge
chat_connections{state="open"} 3
chat_connections{state="parked"} 0
# HELP chat_sent_total Sent.
# TYPE chat_sent_total counter
chat_sent_total 7
# HELP chat_send_seconds Sending.
# TYPE chat_send_seconds histogram
chat_send_seconds_bucket{le="0.1"} 1
chat_send_seconds_bucket{le="1"} 3
chat_send_seconds_bucket{le="+Inf"} 4
chat_send_seconds_sum 9.05
chat_send_seconds_count 4
`,
  );
});

Deno.test("expose() writes texts that a strict reader takes for the same", () => {
  const metrics = new Metrics();
  const nasty = 'a "quoted" back\\slash,\nand a {brace} 网 \\n';
  metrics.counter("chat_nasty_total", nasty, { why: nasty, empty: "" }).add();
  const [family] = readExposition(expose(metrics.snapshot()));
  assert.equal(family?.help, nasty);
  assert.deepEqual(family?.lines, [{
    name: "chat_nasty_total",
    labels: { why: nasty, empty: "" },
    value: 1,
  }]);
});

for (const value of [0, -1.5, 1e21, 1e-7, 2 ** 53, Infinity, -Infinity, NaN]) {
  Deno.test(`expose() writes ${value} so that it is read again`, () => {
    const metrics = new Metrics();
    metrics.gauge("chat_some_value", "Some value.", () => value);
    const [family] = readExposition(expose(metrics.snapshot()));
    assert.equal(family?.lines[0]?.value, value);
  });
}

Deno.test("expose() writes nothing where nothing is counted", () => {
  assert.equal(expose(new Metrics().snapshot()), "");
});
