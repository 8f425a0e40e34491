/**
 * The parts of attacks: raw sockets, and counters of how the service refuses them. Each socket claims an
 * address by `X-Forwarded-For`, so that the limits per address apply although all traffic is on loopback.
 * @module
 */
import {
  closeCode,
  encodeFrame,
  type Frame,
  handshake,
  OPCODE,
  RawSocket,
} from "../../tests/support/clients/raw_socket.ts";

/** How often the service refused the attacker, by `close 1008`, `HTTP 429`, `fault slow_down` and the like. */
export type Refusals = Readonly<Record<string, number>>;

const decoder = new TextDecoder();
const encoder = new TextEncoder();
/** Bytes at the end of a message in which answers are looked for. */
const MAX_LOOKED_AT = 8_000;
/** Most sockets an attack holds at a time. */
const MAX_SOCKETS = 12_000;

/** One attacker: its target, the time it has, and how it was refused. */
export class Attacker {
  /** The port of the service. */
  readonly port: number;
  /** The secret of an invite, for an attack that needs one. */
  readonly invite: string | undefined;
  readonly #until: number;
  readonly #refusals = new Map<string, number>();
  readonly #peers = new Set<RawSocket>();

  /** Attacks nothing yet. */
  constructor(port: number, seconds: number, invite?: string) {
    this.port = port;
    this.invite = invite;
    this.#until = performance.now() + seconds * 1000;
  }

  /** Whether its time is over. */
  get isOver(): boolean {
    return performance.now() >= this.#until;
  }

  /** How it was refused so far. */
  get refusals(): Refusals {
    return Object.fromEntries([...this.#refusals].sort(([one], [other]) => one < other ? -1 : 1));
  }

  /** Counts a refusal. */
  refused(how: string): void {
    this.#refusals.set(how, (this.#refusals.get(how) ?? 0) + 1);
  }

  /** Opens a socket that reads and counts refusals; undefined where the handshake is refused. */
  async open(path: string, address: string, isJson = true): Promise<AttackSocket | undefined> {
    const peer = await this.shakeHands(path, address, isJson ? JSON_HEADERS : {});
    return peer && new AttackSocket(peer, this);
  }

  /** Shakes hands and reads no further. */
  async shakeHands(
    path: string,
    address: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<RawSocket | undefined> {
    if (this.#peers.size >= MAX_SOCKETS) return undefined;
    const peer = await this.send(handshake(this.port, path, from(address, headers)));
    try {
      const { status } = await peer?.response() ?? { status: 0 };
      if (status === 101) return peer;
      this.refused(status === 0 ? "no connection" : `HTTP ${status}`);
    } catch {
      this.refused("connection closed");
    }
    peer?.[Symbol.dispose]();
    return undefined;
  }

  /** Connects and sends bytes as they are, reading nothing. */
  async send(text: string): Promise<RawSocket | undefined> {
    try {
      const peer = await RawSocket.connect(this.port);
      this.#peers.add(peer);
      await peer.write(encoder.encode(text));
      return peer;
    } catch {
      return undefined;
    }
  }

  /** Repeats something until the time is over, without starving the event loop. */
  async repeat(step: (round: number) => Promise<void>): Promise<void> {
    for (let round = 0; !this.isOver; round++) {
      await step(round);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  /** Waits, but not past the end. */
  async pause(ms: number): Promise<void> {
    const left = Math.max(0, this.#until - performance.now());
    await new Promise((resolve) => setTimeout(resolve, Math.min(ms, left)));
  }

  /** Forgets a socket that has ended. */
  ended(peer: RawSocket): void {
    this.#peers.delete(peer);
  }

  /** Closes every socket. */
  closeAll(): void {
    for (const peer of this.#peers) peer[Symbol.dispose]();
  }
}

/** The headers of a handshake that comes from an address. */
export function from(
  address: string,
  headers: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  return { "X-Forwarded-For": address, ...headers };
}

const JSON_HEADERS = { "Sec-WebSocket-Protocol": "chat.v1.json" };

/** A socket that reads everything and counts faults and close codes. */
export class AttackSocket {
  readonly #peer: RawSocket;
  readonly #attacker: Attacker;
  /** Resolves when the connection has ended. */
  readonly ended: Promise<void>;
  #isOpen = true;
  #latest = "";
  #wake: (() => void) | undefined;

  /** Reads at once. */
  constructor(peer: RawSocket, attacker: Attacker) {
    this.#peer = peer;
    this.#attacker = attacker;
    this.ended = this.#read();
  }

  /** Whether the service has not closed it. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Sends a text message; nothing where the connection has ended. */
  async say(text: string): Promise<void> {
    await this.write(encodeFrame(OPCODE.text, encoder.encode(text)));
  }

  /** Sends frames as one message of JSON lines. */
  frames(...frames: readonly unknown[]): Promise<void> {
    return this.say(frames.map((frame) => JSON.stringify(frame)).join("\n"));
  }

  /** Sends bytes as they are. */
  async write(bytes: Uint8Array): Promise<void> {
    if (!this.#isOpen) return;
    await this.#peer.write(bytes).catch(() => this.#end());
  }

  /** Resolves with the next message that matches; undefined where the connection ends first. */
  async untilReceived(pattern: RegExp): Promise<string | undefined> {
    while (this.#isOpen) {
      if (pattern.test(this.#latest)) return this.#latest;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    return undefined;
  }

  /** Disconnects without a close frame. */
  drop(): void {
    this.#end();
  }

  async #read(): Promise<void> {
    while (this.#isOpen) {
      const frame = await this.#peer.next();
      if (frame === undefined) break;
      this.#onFrame(frame);
    }
    this.#end();
  }

  #onFrame(frame: Frame): void {
    const code = closeCode(frame);
    if (code !== undefined) {
      this.#attacker.refused(`close ${code}`);
      this.#isOpen = false;
    }
    if (frame.opcode !== OPCODE.text) return;
    const text = decoder.decode(frame.payload.subarray(-MAX_LOOKED_AT));
    this.#latest = text;
    for (const [, fault] of text.matchAll(/"type":"fault"[^\n]{0,200}?"code":"(\w+)"/g)) {
      this.#attacker.refused(`fault ${fault}`);
    }
    if (text.startsWith("! slow down")) this.#attacker.refused("fault slow_down");
    this.#wake?.();
  }

  #end(): void {
    this.#isOpen = false;
    this.#peer[Symbol.dispose]();
    this.#attacker.ended(this.#peer);
    this.#wake?.();
  }
}
