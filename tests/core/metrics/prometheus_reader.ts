/** Parses the Prometheus text format, version 0.0.4, as strictly as its specification allows. */
import assert from "node:assert/strict";

/** One line that is not a comment. */
export interface Line {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One metric with all its lines. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly lines: readonly Line[];
}

const HELP = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) ((?:[^\\\n]|\\\\|\\n)*)$/;
const TYPE = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/s;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/;
const NUMBER = /^(?:[+-]Inf|NaN|[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;

/** All families; throws if a line is malformed, or a family or a sample appears twice. */
export function readExposition(text: string): Family[] {
  assert.ok(text === "" || text.endsWith("\n"), "the last line does not end");
  const families = text.split(/^(?=# HELP )/m).filter((part) => part !== "").map(readFamily);
  const names = families.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length, "a family is in two places");
  families.filter(({ type }) => type === "histogram").forEach(checkHistogram);
  return families;
}

function readFamily(part: string): Family {
  const [first = "", second = "", ...rest] = part.slice(0, -1).split("\n");
  const [, name = "", help = ""] = mustMatch(HELP, first);
  const [, same, type = ""] = mustMatch(TYPE, second);
  assert.equal(name, same);
  const lines = rest.map(readLine);
  const suffixes = type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
  for (const line of lines) assert.ok(suffixes.some((it) => line.name === name + it), line.name);
  const keys = lines.map(({ name, labels }) =>
    JSON.stringify([name, Object.entries(labels).sort()])
  );
  assert.equal(new Set(keys).size, keys.length, `${name} has a sample twice`);
  return { name, help: unescaped(help), type, lines };
}

function readLine(line: string): Line {
  const [, name = "", braces = "", number = ""] = mustMatch(SAMPLE, line);
  const labels: Record<string, string> = {};
  for (let rest = braces; rest !== "";) {
    const [whole, label = "", text = ""] = mustMatch(LABEL, rest);
    assert.ok(!Object.hasOwn(labels, label), `${line} has a label twice`);
    labels[label] = unescaped(text);
    rest = rest.slice(whole.length);
  }
  mustMatch(NUMBER, number);
  return { name, labels, value: Number(number.replace("Inf", "Infinity")) };
}

/** Buckets ascend, both in their bounds and in their counts, and the last one has everything. */
function checkHistogram({ name, lines }: Family): void {
  const buckets = lines.filter((line) => line.name === `${name}_bucket`);
  const bounds = buckets.map(({ labels }) => Number(labels.le?.replace("Inf", "Infinity")));
  const counts = buckets.map(({ value }) => value);
  assert.equal(bounds.at(-1), Infinity, `${name} has no bucket for everything`);
  assert.deepEqual(bounds, bounds.toSorted((a, b) => a - b));
  assert.deepEqual(counts, counts.toSorted((a, b) => a - b));
  assert.equal(lines.find((line) => line.name === `${name}_count`)?.value, counts.at(-1));
  assert.ok(lines.some((line) => line.name === `${name}_sum`));
}

function mustMatch(pattern: RegExp, text: string): RegExpExecArray {
  const found = pattern.exec(text);
  assert.ok(found, `no ${pattern}: ${text}`);
  return found;
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, sign: string) => sign === "n" ? "\n" : sign);
}
