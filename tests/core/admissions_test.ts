import assert from "node:assert/strict";
import { Admissions, EXEMPT, type Place } from "../../lib/core/admissions.ts";

const LIMITS = { maxConnections: 1_000, connectionsPerAddress: 256, handshakesPerSecond: 0 };

/** Takes as many places as it gets, up to so many. */
function takeAll(admissions: Admissions, key: string, now = 0, most = 2_000): Place[] {
  const places: Place[] = [];
  while (places.length < most) {
    const place = admissions.take(key, now);
    if (typeof place === "string") break;
    places.push(place);
  }
  return places;
}

Deno.test("Admissions gives each address its share, and exempt ones as much as there is", () => {
  const admissions = new Admissions(LIMITS);
  assert.equal(takeAll(admissions, "a").length, 256);
  assert.equal(admissions.take("a", 0), "all of this key taken");
  assert.equal(takeAll(admissions, EXEMPT).length, 1_000 - 256);
  assert.equal(admissions.take("b", 0), "all taken");
});

Deno.test("Admissions limits handshakes per second, ten seconds' worth at once, also those it refuses", () => {
  const limits = { maxConnections: 100_000, connectionsPerAddress: 0, handshakesPerSecond: 20 };
  const admissions = new Admissions(limits);
  assert.equal(takeAll(admissions, "a").length, 200);
  assert.equal(admissions.take("a", 49), "too many handshakes");
  assert.equal(takeAll(admissions, "a", 1_000).length, 20);
  assert.equal(takeAll(admissions, EXEMPT).length, 2_000);
  assert.equal(typeof admissions.take("b", 0), "object");
});

Deno.test("Admissions refuses everybody while there is no memory", () => {
  const admissions = new Admissions(LIMITS);
  admissions.hasMemory = false;
  assert.deepEqual([admissions.take("a", 0), admissions.take(EXEMPT, 0)], [
    "no memory",
    "no memory",
  ]);
  admissions.hasMemory = true;
  assert.equal(typeof admissions.take("a", 0), "object");
});

Deno.test("Admissions holds the first dead connections of an address against nobody", () => {
  const admissions = new Admissions(LIMITS);
  for (const place of takeAll(admissions, "a", 0, 64)) {
    place.charge("dead", 0);
    place[Symbol.dispose]();
  }
  assert.equal(takeAll(admissions, "a").length, 256);
});

Deno.test("Admissions lets an address in less the more of its connections have died, also when they are gone", () => {
  const admissions = new Admissions(LIMITS);
  const dead = takeAll(admissions, "a", 0, 120);
  for (const place of dead.slice(0, 100)) place.charge("dead", 0);
  // 36 above what is free, each worth 2: 184 are left to it, and it holds 120.
  assert.equal(takeAll(admissions, "a").length, 64);
  assert.equal(admissions.take("a", 0), "address charged");
  for (const place of dead) place[Symbol.dispose]();
  assert.equal(takeAll(admissions, "a").length, 120);
  assert.equal(takeAll(admissions, "b").length, 256);
});

Deno.test("Admissions forgives a dead connection every ten seconds", () => {
  const admissions = new Admissions(LIMITS);
  for (let time = 0; time < 193; time++) admissions.charge("a", "dead", 0);
  assert.equal(admissions.take("a", 10_000), "address charged");
  assert.equal(takeAll(admissions, "a", 20_000).length, 2);
  assert.equal(takeAll(admissions, "a", 2_000_000).length, 254);
});

Deno.test("Admissions refuses an address for ten minutes where memory ran out by its side four times", () => {
  const admissions = new Admissions(LIMITS);
  const left = [1, 2, 3, 4].map(() => {
    admissions.charge("a", "memory", 0);
    const places = takeAll(admissions, "a");
    for (const place of places) place[Symbol.dispose]();
    return places.length;
  });
  assert.deepEqual(left, [256, 128, 0, 0]);
  const minute = 60_000;
  assert.equal(admissions.take("a", 10.6 * minute), "address charged");
  assert.equal(typeof admissions.take("a", 10.9 * minute), "object");
});

Deno.test("Admissions holds an address out for no more than an hour, whatever it was charged for", () => {
  const admissions = new Admissions(LIMITS);
  for (let time = 0; time < 1_000; time++) admissions.charge("a", "memory", 0);
  assert.equal(admissions.take("a", 3_000_000), "address charged");
  assert.equal(typeof admissions.take("a", 3_600_000), "object");
});

Deno.test("Admissions holds no dead connection against exempt addresses", () => {
  const admissions = new Admissions(LIMITS);
  for (let time = 0; time < 500; time++) admissions.charge(EXEMPT, "dead", 0);
  assert.equal(takeAll(admissions, EXEMPT).length, 1_000);
});

Deno.test("Admissions takes a place back once, however often it is disposed", () => {
  const admissions = new Admissions(LIMITS);
  const [one] = takeAll(admissions, "a", 0, 2);
  one?.[Symbol.dispose]();
  one?.[Symbol.dispose]();
  assert.equal(admissions.taken, 1);
});
