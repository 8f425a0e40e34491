/**
 * What must be so when it has been quiet for long, and when everybody has gone.
 * @module
 */
import { nameKeys } from "../../lib/core/name_keys.ts";
import type { RoomId } from "../../lib/core/names.ts";
import type { JsonClient } from "./json_client.ts";
import type { Crowd } from "./storm.ts";
import type { World } from "./world.ts";

/** So many calls a node makes for each room and second when nothing happens, with much to spare. */
const CALLS_PER_SECOND = 1;

/** Nothing goes round in circles. */
export function checkQuiet(world: World, calls: number, ms: number): void {
  const { running, rooms } = world;
  const most = running.length * rooms.length * CALLS_PER_SECOND * ms / 1_000;
  if (calls > most) world.complain(`${calls} calls in ${ms} ms of silence`);
}

/** What one client said stands in the order of its saying, where nothing was refused or lost. */
export function checkOrder(world: World, { json }: Crowd): void {
  for (const room of world.rooms) {
    const { log, losses } = world.redis.truth(room);
    if (losses > 0) continue;
    const seqs = new Map(log.map(({ id, position }) => [id, position.seq]));
    for (const client of json) {
      const says = client.says.all.filter(({ id, room: own }) =>
        own === room && !world.refused.has(id)
      );
      const stands = says.flatMap(({ id }) => seqs.get(id) ?? []);
      const isSorted = stands.every((seq, index) => seq > (stands[index - 1] ?? 0));
      if (!isSorted) world.complain(`${client.id} said in ${room}: ${stands}`);
      for (const { id, state } of says) {
        const isKept = state === "acknowledged" || state === "seen";
        if (isKept && !seqs.has(id)) world.complain(`${id} is not in the log of ${room}`);
      }
    }
  }
}

/** All agree on who is where, and under which name. */
export function checkPresence(world: World, crowd: Crowd): void {
  for (const room of world.rooms) {
    const people = world.redis.people(room);
    const expected = [...here(crowd, room)].sort();
    const leased = people.map(({ user }) => user).sort();
    const wrong = (who: string, what: string, is: unknown) =>
      world.complain(`${who}: ${what} in ${room}: ${is}, not ${expected}`);
    if (leased.join() !== expected.join()) wrong("Redis", "leases", leased);
    const names = people.map(({ user, name }) => `${user} ${name}`).sort().join();
    const keys = people.flatMap(({ name }) => nameKeys(name));
    if (new Set(keys).size < keys.length) wrong("Redis", "names", names);
    for (const client of crowd.json) {
      if (client.book.has(room)) checkView(world, client, room, expected.join(), names);
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
  const told = client.book.record(room)?.people ?? new Map<string, string>();
  const asked = (answer?.members ?? []).map(({ user, name }) => `${user} ${name}`).sort().join();
  if (asked !== names) world.complain(`${client.id}: who in ${room}: ${asked}, not ${names}`);
  const users = [...told.keys()].sort().join();
  if (users !== expected) {
    world.complain(`${client.id}: told in ${room}: ${users}, not ${expected}`);
  }
  const known = [...told].map(([user, name]) => `${user} ${name}`).sort().join();
  if (known !== names) world.complain(`${client.id}: names in ${room}: ${known}, not ${names}`);
}

function here({ json, text }: Crowd, room: RoomId): Set<string> {
  const users = new Set<string>();
  for (const { book, user } of json) if (user && book.has(room)) users.add(user);
  for (const { wire, user, room: own } of text) if (wire && user && own === room) users.add(user);
  return users;
}

/** Nothing is left of those who have gone. */
export function checkEmpty(world: World): void {
  for (const { id, bus } of world.running) {
    if (bus.followers !== 0) world.complain(`${id} still follows ${bus.followers} rooms`);
  }
  for (const room of world.rooms) {
    const left = world.redis.people(room).map(({ user }) => user);
    if (left.length > 0) world.complain(`${left} are still in ${room}`);
  }
}
