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
import { unavailable } from "./faults.ts";
import type { RedisLinks } from "./links.ts";
import { runScript, type Script } from "./script.ts";

const name = v.custom<Name>((input) => typeof input === "string" && isKeptName(input));
const user = v.custom<UserId>((input) => typeof input === "string" && isUserId(input));
const Claimed = v.union([
  v.tupleWithRest([v.literal("granted"), name], v.string()),
  v.tuple([v.literal("taken")]),
]);

/** Keeps the leases of all rooms in Redis. */
export class RedisRegister implements Register {
  readonly #links: RedisLinks;
  readonly #script: Script;
  readonly #prefix: string;

  /** Leases that are there already, or will be. @param prefix Begins every key; has no braces. */
  constructor(links: RedisLinks, script: Script, prefix: string) {
    this.#links = links;
    this.#script = script;
    this.#prefix = prefix;
  }

  async claim(room: RoomId, { user, name, node, rename }: Claim): Promise<ClaimResult> {
    const args = ["claim", node, user, name, nameKeys(name).join("\t"), rename ? "1" : "0"];
    return await this.#ask(room, args, (reply) => {
      const [kind, granted, ...takenOver] = v.parse(Claimed, reply);
      if (kind === "taken") return { kind };
      return { kind, name: granted, ...(takenOver.length > 0 && { takenOver }) };
    });
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
    return await this.#ask(room, ["people"], decodePeople);
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
      throw unavailable(error);
    }
  }
}

/** The hash of people, in the order of their coming. */
function decodePeople(reply: unknown): readonly Person[] {
  const list = v.parse(v.array(v.string()), reply);
  const people: { readonly since: number; readonly person: Person }[] = [];
  for (let index = 0; index < list.length; index += 2) {
    const [since, own, , ...nodes] = list[index + 1]?.split("\n") ?? [];
    const person = { user: v.parse(user, list[index]), name: v.parse(name, own), nodes };
    people.push({ since: Number(since), person });
  }
  return people.sort((one, other) => one.since - other.since).map(({ person }) => person);
}
