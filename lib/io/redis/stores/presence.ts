/**
 * Presence in Redis. leases.lua implements the rules of `core/presence/lease_table.ts`. It uses the clock of Redis, because
 * the clocks of nodes differ.
 * @module
 */
import * as v from "valibot";
import type { KnownPeople, PeopleTable, PresenceRegistry } from "../../../chat/ports/bus.ts";
import type { UserId } from "../../../core/log/entry.ts";
import { SHOWN_ROLES } from "../../../core/log/role.ts";
import {
  type Claim,
  type ClaimResult,
  GRACE_MS,
  LEASE_MS,
  type Person,
} from "../../../core/presence/lease_table.ts";
import { nameKeys } from "../../../core/names/name_keys.ts";
import { isStoredName, type RoomId } from "../../../core/names/names.ts";
import { name, user } from "../../stored_values.ts";
import { fromRedisError, isWrongType } from "../errors.ts";
import type { RedisClient } from "../client/client.ts";
import { batchesForScripts, runScript, type Script } from "../scripts.ts";
import type { IntegrityReporter } from "../integrity_reporter.ts";

const ClaimReply = v.union([
  v.tupleWithRest([v.literal("granted"), v.string(), v.picklist(["0", "1"])], v.string()),
  v.tuple([v.literal("taken")]),
]);

/** The version, and the people's records. */
const RefreshReply = v.tuple([v.string(), v.array(v.string())]);
/** Indexes of rooms, from 1. */
const RenewReply = v.array(v.number());
/** The number of people in each room. */
const CountReply = v.array(v.number());

/** Stores the presence leases of all rooms in Redis. Methods reject with `BusUnavailable`. */
export class RedisPresence implements PresenceRegistry {
  readonly #client: RedisClient;
  readonly #script: Script;
  readonly #prefix: string;
  readonly #reporter: IntegrityReporter;

  /** Stores leases through the given client. @param prefix Prefix of every key; must not contain braces. */
  constructor(client: RedisClient, script: Script, prefix: string, reporter: IntegrityReporter) {
    this.#client = client;
    this.#reporter = reporter;
    this.#script = script;
    this.#prefix = prefix;
  }

