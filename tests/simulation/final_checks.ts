/**
 * What must hold after a long quiet period, and after all clients have left.
 * @module
 */
import { nameKeys } from "../../lib/core/names/name_keys.ts";
import { parseName, type RoomId } from "../../lib/core/names/names.ts";
import type { JsonClient } from "./clients/json_client.ts";
import type { SimClients } from "./fault_injection.ts";
import type { World } from "./world/world.ts";

/** Maximum number of calls per node, room and second when idle, with a generous margin. */
const CALLS_PER_SECOND = 1;

/** The longest latency and batch window, and some. */
const DELIVERED_MS = 4_000;
const MAX_TURNS = 30;

/** Runs until all entries have reached the clients: a name that becomes free at the very end is announced, too. */
export async function runUntilDelivered({ clock, rooms, redis }: World): Promise<void> {
  const isUnderWay = () =>
    rooms.some((room) => (redis.oracle(room).log.at(-1)?.at ?? 0) > clock.date() - DELIVERED_MS);
  for (let turns = 0; turns < MAX_TURNS && isUnderWay(); turns++) await clock.run(1_000);
}

/** Checks that nothing loops. */
export function checkQuiet(world: World, calls: number, ms: number): void {
  const { running, rooms } = world;
  const most = running.length * rooms.length * CALLS_PER_SECOND * ms / 1_000;
  if (calls > most) world.reportViolation(`${calls} calls in ${ms} ms of idle time`);
}

/** Checks that each client's messages are stored in the order it sent them, where nothing was refused or lost. */
export function checkOrder(world: World, { json }: SimClients): void {
  for (const room of world.rooms) {
    const { log, losses } = world.redis.oracle(room);
    if (losses > 0) continue;
    const seqs = new Map(log.map(({ id, position }) => [id, position.seq]));
    for (const client of json) {
      const says = client.messages.all.filter(({ id, room: own }) =>
        own === room && !world.refused.has(id)
      );
      const positions = says.flatMap(({ id }) => seqs.get(id) ?? []);
      const isSorted = positions.every((seq, index) => seq > (positions[index - 1] ?? 0));
      if (!isSorted) {
        world.reportViolation(`messages of ${client.id} in ${room} are out of order: ${positions}`);
      }
      for (const { id, state } of says) {
        const isKept = state === "acknowledged" || state === "seen";
        if (isKept && !seqs.has(id)) world.reportViolation(`${id} is not in the log of ${room}`);
      }
    }
  }
}

/** Checks that all clients agree on members and names. */
export function checkPresence(world: World, clients: SimClients): void {
  for (const room of world.rooms) {
    const people = world.redis.people(room);
    const expected = [...usersIn(clients, room)].sort();
    const leased = people.map(({ user }) => user).sort();
    const report = (who: string, what: string, is: unknown) =>
      world.reportViolation(`${who}: ${what} in ${room}: ${is}, not ${expected}`);
    if (leased.join() !== expected.join()) report("Redis", "leases", leased);
    const names = people.map(({ user, name }) => `${user} ${name}`).sort().join();
    const keys = people.flatMap(({ name }) => nameKeys(name));
    if (new Set(keys).size < keys.length) report("Redis", "names", names);
    checkTemporaryNames(world, clients, room);
    for (const client of clients.json) {
      if (client.rooms.has(room)) checkView(world, client, room, expected.join(), names);
    }
  }
}

/** Checks that everybody in a room is shown under the same name there, to all who are. */
export function checkNames(world: World, { json, members = [] }: SimClients): void {
  const devices = members.flatMap((it) => it.devices);
  for (const room of world.rooms) {
    const names = new Map<string, string>(
      world.redis.people(room).map(({ user, name }) => [user, name]),
    );
    const expected = [...names].map(String).toSorted().join();
    for (const { id, rooms } of [...json, ...devices]) {
      const people = rooms.has(room) ? rooms.record(room)?.people : undefined;
      const known = people && [...people].map(String).toSorted().join();
      if (known !== undefined && known !== expected) {
        world.reportViolation(`${id}: names in ${room}: ${known}, not ${expected}`);
      }
    }
  }
}

/**
 * Checks that no user has a temporary name while the requested one is free. A name from before a takeover, which has lost that
 * the user has changed it, does not count.
 */
function checkTemporaryNames(world: World, { json }: SimClients, room: RoomId): void {
  const people = world.redis.people(room);
  const taken = new Set(people.flatMap(({ name }) => nameKeys(name)));
  for (const { user, name } of people) {
    const [, stem] = /^(.*) \(\d+\)$/.exec(name) ?? [];
    const wanted = parseName(stem ?? "");
    if (!json.some((it) => it.user === user && it.sessionName === wanted)) continue;
    if (wanted && !nameKeys(wanted).some((key) => taken.has(key))) {
      world.reportViolation(`${user} in ${room} is still ${name}, though ${wanted} is free`);
    }
  }
}

function checkView(
  world: World,
  client: JsonClient,
  room: RoomId,
  expected: string,
  names: string,
): void {
  const answer = client.answers.get(room);
  const members = client.rooms.record(room)?.people ?? new Map<string, string>();
  const answered = (answer?.members ?? []).map(({ user, name }) => `${user} ${name}`).sort().join();
  if (answered !== names) {
    world.reportViolation(`${client.id}: who in ${room}: ${answered}, not ${names}`);
  }
  const users = [...members.keys()].sort().join();
  if (users !== expected) {
    world.reportViolation(`${client.id}: members in ${room}: ${users}, not ${expected}`);
  }
  const known = [...members].map(([user, name]) => `${user} ${name}`).sort().join();
  if (known !== names) {
    world.reportViolation(`${client.id}: names in ${room}: ${known}, not ${names}`);
  }
}

function usersIn({ json, text }: SimClients, room: RoomId): Set<string> {
  const users = new Set<string>();
  for (const { rooms, user } of json) if (user && rooms.has(room)) users.add(user);
  for (const { wire, user, room: own } of text) if (wire && user && own === room) users.add(user);
  return users;
}

/** Checks that nothing remains of clients that have left. */
export function checkEmpty(world: World): void {
  for (const { id, bus } of world.running) {
    if (bus.subscriptionCount !== 0) {
      world.reportViolation(`${id} still follows ${bus.subscriptionCount} rooms`);
    }
  }
  for (const room of world.rooms) {
    const left = world.redis.people(room).map(({ user }) => user);
    if (left.length > 0) world.reportViolation(`${left} are still in ${room}`);
  }
}
