/**
 * Members with devices among guests who want their names, on nodes that fail: a device returns until it is signed out, and a
 * guest always, nobody else is let in with their older tokens, and no guest is called like a member for long.
 * @module
 */
import { userKind } from "../../lib/core/auth/user_kind.ts";
import type { UserId } from "../../lib/core/log/entry.ts";
import { type Name, parseName } from "../../lib/core/names/names.ts";
import { nameKeys } from "../../lib/core/names/name_keys.ts";
import { JsonClient } from "./clients/json_client.ts";
import { type MemberClient, SimMember } from "./clients/member_client.ts";
import { Thief } from "./clients/thief.ts";
import { injectFaults, scheduleActions } from "./fault_injection.ts";
import { checkNames, runUntilDelivered } from "./final_checks.ts";
import type { SimulationResult } from "./scenario.ts";
import { type Mutant, UNMUTATED } from "./world/mutant.ts";
import type { SimDirectory } from "./world/sim_directory.ts";
import { World } from "./world/world.ts";

const STORM_MS = 60_000;
const QUIET_MS = 120_000;
const CHECK_MS = 2_000;
const THEFTS_MS = 30_000;
/** A node learns of a name within 30 s, cannot reach the store for 14 more, and refreshes every 10; a crashed one's lease lasts 45. */
const GIVEN_UP_WITHIN_MS = 100_000;

/** Runs this simulation; see `simulate`. */
export async function simulateMembers(
  seed: number,
  mutant: Mutant = UNMUTATED,
): Promise<SimulationResult> {
  const world = new World(seed, mutant, { checksExpiry: true, hasMembers: true });
  const { clock, dice, violations, trace, directory } = world;
  if (directory === undefined) return world.fail("a world without members");
  const members = ["ann", "bob"].map((id) => new SimMember(world, id));
  for (const member of members) {
    const name = dice.pick(["Ann", "json0", "Bea"]);
    const secret = await directory.makeInvite("member");
    clock.after(dice.between(1, 10_000), () => member.add(secret, name));
  }
  const guests = [new JsonClient(world, "json0", 100), new JsonClient(world, "json1", 100)];
  if (dice.chance(0.5)) guests.push(new JsonClient(world, "json2", 100, guests[0]));
  for (const { wantedRooms } of guests) {
    for (const room of world.rooms) if (dice.chance(0.8)) wantedRooms.add(room);
  }
  for (const guest of guests) {
    clock.after(dice.between(1, 2_000), () => guest.connect());
    scheduleActions(world, guest, STORM_MS);
  }
  const devices = () => members.flatMap((it) => it.devices);
  scheduleMembers(world, devices);
  scheduleChecks(world, directory);
  const clients = { json: guests, text: [], library: [], members };
  injectFaults(world, clients, STORM_MS, false);
  await clock.run(STORM_MS);
  world.stopFaults();
  scheduleThefts(world, guests);
  await clock.run(QUIET_MS);
  await runUntilDelivered(world);
  for (const client of [...guests, ...devices()]) client.checkFinalState();
  checkNames(world, clients);
  for (const client of [...guests, ...devices()]) client.retire();
  await clock.run(1_000);
  return { violations, trace };
}

function scheduleMembers(world: World, devices: () => readonly MemberClient[]): void {
  const { clock, dice } = world;
  const act = () => {
    if (clock.now() >= STORM_MS) return;
    const all = devices();
    if (all.length > 0) {
      const device = dice.pick(all);
      world.guard(() =>
        dice.chance(0.2) ? Thief.tryOne(world, device.worthlessTokens) : device.act()
      );
    }
    clock.after(dice.between(1, 1_500), act);
  };
  clock.after(dice.between(1, 3_000), act);
}

/** Guests come back, so that their older tokens are worth nothing, and others try those. */
function scheduleThefts(world: World, guests: readonly JsonClient[]): void {
  const { clock, dice } = world;
  const act = () => {
    if (clock.now() >= STORM_MS + THEFTS_MS) return;
    const { wire, tokens } = dice.pick(guests);
    if (dice.chance(0.5)) wire?.cut(1);
    else world.guard(() => Thief.tryOne(world, tokens.worthless));
    clock.after(dice.between(1, 1_500), act);
  };
  act();
}

/** The keys of a name; of a guest's temporary one also those of the name that it looks like. */
function keysOf(user: UserId, name: Name): readonly string[] {
  const [, stem] = /^(.*) \(\d+\)$/.exec(name) ?? [];
  const wanted = userKind(user) === "guest" ? parseName(stem ?? "") : undefined;
  return [...nameKeys(name), ...wanted ? nameKeys(wanted) : []];
}

/** Checks again and again that names have one owner, and that nobody else has had one for long. */
function scheduleChecks(world: World, directory: SimDirectory): void {
  const since = new Map<string, number>();
  const { clock, rooms, redis } = world;
  const check = async () => {
    await directory.checkNames();
    const owners = await directory.owners();
    const seen = new Set<string>();
    for (const room of rooms) {
      for (const { user, name } of redis.people(room)) {
        if (keysOf(user, name).every((key) => (owners.get(key) ?? user) === user)) continue;
        const what = `${user} is ${name} in ${room}`;
        seen.add(what);
        if (!since.has(what)) since.set(what, clock.now());
        if (clock.now() - (since.get(what) ?? 0) > GIVEN_UP_WITHIN_MS) {
          world.reportViolation(`${what}, which is a member's name`);
        }
      }
    }
    for (const what of since.keys()) if (!seen.has(what)) since.delete(what);
  };
  const next = () => {
    if (clock.now() >= STORM_MS + QUIET_MS) return;
    check().catch((error) => world.reportViolation(String(error)));
    clock.after(CHECK_MS, next);
  };
  clock.after(CHECK_MS, next);
}
