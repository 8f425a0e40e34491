/**
 * What the client library takes for a WebSocket, with a simulated wire behind it. As with a real one, what is told to whoever
 * let go of it comes to nothing.
 * @module
 */
import type { Farewell } from "../../lib/core/farewells.ts";
import type { Socket } from "../../static/client/surroundings.js";
import type { SimNode } from "./sim_node.ts";
import { type Peer, Wire } from "./wire.ts";
import type { World } from "./world.ts";

const LOST = 1006;

/** The page that has it. */
export interface Watcher {
  /** Whether it still runs. */
  readonly isAlive: boolean;
  /** This goes out now. */
  sends(message: string): void;
  /** This has come. */
  hears(message: string): void;
}

/** One socket. */
export class LibrarySocket implements Peer, Socket {
  readonly protocol = "chat.v1.json";
  readonly wire: Wire | undefined;
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  onerror: Socket["onerror"] = null;
  readonly #watcher: Watcher;

  /** Connects to a node; to none where there is no way. */
  constructor(world: World, node: SimNode | undefined, slowness: number, watcher: Watcher) {
    this.#watcher = watcher;
    if (node === undefined) world.clock.after(world.dice.between(1, 50), () => this.closed());
    else this.wire = new Wire(world, node, this, slowness, (at, socket) => begin(at, socket));
  }

  send(message: string): void {
    this.#watcher.sends(message);
    this.wire?.post(message);
  }

  close(): void {
    this.wire?.hangUp();
  }

  opened(): void {
    if (this.#watcher.isAlive) this.onopen?.({});
  }

  hear(message: string): void {
    if (!this.#watcher.isAlive) return;
    this.#watcher.hears(message);
    this.onmessage?.({ data: message });
  }

  closed(farewell?: Farewell): void {
    if (!this.#watcher.isAlive) return;
    this.onclose?.({ code: farewell?.code ?? LOST, reason: farewell?.reason ?? "" });
  }
}

function begin(node: SimNode, socket: Parameters<SimNode["begin"]>[0]): ReturnType<
  SimNode["begin"]
> {
  return node.begin(socket, undefined, () => {});
}
