/**
 * A connection between a client and a node. Messages take time, in order in each direction, and the connection can be
 * cut between them. The two ends notice at different times, and a node may keep sending to a dead peer for half a
 * minute.
 * @module
 */
import type { Peer } from "../../../lib/chat/heartbeat.ts";
import type { TokenExpiry, Vitals } from "../../../lib/core/health/connection_health.ts";
import type { ConnectionHandler, Socket } from "../../../lib/chat/ports/connection_handler.ts";
import type { RoomEvent } from "../../../lib/core/log/room_event.ts";
import type { CloseStatus } from "../../../lib/core/protocol/close_codes.ts";
import type { Backlog } from "../../../lib/core/limits/send_pacing.ts";
import { PROMPT_LATENCY_MS } from "./latency.ts";
import type { SimNode } from "./sim_node.ts";
import type { World } from "./world.ts";

/** The client's end. */
export interface WireClient {
  /** The connection is open. */
  opened(): void;
  /** A message has arrived. */
  received(message: string): void;
  /** The connection has ended. */
  closed(status: CloseStatus | undefined): void;
}

/** Opens the handler when the connection has reached the node. */
export type OpenHandlerAt = (node: SimNode, socket: Socket) => ConnectionHandler;

const FAULT = /"type":"fault","id":"([^"]+)"/g;

/** The ids of requests. */
const REQUEST = /"id":"([^"]+)"/g;

/** Small, because a simulation sends few messages. */
const MAX_BACKLOG = 4_096;

/** One connection. */
export class Wire implements Socket, Peer {
  readonly node: SimNode;
  readonly #world: World;
  readonly #client: WireClient;
  readonly #maxLatencyMs: number;
  #handler: ConnectionHandler | undefined;
  #nodeEnd: "connecting" | "open" | "over" = "connecting";
  #clientEnd: "open" | "over" = "open";
  /** The user, in a world with private rooms: what is sent is checked. */
  user: string | undefined;
  // Nothing from the client arrives any more.
  #isBroken = false;
  #unsent = 0;
  #upUntil = 0;
  #downUntil = 0;

  /** Connects. @param maxLatencyMs Maximum latency of a message. */
  constructor(
    world: World,
    node: SimNode,
    client: WireClient,
    maxLatencyMs: number,
    openHandler: OpenHandlerAt,
  ) {
    this.#world = world;
    this.node = node;
    this.#client = client;
    this.#maxLatencyMs = maxLatencyMs;
    this.#scheduleAtNode(() => this.#open(openHandler));
  }

  /** Whether the node still considers it open. */
  get isHeldByNode(): boolean {
    return this.node.isAlive && this.#nodeEnd === "open";
  }

  /** Sends from the client to the node. */
  sendToNode(message: string): void {
    this.#scheduleAtNode(() => {
      for (const [, id = ""] of message.matchAll(REQUEST)) this.#world.onArrival(id);
      if (this.#nodeEnd === "open") this.#handler?.onMessage(message);
    });
  }

  send(message: string | Uint8Array<ArrayBuffer>): void {
    if (this.#nodeEnd === "over" || typeof message !== "string") return;
    // The fault may never arrive, and the client then cannot know.
    for (const [, id = ""] of message.matchAll(FAULT)) this.#world.refused.add(id);
    if (this.user !== undefined) {
      this.#world.privacyChecks?.onSent(message, this.user, this.node);
    }
    this.#unsent += message.length;
    this.#scheduleAtClient(() => {
      this.#unsent -= message.length;
      this.#client.received(message);
    });
  }

  sendAll(messages: readonly string[]): void {
    for (const message of messages) this.send(message);
  }

  backlog(): Backlog {
    return { bytes: this.#unsent, maxBytes: MAX_BACKLOG };
  }

  get expiry(): TokenExpiry | null | undefined {
    return this.#nodeEnd === "open" ? this.#handler?.signIn?.expiry : undefined;
  }

  vitals(now: number): Vitals | undefined {
    if (this.#nodeEnd !== "open") return undefined;
    return { backlog: 0, progressAt: now, receivedAt: now, canPing: false };
  }

  status(): string {
    return this.#nodeEnd;
  }

  bufferedBytes(): number {
    return 0;
  }

  announceExpiry(): void {
    this.#world.guard(() => this.#handler?.signIn?.onExpiring());
  }

  recheckUser(event?: RoomEvent): void {
    if (this.#nodeEnd !== "open") return;
    this.#world.guard(() => this.#handler?.signIn?.recheckUser(event));
  }

  ping(): void {}

  drop(): void {}

  charge(): void {}

  close(status: CloseStatus): void {
    if (this.#nodeEnd === "over") return;
    const { afterMs } = status;
    if (this.isHeldByNode && afterMs !== undefined) this.#handler?.sendRetryAfter?.(afterMs);
    this.#endAtNode();
    this.#scheduleAtClient(() => this.#endAtClient(status));
  }

  /** The client closes; what it sent before still arrives. */
  disconnect(): void {
    this.#clientEnd = "over";
    this.#scheduleAtNode(() => this.#endAtNode());
  }

  /** The connection breaks. @param noticedMs Time until the node notices. */
  cut(noticedMs: number): void {
    const { clock, dice } = this.#world;
    clock.after(dice.between(1, 60), () => this.#endAtClient(undefined));
    clock.after(dice.between(1, 60), () => {
      this.#isBroken = true;
      clock.after(noticedMs, () => this.#endAtNode());
    });
  }

  #open(openHandler: OpenHandlerAt): void {
    if (!this.node.isAlive) return this.cut(1);
    this.#nodeEnd = "open";
    this.#scheduleAtClient(() => this.#client.opened());
    this.#handler = openHandler(this.node, this);
    this.node.heartbeat?.watch(this);
    if (!this.isHeldByNode) this.#handler.onClose();
  }

  #endAtNode(): void {
    if (this.#nodeEnd !== "open") return void (this.#nodeEnd = "over");
    this.#nodeEnd = "over";
    this.node.heartbeat?.unwatch(this);
    if (this.node.isAlive) this.#world.guard(() => this.#handler?.onClose());
  }

  #endAtClient(status: CloseStatus | undefined): void {
    if (this.#clientEnd === "over") return;
    this.#clientEnd = "over";
    this.#client.closed(status);
  }

  #scheduleAtNode(fn: () => void): void {
    const { clock } = this.#world;
    this.#upUntil = Math.max(this.#upUntil, clock.now() + this.#latency());
    clock.after(this.#upUntil - clock.now(), () => {
      if (!this.#isBroken) this.#world.guard(fn);
    });
  }

  #scheduleAtClient(fn: () => void): void {
    const { clock } = this.#world;
    this.#downUntil = Math.max(this.#downUntil, clock.now() + this.#latency());
    clock.after(this.#downUntil - clock.now(), () => {
      if (this.#clientEnd === "open") this.#world.guard(fn);
    });
  }

  #latency(): number {
    return this.#world.dice.between(1, this.#maxLatencyMs);
  }
}

/** Connects a JSON client to any running node; undefined if there is none: it is then tried again. */
export function wireToAnyNode(
  world: World,
  client: WireClient,
  again: () => void,
): Wire | undefined {
  const { dice, running, clock } = world;
  if (running.length === 0) {
    clock.after(500, again);
    return undefined;
  }
  return new Wire(
    world,
    dice.pick(running),
    client,
    PROMPT_LATENCY_MS,
    (at, socket) => at.openHandler(socket, undefined, () => {}),
  );
}
