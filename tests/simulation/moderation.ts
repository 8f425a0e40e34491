/**
 * Moderators who mute, ban, remove and clear at random, among guests who come back as somebody else and nodes that fail: what they
 * have decided holds in each room from its entry on, and in the service a second later; nobody else is refused anything. An owner
 * makes members moderators and moderators members, which holds a second later as well.
 * @module
 */
import { RoomState } from "../../lib/core/log/room_state.ts";
import type { RoomId } from "../../lib/core/names/names.ts";
import { AUDIT_ROOM } from "../../lib/core/rooms/service_rooms.ts";
import { ModeratedClient } from "./clients/moderated_client.ts";
import { ModeratorClient } from "./clients/moderator_client.ts";
import { injectFaults, restart, switchOver } from "./fault_injection.ts";
import { runUntilDelivered } from "./final_checks.ts";
import type { SimulationResult } from "./scenario.ts";
import { type Mutant, UNMUTATED } from "./world/mutant.ts";
import { foldRules } from "./oracles/rules_fold.ts";
import { World } from "./world/world.ts";

const STORM_MS = 20_000;
/** Until every node has found what it has missed. */
const RECOVERY_MS = 40_000;
const CALM_MS = 20_000;
const ACTIVE_MS = STORM_MS + RECOVERY_MS + CALM_MS;
/** Mutes and bans that end have ended by then. */
const QUIET_MS = 60_000;
/** Time to join as whoever one is in the end. */
const STAY_MS = 5_000;
const SWEEP_MS = 3_000;
const CHECK_MS = 250;
/** A banned user has no connection this long after the ban has reached its node. */
const CLOSED_WITHIN_MS = 1_000;

/** Runs this simulation; see `simulate`. */
export async function simulateModeration(
  seed: number,
  mutant: Mutant = UNMUTATED,
): Promise<SimulationResult> {
  const world = new World(seed, mutant, {
    checksExpiry: true,
    hasMembers: true,
    hasModerators: true,
  });
  const { clock, dice, violations, trace, moderation, directory } = world;
  if (moderation === undefined || directory === undefined) {
    return world.fail("a world without moderators");
  }
  const people = [
    { id: "ann", role: "member" } as const,
    { id: "gus", address: "192.0.2.1" },
    { id: "gil", address: "192.0.2.1" },
    { id: "gem", address: "192.0.2.2" },
  ].map((user) => new ModeratedClient(world, user));
  const changing = [
    { id: "max", invite: await directory.makeInvite("moderator") },
    { id: "mia", invite: await directory.makeInvite("member") },
  ].map((user) => new ModeratorClient(world, user, people));
  const oda = new ModeratorClient(world, { id: "oda", role: "owner" }, people, changing);
  const moderators = [oda, ...changing];
  const all = [...people, ...moderators];
  for (const client of people) scheduleActs(world, client, 1_000);
  for (const client of moderators) scheduleActs(world, client, 1_500);
  scheduleSweeps(world);
  scheduleChecks(world, all);
  const clients = { json: [], text: [], library: [], moderated: all };
  injectFaults(world, clients, STORM_MS, dice.chance(0.4));
  for (let count = dice.between(0, 2); count > 0; count--) {
    clock.after(dice.between(1, STORM_MS), () => switchOver(world));
  }
  await clock.run(STORM_MS);
  world.stopFaults();
  await clock.run(RECOVERY_MS);
  moderation.calmSince = clock.date();
  // A node that starts has to learn everything before it lets anybody in.
  for (let count = dice.between(0, 2); count > 0; count--) {
    clock.after(dice.between(1, CALM_MS), () => restart(world, clients));
  }
  await clock.run(CALM_MS);
  if (dice.chance(0.5)) oda.calmDown();
  await clock.run(QUIET_MS);
  for (const client of all) client.stay();
  await clock.run(STAY_MS);
  for (const client of all) client.settle();
  await runUntilDelivered(world);
  await clock.run(1_000);
  for (const client of all) client.checkFinalState();
  checkStates(world);
  for (const client of all) client.retire();
  await clock.run(1_000);
  return { violations, trace };
}

