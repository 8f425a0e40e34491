/** The cost of counting, and of a request for the metrics. */
import { workerMetrics } from "../lib/chat/metrics.ts";
import { formatPrometheus } from "../lib/core/metrics/prometheus.ts";
import { Metrics } from "../lib/core/metrics/metrics.ts";
import { mergeSnapshots } from "../lib/core/metrics/merge.ts";

const metrics = new Metrics();
const { messagesOut, deliverySeconds } = workerMetrics(metrics);

Deno.bench("Counter.add()", { group: "count", baseline: true }, () => {
  messagesOut.add();
});
Deno.bench("Histogram.observe()", { group: "count" }, () => {
  deliverySeconds.observe(0.004);
});
Deno.bench("formatPrometheus() and mergeSnapshots(): four workers", { group: "expose" }, () => {
  formatPrometheus(mergeSnapshots([1, 2, 3, 4].map(() => metrics.snapshot())));
});