  async claim(room: RoomId, claim: Claim): Promise<ClaimResult> {
    const { user, name, role = "", node, rename } = claim;
    const args = ["claim", node, user, name, nameKeys(name).join("\t"), rename ? "1" : "0", role];
    const [kind, granted, isNew, ...takenOver] = await this.#run(room, args, (reply) => {
      return v.parse(ClaimReply, reply);
    });
    if (kind === "taken") return { kind };
    if (isStoredName(granted)) {
      const result = { kind, name: granted, isNew: isNew === "1" };
      return takenOver.length > 0 ? { ...result, takenOver } : result;
    }
    this.#reporter.reportDamagedRows(room, "people", 1);
    // The stored name is invalid: replace it.
    if (!rename) return await this.claim(room, { ...claim, rename: true });
    throw fromRedisError(new TypeError(`Cannot claim a name: received ${kind}`));
  }

  async release(room: RoomId, user: UserId, node: string): Promise<void> {
    await this.#run(room, ["release", node, user], () => {});
  }

  async withdraw(room: RoomId, node: string): Promise<void> {
    await this.#run(room, ["withdraw", node, String(GRACE_MS)], () => {});
  }

  async refresh(room: RoomId, node: string = ""): Promise<PeopleTable> {
    const { version, people, damaged } = await this.#run(room, ["refresh", node], (reply) => {
      const [version, records] = v.parse(RefreshReply, reply);
      return { version, ...decodePeople(records) };
    });
    this.#reporter.reportDamagedRows(room, "people", damaged);
    // A damaged table has no version that can be known, so it is read and reported again and again.
    return { version: damaged > 0 ? "" : version, people };
  }

  async renew(node: string, known: readonly KnownPeople[]): Promise<readonly RoomId[]> {
    const batches = batchesForScripts(this.#client, known, ({ room }) => this.#keysOf(room)[0]);
    const changed = batches.map((batch) =>
      // They may have changed. If it failed because of one room, that one will be reported.
      this.#renewBatch(node, batch).catch(() => batch.map(({ room }) => room))
    );
    return (await Promise.all(changed)).flat();
  }

  async people(room: RoomId): Promise<readonly Person[]> {
    return (await this.refresh(room)).people;
  }

  async countPeople(rooms: readonly RoomId[]): Promise<ReadonlyMap<RoomId, number>> {
    const batches = batchesForScripts(this.#client, rooms, (room) => this.#keysOf(room)[0]);
    const counts = await Promise.all(batches.map((batch) => this.#countReadable(batch)));
    return new Map(counts.flat());
  }

  /** A room that cannot be read fails its batch. It is left out here, and reported when it is refreshed. */
  async #countReadable(batch: readonly RoomId[]): Promise<readonly (readonly [RoomId, number])[]> {
    try {
      return await this.#countBatch(batch);
    } catch {
      if (batch.length === 1) return [];
      return (await Promise.all(batch.map((room) => this.#countReadable([room])))).flat();
    }
  }

  async #renewBatch(node: string, known: readonly KnownPeople[]): Promise<readonly RoomId[]> {
    const keys = known.flatMap(({ room }) => this.#keysOf(room));
    const args = ["renew", String(LEASE_MS), node, ...known.map(({ version }) => version)];
    const reply = await runScript(this.#client, this.#script, keys, args);
    const changed = new Set(v.parse(RenewReply, reply));
    return known.filter((_, index) => changed.has(index + 1)).map(({ room }) => room);
  }

  async #countBatch(rooms: readonly RoomId[]): Promise<readonly (readonly [RoomId, number])[]> {
    const keys = rooms.flatMap((room) => this.#keysOf(room));
    const reply = await runScript(this.#client, this.#script, keys, ["count", String(LEASE_MS)]);
    const counts = v.parse(CountReply, reply);
    return rooms.map((room, index) => [room, counts[index] ?? 0]);
  }

  #keysOf(room: RoomId): readonly [string, string, string] {
    const key = `${this.#prefix}{${room}}`;
    return [`${key}:people`, `${key}:names`, `${key}:nodes`];
  }

  async #run<T>(
    room: RoomId,
    [verb = "", ...args]: readonly string[],
    decode: (reply: unknown) => T,
  ): Promise<T> {
    try {
      const all = [verb, String(LEASE_MS), ...args];
      return decode(await runScript(this.#client, this.#script, this.#keysOf(room), all));
    } catch (error) {
      if (isWrongType(error)) this.#reporter.reportDamagedRows(room, "people", 1);
      throw fromRedisError(error);
    }
  }
}

/** The users in the order in which they joined, and the number of damaged records. */
function decodePeople(
  list: readonly string[],
): { readonly people: readonly Person[]; readonly damaged: number } {
  const found: { readonly since: number; readonly person: Person }[] = [];
  for (let index = 0; index < list.length; index += 2) {
    const [opening, storedName, , ...nodes] = list[index + 1]?.split("\n") ?? [];
    const [since, storedRole] = opening?.split(" ") ?? [];
    const role = SHOWN_ROLES.find((it) => it === storedRole);
    const [parsedUser, parsedName] = [
      v.safeParse(user, list[index]),
      v.safeParse(name, storedName),
    ];
    if (!parsedUser.success || !parsedName.success) continue;
    found.push({
      since: Number(since),
      person: {
        user: parsedUser.output,
        name: parsedName.output,
        ...(role && { role }),
        nodes,
      },
    });
  }
  found.sort((one, other) => one.since - other.since);
  return { people: found.map(({ person }) => person), damaged: list.length / 2 - found.length };
}
