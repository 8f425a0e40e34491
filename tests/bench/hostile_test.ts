/** The options of the attack bench, how it judges its measurements, and its attacks of members. */
import assert from "node:assert/strict";
import type { Attack } from "../../bench/hostile/attack.ts";
import { Attacker } from "../../bench/hostile/attacker.ts";
import { ATTACKS } from "../../bench/hostile/attacks.ts";
import { parseOptions } from "../../bench/hostile/options.ts";
import { failuresOf, type Result, resultTable } from "../../bench/hostile/report.ts";
import { inviteAsOperator, MEMBER_SETTINGS } from "../support/identity/member_links.ts";
import { DEADLINE_MS } from "../support/provision.ts";
import { startTestService } from "../support/service.ts";

const MIB = 1024 * 1024;
const calm = { p99Ms: 10, said: 100, expected: 10_000, received: 10_000 };
const held: Result = {
  engine: "deno",
  attack: { name: "flood", about: "Much of it", refusedBy: ["close 1008", "fault slow_down"] },
  honest: { phases: { before: calm, attack: calm }, disconnected: 0, closeCodes: [], wrong: 0 },
  refusals: { "fault slow_down": 3 },
  bytes: { before: MIB * 150, peak: MIB * 200 },
  descriptors: { before: 130, after: 130 },
  isAlive: true,
};

function during(attack: Partial<typeof calm>): Partial<Result> {
  return { honest: { ...held.honest, phases: { before: calm, attack: { ...calm, ...attack } } } };
}

Deno.test("failuresOf() finds nothing when everything held", () => {
  assert.deepEqual(failuresOf(held), []);
});

for (
  const [change, failure] of [
    [during({ p99Ms: 40 }), "ratio 4"],
    [during({ received: 9_899 }), "99 % received"],
    [{ honest: { ...held.honest, disconnected: 1 } }, "1 disconnected"],
    [{ honest: { ...held.honest, wrong: 2 } }, "2 out of order"],
    [{ bytes: { before: MIB * 300, peak: MIB * 400 } }, "400 MiB"],
    [{ engine: "node", ...during({ p99Ms: 20 }) }, "ratio 2"],
    [{ engine: "node", bytes: { before: MIB * 100, peak: MIB * 150 } }, "150 MiB"],
    [{ engine: "node", descriptors: { before: 130, after: 132 } }, "2 descriptors left"],
    [{ refusals: { "close 4008": 1 } }, "not refused"],
    [{ isAlive: false }, "the service ended"],
  ] as const
) {
  Deno.test(`failuresOf() reports ${failure}`, () => {
    assert.deepEqual(failuresOf({ ...held, ...change }), [failure]);
  });
}

Deno.test("failuresOf() requires no refusal when none is documented", () => {
  const attack = { ...held.attack, refusedBy: [] };
  assert.deepEqual(failuresOf({ ...held, attack, refusals: {} }), []);
});

Deno.test("resultTable() has a row for each attack, with its verdict", () => {
  const lines = resultTable([held, { ...held, isAlive: false }]).split("\n");
  assert.equal(lines.length, 4);
  assert.match(lines[2] ?? "", /fault slow_down × 3 \| holds \|$/);
  assert.match(lines[3] ?? "", /\*\*the service ended\*\* \|$/);
});

Deno.test("Attacks have distinct names", () => {
  assert.equal(new Set(ATTACKS.map(({ name }) => name)).size, ATTACKS.length);
});

/** An attacker whose time ends when the service has refused something as expected. */
class BriefAttacker extends Attacker {
  readonly #refusedBy: readonly string[];

  constructor(port: number, invite: string, { refusedBy }: Attack) {
    super(port, DEADLINE_MS / 1_000, invite);
    this.#refusedBy = refusedBy;
  }

  override get isOver(): boolean {
    return super.isOver || this.#refusedBy.some((how) => how in this.refusals);
  }
}

for (const attack of ATTACKS.filter(({ needsInvite }) => needsInvite)) {
  Deno.test(`The attack ${attack.name} is carried out by a member, until it is refused`, async () => {
    const settings = { ...MEMBER_SETTINGS, TRUST_PROXY: "127.0.0.1/32" };
    await using service = await startTestService(settings);
    const invite = await inviteAsOperator(service, { role: "owner" });
    const attacker = new BriefAttacker(service.port, invite, attack);
    await attack.run(attacker);
    attacker.closeAll();
    const expected = attacker.refusals["fault slow_down"] ?? 0;
    assert.ok(expected > 0);
    assert.deepEqual(attacker.refusals, { "fault slow_down": expected });
  });
}

Deno.test("parseOptions() runs every attack and writes the document by default", () => {
  const all = ATTACKS.map(({ name }) => name);
  assert.deepEqual(parseOptions([]), { only: all, seconds: 12, engine: "deno", writes: true });
});

for (
  const [args, only, writes] of [
    [["--only=pongs,none"], ["none", "pongs"], false],
    [["--only=pongs", "--seconds=3"], ["pongs"], false],
  ] as const
) {
  Deno.test(`parseOptions() accepts ${args.join(" ")}`, () => {
    const options = parseOptions(args);
    assert.ok(typeof options === "object");
    assert.deepEqual([options.only, options.writes], [only, writes]);
  });
}

Deno.test("parseOptions() omits attacks of over a minute with --quick, and writes nothing", () => {
  const options = parseOptions(["--quick"]);
  assert.ok(typeof options === "object");
  const slow = ATTACKS.filter(({ minSeconds = 0 }) => minSeconds > 60).map(({ name }) => name);
  assert.ok(slow.length > 0 && slow.every((name) => !options.only.includes(name)));
  assert.equal(options.writes, false);
});

for (const arg of ["--only=nothing", "--seconds=0", "--seconds=x", "--loud", "pongs"]) {
  Deno.test(`parseOptions() rejects ${arg}`, () => {
    assert.equal(typeof parseOptions([arg]), "string");
  });
}
