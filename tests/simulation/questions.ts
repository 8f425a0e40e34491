/**
 * What one client has asked over its connection and not been answered: every request with an id gets one answer, as long as
 * the connection stays.
 * @module
 */
import type { RoomId } from "../../lib/core/names.ts";
import { formatPosition, type Position } from "../../lib/core/positions.ts";
import type { World } from "./world.ts";

/** A request, before it has an id. */
export type Wanted = { readonly type: string; readonly room?: RoomId } & Record<string, unknown>;

/** A request on its way. */
export interface Asked {
  readonly type: string;
  readonly room: RoomId | undefined;
  /** Of a join. */
  readonly since: Position | undefined;
  readonly at: number;
}

/** One connection's open questions. */
export class Questions {
  readonly #world: World;
  readonly #author: string;
  readonly #open = new Map<string, Asked>();
  #ids = 0;

  constructor(world: World, author: string) {
    this.#world = world;
    this.#author = author;
  }

  /** The request as it is sent. @param id Where it must be a certain one. */
  ask(wanted: Wanted, since?: Position, id = `${this.#author}-${this.#ids++}`): Wanted {
    const { type, room } = wanted;
    this.#open.set(id, { type, room, since, at: this.#world.clock.now() });
    return { ...wanted, id, ...(since && { since: formatPosition(since) }) };
  }

  /** Whether it is asked for and not answered. */
  isOpen(type: string, room: RoomId): boolean {
    return [...this.#open.values()].some((asked) => asked.type === type && asked.room === room);
  }

  /** What this is the answer to. */
  answer(id: string | undefined): Asked | undefined {
    const asked = this.#open.get(id ?? "");
    if (asked === undefined) this.#complain(`an answer to ${id}, which was not asked`);
    this.#open.delete(id ?? "");
    return asked;
  }

  /** Nobody will answer any more. */
  forget(): void {
    this.#open.clear();
  }

  /** All must have been answered. */
  finish(): void {
    for (const [id, { type, at }] of this.#open) {
      this.#complain(`${type} ${id} was not answered since ${at} ms`);
    }
  }

  #complain(what: string): void {
    this.#world.complain(`${this.#author}: ${what}`);
  }
}
