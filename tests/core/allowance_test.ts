/**
 * That a connection is let through within its budgets, told above them, and closed only when it goes on regardless.
 * @module
 */
import assert from "node:assert/strict";
import { Allowance, ConnectionLimits, type Leave } from "../../lib/core/allowance.ts";

/** An allowance of a connection alone at its address. */
function allow(messagesPerSecond: number, bytesPerSecond = 0): Allowance {
  return new Allowance(new ConnectionLimits({ messagesPerSecond, bytesPerSecond }));
}

/** What is said to one who asks so many times at the same moment. */
function answers(allowance: Allowance, count: number, now: number, bytes = 1): string[] {
  return Array.from({ length: count }, () => word(allowance.ask(now, bytes)));
}

function word(leave: Leave): "granted" | "refused" | "forfeited" {
  return typeof leave === "string" ? leave : "refused";
}

Deno.test("Allowance grants three seconds' worth, refuses as many, and then it is forfeited", () => {
  const said = answers(allow(10), 62, 0);
  assert.deepEqual(new Set(said.slice(0, 30)), new Set(["granted"]));
  assert.deepEqual(new Set(said.slice(30, 60)), new Set(["refused"]));
  assert.deepEqual(said.slice(60), ["forfeited", "forfeited"]);
});

Deno.test("Allowance grants one at a time where three seconds' worth is less than one", () => {
  const allowance = allow(0.1);
  assert.deepEqual(answers(allowance, 3, 0), ["granted", "refused", "forfeited"]);
  assert.deepEqual(answers(allowance, 1, 10_000), ["granted"]);
});

Deno.test("Allowance without a limit grants everything", () => {
  assert.deepEqual(new Set(answers(allow(0), 10_000, 0, 1e9)), new Set(["granted"]));
});

Deno.test("Allowance counts time from the first question on", () => {
  const said = answers(allow(1), 4, 500_000);
  assert.deepEqual(said, ["granted", "granted", "granted", "refused"]);
});

Deno.test("Allowance refills refusals ten times slower than words", () => {
  const allowance = allow(1);
  answers(allowance, 6, 0);
  // One word has been gained, and a tenth of a refusal.
  assert.deepEqual(answers(allowance, 2, 1_000), ["granted", "forfeited"]);
  // Three words have been gained, and one refusal.
  const said = answers(allowance, 5, 10_000);
  assert.deepEqual(said, ["granted", "granted", "granted", "refused", "forfeited"]);
});

for (
  const [what, timesTheRate, worst] of [
    ["grants everything to who keeps to the rate", 0.99, "granted"],
    ["only tells who is a little too fast", 1.05, "refused"],
    ["is forfeited by who goes on at twice the rate", 2, "forfeited"],
  ] as const
) {
  for (const dimension of ["messages", "bytes"] as const) {
    Deno.test(`Allowance ${what}, in ${dimension}`, () => {
      const allowance = dimension === "messages" ? allow(10) : allow(0, 1_000);
      const said = new Set<string>();
      for (let k = 0; k < 6_000; k++) {
        said.add(word(allowance.ask(k * 100 / timesTheRate, 100)));
      }
      const order = ["granted", "refused", "forfeited"];
      assert.equal(order.findLast((leave) => said.has(leave)), worst);
    });
  }
}

Deno.test("Allowance tells when the same message will be granted, and it is", () => {
  const allowance = allow(10, 1_000);
  assert.equal(allowance.ask(0, 16_000), "granted");
  assert.deepEqual(allowance.ask(0, 500), { afterMs: 500 });
  assert.deepEqual(allowance.ask(499, 500), { afterMs: 1 });
  assert.equal(allowance.ask(500, 500), "granted");
});

Deno.test("Allowance charges patience for all that is dropped with a refused message", () => {
  const allowance = allow(10, 1_000);
  allowance.ask(0, 16_000);
  assert.equal(word(allowance.ask(0, 10, 15_000)), "refused");
  assert.equal(word(allowance.ask(0, 10, 2_000)), "forfeited");
});

