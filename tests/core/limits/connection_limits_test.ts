import assert from "node:assert/strict";
import {
  AdmissionControl,
  type ConnectionSlot,
  EXEMPT_KEY,
} from "../../../lib/core/limits/connection_limits.ts";

const LIMITS = { maxConnections: 1_000, connectionsPerAddress: 256, handshakesPerSecond: 0 };

/** Acquires up to this many slots. */
function acquireAll(
  admission: AdmissionControl,
  key: string,
  now = 0,
  most = 2_000,
): ConnectionSlot[] {
  const slots: ConnectionSlot[] = [];
  while (slots.length < most) {
    const slot = admission.acquire(key, now);
    if (typeof slot === "string") break;
    slots.push(slot);
  }
  return slots;
}

Deno.test("AdmissionControl gives each address its share, and exempt addresses all that is left", () => {
  const admissions = new AdmissionControl(LIMITS);
  assert.equal(acquireAll(admissions, "a").length, 256);
  assert.equal(admissions.acquire("a", 0), "all of this key taken");
  assert.equal(acquireAll(admissions, EXEMPT_KEY).length, 1_000 - 256);
  assert.equal(admissions.acquire("b", 0), "all taken");
});

Deno.test("AdmissionControl limits handshakes per second to a burst of ten seconds' worth, counting refused ones", () => {
  const limits = { maxConnections: 100_000, connectionsPerAddress: 0, handshakesPerSecond: 20 };
  const admissions = new AdmissionControl(limits);
  assert.equal(acquireAll(admissions, "a").length, 200);
  assert.equal(admissions.acquire("a", 49), "too many handshakes");
  assert.equal(acquireAll(admissions, "a", 1_000).length, 20);
  assert.equal(acquireAll(admissions, EXEMPT_KEY).length, 2_000);
  assert.equal(typeof admissions.acquire("b", 0), "object");
});

Deno.test("AdmissionControl refuses every address while memory is exhausted", () => {
  const admissions = new AdmissionControl(LIMITS);
  admissions.hasMemory = false;
  assert.deepEqual([admissions.acquire("a", 0), admissions.acquire(EXEMPT_KEY, 0)], [
    "no memory",
    "no memory",
  ]);
  admissions.hasMemory = true;
  assert.equal(typeof admissions.acquire("a", 0), "object");
});

Deno.test("AdmissionControl ignores the first dead connections of an address", () => {
  const admissions = new AdmissionControl(LIMITS);
  for (const slot of acquireAll(admissions, "a", 0, 64)) {
    slot.charge("dead", 0);
    slot[Symbol.dispose]();
  }
  assert.equal(acquireAll(admissions, "a").length, 256);
});

Deno.test("AdmissionControl shrinks the share of an address with each of its dead connections, even after they are gone", () => {
  const admissions = new AdmissionControl(LIMITS);
  const dead = acquireAll(admissions, "a", 0, 120);
  for (const slot of dead.slice(0, 100)) slot.charge("dead", 0);
  // 36 above what is free, each worth 2: its share is 184, and it holds 120.
  assert.equal(acquireAll(admissions, "a").length, 64);
  assert.equal(admissions.acquire("a", 0), "address charged");
  for (const slot of dead) slot[Symbol.dispose]();
  assert.equal(acquireAll(admissions, "a").length, 120);
  assert.equal(acquireAll(admissions, "b").length, 256);
});

Deno.test("AdmissionControl forgives a dead connection every ten seconds", () => {
  const admissions = new AdmissionControl(LIMITS);
  for (let time = 0; time < 193; time++) admissions.charge("a", "dead", 0);
  assert.equal(admissions.acquire("a", 10_000), "address charged");
  assert.equal(acquireAll(admissions, "a", 20_000).length, 2);
  assert.equal(acquireAll(admissions, "a", 2_000_000).length, 254);
});

Deno.test("AdmissionControl refuses an address for ten minutes after memory ran out four times because of it", () => {
  const admissions = new AdmissionControl(LIMITS);
  const left = [1, 2, 3, 4].map(() => {
    admissions.charge("a", "memory", 0);
    const slots = acquireAll(admissions, "a");
    for (const slot of slots) slot[Symbol.dispose]();
    return slots.length;
  });
  assert.deepEqual(left, [256, 128, 0, 0]);
  const minute = 60_000;
  assert.equal(admissions.acquire("a", 10.6 * minute), "address charged");
  assert.equal(typeof admissions.acquire("a", 10.9 * minute), "object");
});

Deno.test("AdmissionControl refuses an address for at most an hour, whatever it was charged", () => {
  const admissions = new AdmissionControl(LIMITS);
  for (let time = 0; time < 1_000; time++) admissions.charge("a", "memory", 0);
  assert.equal(admissions.acquire("a", 3_000_000), "address charged");
  assert.equal(typeof admissions.acquire("a", 3_600_000), "object");
});

Deno.test("AdmissionControl ignores the dead connections of exempt addresses", () => {
  const admissions = new AdmissionControl(LIMITS);
  for (let time = 0; time < 500; time++) admissions.charge(EXEMPT_KEY, "dead", 0);
  assert.equal(acquireAll(admissions, EXEMPT_KEY).length, 1_000);
});

Deno.test("AdmissionControl frees a slot once, however often it is disposed", () => {
  const admissions = new AdmissionControl(LIMITS);
  const [one] = acquireAll(admissions, "a", 0, 2);
  one?.[Symbol.dispose]();
  one?.[Symbol.dispose]();
  assert.equal(admissions.used, 1);
});
