/**
 * Who is where, in Redis: leases.lua does what `core/leases.ts` says, by the clock of Redis, so that nodes whose clocks
 * differ agree.
 * @module
 */
import * as v from "valibot";
import type { Register } from "../../chat/bus.ts";
import { isUserId, type UserId } from "../../core/entries.ts";
import {
  type Claim,
  type ClaimResult,
  GRACE_MS,
  LEASE_MS,
  type Person,
} from "../../core/leases.ts";
import { nameKeys } from "../../core/name_keys.ts";
import { isKeptName, type Name, type RoomId } from "../../core/names.ts";
import { isWrongType, unavailable } from "./faults.ts";
import type { RedisLinks } from "./links.ts";
import { runScript, type Script } from "./script.ts";
import type { Strays } from "./strays.ts";

const name = v.custom<Name>((input) => typeof input === "string" && isKeptName(input));
const user = v.custom<UserId>((input) => typeof input === "string" && isUserId(input));
const Claimed = v.union([
  v.tupleWithRest([v.literal("granted"), v.string()], v.string()),
  v.tuple([v.literal("taken")]),
]);

/** Keeps the leases of all rooms in Redis. */
export class RedisRegister implements Register {
  readonly #links: RedisLinks;
  readonly #script: Script;
  readonly #prefix: string;
  readonly #strays: Strays;

  /** Leases that are there already, or will be. @param prefix Begins every key; has no braces. */
  constructor(links: RedisLinks, script: Script, prefix: string, strays: Strays) {
    this.#links = links;
    this.#strays = strays;
    this.#script = script;
    this.#prefix = prefix;
  }

  async claim(room: RoomId, claim: Claim): Promise<ClaimResult> {
    const { user, name, node, rename } = claim;
    const args = ["claim", node, user, name, nameKeys(name).join("\t"), rename ? "1" : "0"];
    const [kind, granted, ...takenOver] = await this.#ask(room, args, (reply) => {
      return v.parse(Claimed, reply);
    });
    if (kind === "taken") return { kind };
    if (isKeptName(granted)) {
      return { kind, name: granted, ...(takenOver.length > 0 && { takenOver }) };
    }
    this.#strays.damaged(room, "people", 1);
    // The stored name is invalid, so replace it.
    if (!rename) return await this.claim(room, { ...claim, rename: true });
    throw unavailable(new TypeError(`Cannot claim a name: received ${kind}`));
  }

  async release(room: RoomId, user: UserId, node: string): Promise<void> {
    await this.#ask(room, ["release", node, user], () => {});
  }

  async withdraw(room: RoomId, node: string): Promise<void> {
    await this.#ask(room, ["withdraw", node, String(GRACE_MS)], () => {});
  }

  async renew(room: RoomId, node: string): Promise<boolean> {
    return await this.#ask(room, ["renew", node], (reply) => reply === 1);
  }

  async people(room: RoomId): Promise<readonly Person[]> {
    const { people, damaged } = await this.#ask(room, ["people"], decodePeople);
    this.#strays.damaged(room, "people", damaged);
    return people;
  }

  async #ask<T>(
    room: RoomId,
    [verb = "", ...args]: readonly string[],
    decode: (reply: unknown) => T,
  ): Promise<T> {
    const keys = ["people", "names", "nodes"].map((part) => `${this.#prefix}{${room}}:${part}`);
    try {
      const all = [verb, String(LEASE_MS), ...args];
      return decode(await runScript(this.#links, this.#script, keys, all));
    } catch (error) {
      if (isWrongType(error)) this.#strays.damaged(room, "people", 1);
      throw unavailable(error);
    }
  }
}

/** The people in the order in which they came, and how many of them cannot be read. */
function decodePeople(
  reply: unknown,
): { readonly people: readonly Person[]; readonly damaged: number } {
  const list = v.parse(v.array(v.string()), reply);
  const found: { readonly since: number; readonly person: Person }[] = [];
  for (let index = 0; index < list.length; index += 2) {
    const [since, own, , ...nodes] = list[index + 1]?.split("\n") ?? [];
    const [whose, called] = [v.safeParse(user, list[index]), v.safeParse(name, own)];
    if (!whose.success || !called.success) continue;
    found.push({
      since: Number(since),
      person: { user: whose.output, name: called.output, nodes },
    });
  }
  found.sort((one, other) => one.since - other.since);
  return { people: found.map(({ person }) => person), damaged: list.length / 2 - found.length };
}
