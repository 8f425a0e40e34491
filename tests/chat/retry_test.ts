import assert from "node:assert/strict";
import { BusUnavailable } from "../../lib/chat/ports/bus.ts";
import { retryWhileUnavailable } from "../../lib/chat/retry.ts";
import { FakeClock, flushMicrotasks } from "../support/fakes.ts";

/** A bus that is unavailable at first, and callers that retry. */
class Away {
  readonly clock = new FakeClock();
  readonly end = new AbortController();
  readonly triedAt: number[] = [];
  isBack = false;
  #back = Promise.withResolvers<void>();

  whenBack(): Promise<void> {
    return this.#back.promise;
  }

  comeBack(): void {
    this.#back.resolve();
    this.#back = Promise.withResolvers();
  }

  try(random = 0.9): Promise<string | undefined> {
    const context = { clock: this.clock, random: () => random, bus: this };
    const fn = () => {
      this.triedAt.push(this.clock.now());
      return this.isBack
        ? Promise.resolve("done")
        : Promise.reject(new BusUnavailable("away", { mayHaveApplied: false }));
    };
    return retryWhileUnavailable(fn, context, this.end.signal);
  }
}

Deno.test("retryWhileUnavailable() retries when the bus is back, however long its own wait is", async () => {
  const away = new Away();
  const done = away.try();
  await away.clock.advance(60_000);
  away.isBack = true;
  away.comeBack();
  await away.clock.advance(250);
  assert.equal(await done, "done");
  assert.ok((away.triedAt.at(-1) ?? 0) <= 60_250, `${away.triedAt.at(-1)}`);
  assert.equal(away.clock.sleeping, 0);
});

Deno.test("retryWhileUnavailable() spreads callers that are woken together", async () => {
  const away = new Away();
  const done = [0, 0.25, 0.5, 0.75].map((random) => away.try(random));
  await away.clock.advance(60_000);
  away.triedAt.length = 0;
  away.isBack = true;
  away.comeBack();
  await away.clock.advance(250);
  await Promise.all(done);
  assert.deepEqual(away.triedAt.map((at) => at - 60_000), [0, 62.5, 125, 187.5]);
});

Deno.test("retryWhileUnavailable() notices that the bus came back during an attempt", async () => {
  const away = new Away();
  const failure = Promise.withResolvers<string>();
  let tries = 0;
  const fn = () => ++tries === 1 ? failure.promise : Promise.resolve("done");
  const context = { clock: away.clock, random: () => 0, bus: away };
  const done = retryWhileUnavailable(fn, context, away.end.signal);
  await flushMicrotasks();
  away.comeBack();
  failure.reject(new BusUnavailable("away", { mayHaveApplied: true }));
  await away.clock.advance(0);
  assert.equal(await done, "done");
});

Deno.test("retryWhileUnavailable() resets its waits when the bus was back and is away again", async () => {
  const away = new Away();
  away.try();
  await away.clock.advance(60_000);
  away.comeBack();
  away.triedAt.length = 0;
  await away.clock.advance(1_000);
  const [first = 0, second = 0] = away.triedAt;
  assert.ok(second - first <= 100, `${away.triedAt}`);
});

Deno.test("retryWhileUnavailable() ends immediately when its signal aborts, whether or not the bus comes back", async () => {
  const away = new Away();
  const done = away.try();
  await away.clock.advance(10_000);
  away.end.abort();
  assert.equal(await done, undefined);
  assert.equal(away.clock.sleeping, 0);
});
