/**
 * The WebSocket of the client library, on a simulated wire. As with a real one, events on a socket that was let go of
 * are ignored.
 * @module
 */
import type { CloseStatus } from "../../../../lib/core/protocol/close_codes.ts";
import type { Socket } from "../../../../static/client/connection/platform.js";
import type { SimNode } from "../../world/sim_node.ts";
import { Wire, type WireClient } from "../../world/wire.ts";
import type { World } from "../../world/world.ts";

const LOST = 1006;

/** The page that owns the socket. */
export interface SocketObserver {
  /** Whether the page still runs. */
  readonly isAlive: boolean;
  /** A message is sent. */
  onSend(message: string): void;
  /** A message has arrived. */
  onReceive(message: string): void;
}

/** One socket. */
export class LibrarySocket implements WireClient, Socket {
  readonly protocol = "chat.v1.json";
  readonly wire: Wire | undefined;
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  onerror: Socket["onerror"] = null;
  readonly #observer: SocketObserver;

  /** Connects to a node; to none if there is no route. */
  constructor(
    world: World,
    node: SimNode | undefined,
    maxLatencyMs: number,
    observer: SocketObserver,
  ) {
    this.#observer = observer;
    if (node === undefined) world.clock.after(world.dice.between(1, 50), () => this.closed());
    else this.wire = new Wire(world, node, this, maxLatencyMs, (at, socket) => begin(at, socket));
  }

  send(message: string): void {
    this.#observer.onSend(message);
    this.wire?.sendToNode(message);
  }

  close(): void {
    this.wire?.disconnect();
  }

  opened(): void {
    if (this.#observer.isAlive) this.onopen?.({});
  }

  received(message: string): void {
    if (!this.#observer.isAlive) return;
    this.#observer.onReceive(message);
    this.onmessage?.({ data: message });
  }

  closed(status?: CloseStatus): void {
    if (!this.#observer.isAlive) return;
    this.onclose?.({ code: status?.code ?? LOST, reason: status?.reason ?? "" });
  }
}

function begin(node: SimNode, socket: Parameters<SimNode["openHandler"]>[0]): ReturnType<
  SimNode["openHandler"]
> {
  return node.openHandler(socket, undefined, () => {});
}
