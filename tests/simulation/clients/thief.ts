/**
 * Somebody who has copied tokens of guests and of members' devices, and presents those that must be worth nothing.
 * @module
 */
import { type CloseStatus, SIGNED_OUT } from "../../../lib/core/protocol/close_codes.ts";
import { Wire, type WireClient } from "../world/wire.ts";
import type { World } from "../world/world.ts";

const MAX_LATENCY_MS = 100;

/** One attempt with one token. */
export class Thief implements WireClient {
  readonly #world: World;
  readonly #token: string;
  readonly #wire: Wire;

  private constructor(world: World, token: string) {
    this.#world = world;
    this.#token = token;
    this.#wire = new Wire(
      world,
      world.dice.pick(world.running),
      this,
      MAX_LATENCY_MS,
      (at, socket) => at.openHandler(socket, undefined, () => {}),
    );
  }

  /** Tries one of the tokens that must be worth nothing, if there are any. */
  static tryOne(world: World, worthless: readonly string[]): void {
    if (worthless.length === 0 || world.running.length === 0) return;
    new Thief(world, world.dice.pick(worthless));
  }

  opened(): void {
    this.#wire.sendToNode(JSON.stringify({ type: "hello", resume: this.#token, id: "hello" }));
  }

  received(message: string): void {
    if (!message.includes('"type":"hello"')) return;
    this.#world.reportViolation(`a thief was let in with ${this.#token}`);
    this.#wire.disconnect();
  }

  closed(status: CloseStatus | undefined): void {
    if (status?.code === SIGNED_OUT.code) {
      this.#world.note(`a thief's token is worth nothing: ${this.#token}`);
    }
  }
}