Deno.test("Allowance.charge() makes what was granted cost more, into debt", () => {
  const allowance = allow(10);
  assert.equal(allowance.ask(0, 1), "granted");
  allowance.charge(0, 30);
  assert.deepEqual(allowance.ask(0, 1), { afterMs: 200 });
  assert.equal(allowance.ask(200, 1), "granted");
});

Deno.test("Allowance grants no more to all connections of an address than the address may send", () => {
  const limits = new ConnectionLimits({ messagesPerSecond: 1, bytesPerSecond: 0 });
  const grantedTo = (address: string | undefined) => {
    const connections = Array.from({ length: 400 }, () => new Allowance(limits, address));
    return connections.flatMap((it) => answers(it, 3, 0)).filter((it) => it === "granted").length;
  };
  assert.equal(grantedTo("192.0.2.1"), 1_000);
  assert.equal(grantedTo("192.0.2.1"), 0);
  assert.equal(grantedTo("192.0.2.2"), 1_000);
  assert.equal(grantedTo(undefined), 1_200);
});

Deno.test("Allowance is not forfeited by who keeps to its own rate where others have spent the budget of the address", () => {
  const limits = new ConnectionLimits({ messagesPerSecond: 1, bytesPerSecond: 1_000 });
  const said: string[] = [], flood: string[] = [];
  const connections = Array.from({ length: 400 }, () => new Allowance(limits, "192.0.2.1"));
  for (const it of connections) answers(it, 3, 0);
  const [patient, flooder] = [1, 2].map(() => new Allowance(limits, "192.0.2.1"));
  for (let second = 1; second < 100; second++) {
    // The others go on and take what comes in.
    for (const it of connections) it.ask(second * 1_000, 1);
    if (patient) said.push(word(patient.ask(second * 1_000, 100)));
    if (flooder) flood.push(...answers(flooder, 3, second * 1_000));
  }
  assert.deepEqual(new Set(said), new Set(["refused"]));
  assert.equal(flood.at(-1), "forfeited");
});

Deno.test("Allowance charges whoever is refused for all that is dropped, also where the address has spent too much", () => {
  const limits = new ConnectionLimits({ messagesPerSecond: 0, bytesPerSecond: 1_000 });
  for (let i = 0; i < 4; i++) new Allowance(limits, "192.0.2.1").ask(0, 16_000);
  const flooder = new Allowance(limits, "192.0.2.1");
  const said = Array.from({ length: 3 }, () => word(flooder.ask(0, 10, 15_995)));
  assert.deepEqual(said, ["refused", "refused", "forfeited"]);
});

Deno.test("Allowance.wait() costs patience only where it is asked again before it is time", () => {
  const refusals = (ask: (allowance: Allowance, round: number) => Leave) => {
    const allowance = allow(10);
    return Array.from({ length: 100 }, (_, round) => word(ask(allowance, round)));
  };
  const all = refusals((it) => it.wait(500, 5_000));
  assert.deepEqual(new Set(all), new Set(["refused"]), "all at once");
  const obedient = refusals((it, round) => it.wait(Math.floor(round / 30) * 5_000, 5_000));
  assert.deepEqual(new Set(obedient), new Set(["refused"]), "again when it is time");
  const deaf = refusals((it, round) => it.wait(round * 111, 60_000));
  assert.deepEqual([deaf.at(8), deaf.at(-1)], ["refused", "forfeited"], "nine times a second");
});

Deno.test("Allowance leaves the budget of the address to the others when its own is spent", () => {
  const limits = new ConnectionLimits({ messagesPerSecond: 1, bytesPerSecond: 0 });
  const flooder = new Allowance(limits, "192.0.2.1");
  answers(flooder, 5_000, 0);
  const others = Array.from({ length: 200 }, () => new Allowance(limits, "192.0.2.1"));
  assert.ok(others.every((it) => answers(it, 3, 0).every((leave) => leave === "granted")));
});
