/** What counting costs, and what being asked costs. */
import { servingMeters } from "../lib/chat/meters.ts";
import { expose } from "../lib/core/exposition.ts";
import { Metrics } from "../lib/core/metrics.ts";
import { sum } from "../lib/core/metric_sums.ts";

const metrics = new Metrics();
const { messagesOut, deliverySeconds } = servingMeters(metrics);

Deno.bench("Counter.add()", { group: "count", baseline: true }, () => {
  messagesOut.add();
});
Deno.bench("Histogram.observe()", { group: "count" }, () => {
  deliverySeconds.observe(0.004);
});
Deno.bench("expose(): the sum of four isolates", { group: "expose" }, () => {
  expose(sum([1, 2, 3, 4].map(() => metrics.snapshot())));
});
