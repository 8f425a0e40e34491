/** What happens to a form that is submitted again before its response has arrived. */
import assert from "node:assert/strict";
import { lastWins } from "../../../../static/page/base/last_wins.js";
import { flushMicrotasks } from "../../../support/fakes.ts";

/** Actions that finish on demand. */
function start() {
  const done: string[] = [];
  const gates: (() => void)[] = [];
  const submit = lastWins(async (value: string, isLast: () => boolean) => {
    await new Promise<void>((resolve) => gates.push(resolve));
    done.push(`${value}${isLast() ? "" : " (not the last)"}`);
  });
  const answer = async () => {
    gates.shift()?.();
    await flushMicrotasks();
  };
  return { submit, answer, done, gates };
}

for (
  const [what, values, expected] of [
    ["one value", ["a"], ["a"]],
    ["another value while the first one is pending", ["a", "b"], ["a (not the last)", "b"]],
    ["several, of which the last one counts", ["a", "b", "c"], ["a (not the last)", "c"]],
    ["the same one twice", ["a", "a"], ["a"]],
    ["the first one again at the end", ["a", "b", "a"], ["a"]],
  ] as const
) {
  Deno.test(`lastWins() handles ${what}`, async () => {
    const { submit, answer, done, gates } = start();
    for (const value of values) submit(value);
    assert.equal(gates.length, 1, "one at a time");
    await answer();
    await answer();
    assert.deepEqual(done, expected);
    assert.equal(gates.length, 0);
    submit("later");
    await answer();
    assert.equal(done.at(-1), "later");
  });
}
