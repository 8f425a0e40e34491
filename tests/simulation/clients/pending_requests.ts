/**
 * The unanswered requests of one connection: every request with an id gets one answer, as long as the connection lasts.
 * @module
 */
import type { RoomId } from "../../../lib/core/names/names.ts";
import { formatPosition, type Position } from "../../../lib/core/log/position.ts";
import type { World } from "../world/world.ts";

/** A request without an id. */
export type RequestFields =
  & { readonly type: string; readonly room?: RoomId }
  & Record<string, unknown>;

/** A request that was sent. */
export interface PendingRequest {
  readonly type: string;
  readonly room: RoomId | undefined;
  /** For a join. */
  readonly since: Position | undefined;
  readonly at: number;
}

/** The unanswered requests of one connection. */
export class PendingRequests {
  readonly #world: World;
  readonly #author: string;
  readonly #pending = new Map<string, PendingRequest>();
  #ids = 0;

  constructor(world: World, author: string) {
    this.#world = world;
    this.#author = author;
  }

  /** Adds an id to the request. @param id If it must be a certain one. */
  register(
    wanted: RequestFields,
    since?: Position,
    id = `${this.#author}-${this.#ids++}`,
  ): RequestFields {
    const { type, room } = wanted;
    this.#pending.set(id, { type, room, since, at: this.#world.clock.now() });
    return { ...wanted, id, ...(since && { since: formatPosition(since) }) };
  }

  /** Whether a request like this is unanswered. */
  isPending(type: string, room: RoomId): boolean {
    return [...this.#pending.values()].some((request) =>
      request.type === type && request.room === room
    );
  }

  /** Returns the request that this answers. */
  resolve(id: string | undefined): PendingRequest | undefined {
    const request = this.#pending.get(id ?? "");
    if (request === undefined) this.#reportViolation(`an answer to ${id}, which was not requested`);
    this.#pending.delete(id ?? "");
    return request;
  }

  /** The connection has ended: no answers will arrive. */
  clear(): void {
    this.#pending.clear();
  }

  /** Checks that every request was answered. */
  checkFinalState(): void {
    for (const [id, { type, at }] of this.#pending) {
      this.#reportViolation(`${type} ${id} was not answered since ${at} ms`);
    }
  }

  #reportViolation(what: string): void {
    this.#world.reportViolation(`${this.#author}: ${what}`);
  }
}
