/**
 * A connection between somebody and a node: messages take their time, each way in order, and it can be cut in the midst of
 * them. The two ends do not learn of it at the same time, and a node may go on talking to nobody for half a minute.
 * @module
 */
import type { Conversation, Socket } from "../../lib/chat/conversation.ts";
import type { Farewell } from "../../lib/core/farewells.ts";
import type { Backlog } from "../../lib/core/pacing.ts";
import type { SimNode } from "./sim_node.ts";
import type { World } from "./world.ts";

/** Whoever is at the other end. */
export interface Peer {
  /** The connection is open. */
  opened(): void;
  /** A message has come. */
  hear(message: string): void;
  /** The connection is over. */
  closed(farewell: Farewell | undefined): void;
}

/** Begins the conversation when the connection has reached the node. */
export type BeginAt = (node: SimNode, socket: Socket) => Conversation;

const FAULT = /"type":"fault","id":"([^"]+)"/g;

/** In a simulation little is said, so that little must be much. */
const MAX_BACKLOG = 4_096;

/** One connection. */
export class Wire implements Socket {
  readonly node: SimNode;
  readonly #world: World;
  readonly #peer: Peer;
  readonly #slowness: number;
  #conversation: Conversation | undefined;
  #nodeEnd: "connecting" | "open" | "over" = "connecting";
  #peerEnd: "open" | "over" = "open";
  // Nothing that the peer sends arrives any more.
  #isBroken = false;
  #unsent = 0;
  #upUntil = 0;
  #downUntil = 0;

  /** Connects. @param slowness How long a message takes at most. */
  constructor(world: World, node: SimNode, peer: Peer, slowness: number, begin: BeginAt) {
    this.#world = world;
    this.node = node;
    this.#peer = peer;
    this.#slowness = slowness;
    this.#up(() => this.#open(begin));
  }

  /** Whether the node has not yet noticed its end. */
  get isHeldByNode(): boolean {
    return this.node.isAlive && this.#nodeEnd === "open";
  }

  /** From the peer to the node. */
  post(message: string): void {
    this.#up(() => {
      if (this.#nodeEnd === "open") this.#conversation?.receive(message);
    });
  }

  send(message: string | Uint8Array<ArrayBuffer>): void {
    if (this.#nodeEnd === "over" || typeof message !== "string") return;
    // It may never arrive, and the peer then cannot know.
    for (const [, id = ""] of message.matchAll(FAULT)) this.#world.refused.add(id);
    this.#unsent += message.length;
    this.#down(() => {
      this.#unsent -= message.length;
      this.#peer.hear(message);
    });
  }

  backlog(): Backlog {
    return { bytes: this.#unsent, maxBytes: MAX_BACKLOG };
  }

  close(farewell: Farewell): void {
    if (this.#nodeEnd === "over") return;
    const { afterMs } = farewell;
    if (this.isHeldByNode && afterMs !== undefined) this.#conversation?.advise?.(afterMs);
    this.#endAtNode();
    this.#down(() => this.#endAtPeer(farewell));
  }

  /** The peer says goodbye: what it has said before arrives. */
  hangUp(): void {
    this.#peerEnd = "over";
    this.#up(() => this.#endAtNode());
  }

  /** The connection breaks. @param noticedMs After which time the node learns of it. */
  cut(noticedMs: number): void {
    const { clock, dice } = this.#world;
    clock.after(dice.between(1, 60), () => this.#endAtPeer(undefined));
    clock.after(dice.between(1, 60), () => {
      this.#isBroken = true;
      clock.after(noticedMs, () => this.#endAtNode());
    });
  }

  #open(begin: BeginAt): void {
    if (!this.node.isAlive) return this.cut(1);
    this.#nodeEnd = "open";
    this.#down(() => this.#peer.opened());
    this.#conversation = begin(this.node, this);
    if (!this.isHeldByNode) this.#conversation.leave();
  }

  #endAtNode(): void {
    if (this.#nodeEnd !== "open") return void (this.#nodeEnd = "over");
    this.#nodeEnd = "over";
    if (this.node.isAlive) this.#world.guard(() => this.#conversation?.leave());
  }

  #endAtPeer(farewell: Farewell | undefined): void {
    if (this.#peerEnd === "over") return;
    this.#peerEnd = "over";
    this.#peer.closed(farewell);
  }

  #up(deed: () => void): void {
    const { clock } = this.#world;
    this.#upUntil = Math.max(this.#upUntil, clock.now() + this.#latency());
    clock.after(this.#upUntil - clock.now(), () => {
      if (!this.#isBroken) this.#world.guard(deed);
    });
  }

  #down(deed: () => void): void {
    const { clock } = this.#world;
    this.#downUntil = Math.max(this.#downUntil, clock.now() + this.#latency());
    clock.after(this.#downUntil - clock.now(), () => {
      if (this.#peerEnd === "open") this.#world.guard(deed);
    });
  }

  #latency(): number {
    return this.#world.dice.between(1, this.#slowness);
  }
}