function scheduleActs(world: World, client: ModeratedClient, pauseMs: number): void {
  const { clock, dice } = world;
  clock.after(dice.between(1, 2_000), () => client.connect());
  const act = () => {
    if (clock.now() >= ACTIVE_MS) return;
    world.guard(() => client.act());
    clock.after(dice.between(1, 2 * pauseMs), act);
  };
  clock.after(dice.between(1, 2 * pauseMs), act);
}

function scheduleSweeps(world: World): void {
  const sweep = () => {
    world.redis.sweep();
    if (world.clock.now() < ACTIVE_MS) world.clock.after(SWEEP_MS, sweep);
  };
  sweep();
}

/** Checks again and again what may be wrong for a moment, but not for longer. */
function scheduleChecks(world: World, clients: readonly ModeratedClient[]): void {
  const { clock } = world;
  const since = new Map<string, number>();
  const check = () => {
    const seen = new Set<string>();
    for (const what of clients.flatMap((it) => [...unfinished(world, it)])) {
      seen.add(what);
      if (!since.has(what)) since.set(what, clock.now());
      const isTooLong = clock.now() - (since.get(what) ?? 0) > CLOSED_WITHIN_MS + CHECK_MS;
      if (isTooLong) world.reportViolation(what);
    }
    for (const what of since.keys()) if (!seen.has(what)) since.delete(what);
    if (clock.now() < ACTIVE_MS + QUIET_MS + STAY_MS) clock.after(CHECK_MS, check);
  };
  clock.after(CHECK_MS, check);
}

/** What has to change soon: connections to nodes that know of a ban, and mutes of guests whose addresses may speak. */
function* unfinished(world: World, { id, user, address, wire, rooms }: ModeratedClient) {
  const { moderation, clock } = world;
  if (moderation === undefined || user === undefined || !wire?.isHeldByNode) return;
  const audited = wire.node.rooms.get(AUDIT_ROOM)?.last;
  if (moderation.isBannedAt(user, audited)) {
    yield `${id}: ${user} is banned and still connected to ${wire.node.id}`;
  }
  if (address === undefined || clock.date() < moderation.calmSince) return;
  for (const room of rooms.joined) {
    if (!moderation.isMutedOnAddress(user, room)) {
      yield `${id}: ${user} is muted in ${room}, and the address is not`;
    }
  }
}

/** Checks that each node, and the store, know what the logs say, and nothing else. */
function checkStates(world: World): void {
  for (const room of [...world.rooms, AUDIT_ROOM]) {
    const expected = describeRules(world, room);
    const report = (who: string, state: RoomState) => {
      const known = describeState(state, world.clock.date());
      if (known !== expected) world.reportViolation(`${who}: ${room}: ${known}, not ${expected}`);
    };
    report("the store", new RoomState(world.redis.state(room).fields));
    for (const { id, rooms } of world.running) {
      const open = rooms.get(room);
      if (open && !open.signal.aborted) report(id, open.state);
    }
  }
}

function describeState(state: RoomState, date: number): string {
  const { readOnly, slowSeconds } = state.settings;
  const imposed = state.sanctions(date).map(({ kind, user, room, until }) =>
    `${kind} ${user} ${room ?? ""} ${until}`
  );
  return [...imposed.toSorted(), readOnly, slowSeconds, state.isLockedDown].join();
}

function describeRules({ redis, clock }: World, room: RoomId): string {
  const rules = foldRules(redis.oracle(room).log);
  const imposed = [...rules.imposed.values()].filter(({ sanction }) =>
    sanction.until > clock.date()
  ).map(({ sanction: { kind, user, until, ...event } }) =>
    `${kind} ${user} ${"room" in event ? event.room ?? "" : ""} ${until}`
  );
  const { isReadOnly, slowSeconds, lockedDownAt } = rules;
  return [...imposed.toSorted(), isReadOnly, slowSeconds, lockedDownAt !== undefined].join();
}
