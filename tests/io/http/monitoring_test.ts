/** The metrics that services with all features export, compared with the operations guide and the alerts. */
import assert from "node:assert/strict";
import { parse } from "yaml";
import { readExposition } from "../../core/metrics/prometheus_reader.ts";
import { startTestService } from "../../support/service.ts";

const read = (path: string) => Deno.readTextFileSync(new URL(`../../../${path}`, import.meta.url));
const guide = read("docs/operations/monitoring.md");

const SECRET = `whsec_${btoa("x".repeat(32))}`;
// These differ in what they export. Nothing listens on the first port.
const SERVICES: readonly Readonly<Record<string, string>>[] = [
  { REDIS_URL: "redis://127.0.0.1:1" },
  { WORKERS: "1", MODERATION_URL: "http://127.0.0.1:1/", MODERATION_SECRET: SECRET },
];
/** Needs a certificate, and so another program: a test of the certificate reads it. */
const WITH_TLS = "parley_tls_expiry_timestamp_seconds";

/** The names of all exported metrics. */
async function exported(): Promise<ReadonlySet<string>> {
  const names = [WITH_TLS];
  for (const env of SERVICES) {
    await using service = await startTestService(env);
    const text = await (await fetch(`${service.adminUrl}/metrics`)).text();
    names.push(...readExposition(text).map(({ name }) => name));
  }
  return new Set(names);
}

/** The names of metrics in a text. A histogram's parts count as the histogram. */
function named(text: string, known: ReadonlySet<string>): ReadonlySet<string> {
  const words = [...text.matchAll(/\bparley_[a-z_]+/g)].map(([word]) => word);
  const whole = (word: string) => word.replace(/_(?:bucket|sum|count)$/, "");
  return new Set(words.map((word) => known.has(word) ? word : whole(word)));
}

Deno.test("The operations guide has exactly the metrics that are exported, and the alerts no others", async () => {
  const names = await exported();
  assert.deepEqual([...named(guide, names)].sort(), [...names].sort());
  const alerts = named(read("deploy/alerts.yml"), names);
  assert.deepEqual([...alerts].filter((name) => !names.has(name)), []);
});

Deno.test("Each alert has a name of its own, an expression, a summary and what to do", () => {
  const { groups } = parse(read("deploy/alerts.yml"));
  const rules = groups.flatMap(({ rules }: { rules: unknown[] }) => rules);
  assert.ok(rules.length > 5);
  for (const { alert, expr, labels, annotations } of rules) {
    assert.match(alert, /^Parley[A-Z]/);
    assert.ok(expr.length > 0 && annotations.summary && annotations.description, alert);
    assert.ok(["critical", "warning"].includes(labels.severity), alert);
  }
  assert.equal(new Set(rules.map(({ alert }: { alert: string }) => alert)).size, rules.length);
});

Deno.test("parley_ready is 0 while the service is not ready", async () => {
  await using service = await startTestService({ REDIS_URL: "redis://127.0.0.1:1" });
  const text = await (await fetch(`${service.adminUrl}/metrics`)).text();
  assert.match(text, /^parley_ready 0$/m);
});
