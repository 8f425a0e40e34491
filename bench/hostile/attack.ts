/**
 * What an attack is, and the steps that attacks share.
 * @module
 */
import type { Attacker, AttackSocket } from "./attacker.ts";

/** One attack. */
export interface Attack {
  /** On the command line. */
  readonly name: string;
  /** For the table. */
  readonly about: string;
  /** Refusals that show that the service noticed the attack; none if it need not be refused, only withstood. */
  readonly refusedBy: readonly string[];
  /** Whether the room `stored` must first be filled with messages of the maximum length. */
  readonly needsStored?: true;
  /** Whether the attacker is a member, by an invite. */
  readonly needsInvite?: true;
  /** Runs at least this long, where the effect shows late. */
  readonly minSeconds?: number;
  /** Carries it out; returns when the time is over. */
  run(attacker: Attacker): Promise<void>;
}

const hello = JSON.stringify({ type: "hello" });

/** An address of an attacker, from the range for documentation (RFC 5737). */
export function address(index: number): string {
  return `203.0.113.${index % 250 + 1}`;
}

/** A connection that has said hello, and joined a room if one is named. */
export async function arrive(
  attacker: Attacker,
  index: number,
  room?: string,
): Promise<AttackSocket | undefined> {
  const socket = await attacker.open("/ws", address(index));
  await socket?.say(room === undefined ? hello : `${hello}\n${join(room)}`);
  if (room !== undefined) await socket?.untilReceived(/"type":"(joined|fault)"/);
  return socket;
}

/** The request to join a room. */
export function join(room: string): string {
  return JSON.stringify({ type: "join", room });
}

/** Keeps a number of connections that repeat one step; a closed connection is opened again. */
export async function keep(
  attacker: Attacker,
  count: number,
  open: (index: number) => Promise<AttackSocket | undefined>,
  step: (socket: AttackSocket, round: number, index: number) => Promise<void>,
): Promise<void> {
  await Promise.all(Array.from({ length: count }, async (_, index) => {
    let socket = await open(index);
    await attacker.repeat(async (round) => {
      if (!socket?.isOpen) {
        await attacker.pause(250);
        socket = await open(index);
      }
      if (socket) await step(socket, round, index);
    });
  }));
}
