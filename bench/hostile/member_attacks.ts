/**
 * Attacks of a malicious member: requests that read or change what all nodes share. The member is an owner, who may ask for
 * everything.
 * @module
 */
import { address, type Attack, join, keep } from "./attack.ts";
import type { Attacker, AttackSocket } from "./attacker.ts";

/** A page with the longest URL that is accepted. */
const PAGE = `https://chat.example.org/${"x".repeat(225)}`;
/** Below the rate limit of a connection, so that what is refused is refused to the member. */
const PAUSE_MS = 110;

/** Something that a connection can sign in with. */
type Credential = { readonly invite: string } | { readonly resume: string };

/** A connection of the member, and the token of its device. */
interface SignedIn {
  readonly socket: AttackSocket;
  readonly resume: string;
}

/** Signs in on a new connection; undefined where that is refused. */
async function signIn(
  attacker: Attacker,
  index: number,
  credential: Credential,
): Promise<SignedIn | undefined> {
  const socket = await attacker.open("/ws", address(index));
  await socket?.frames({ type: "hello", name: "Mallory", ...credential });
  const answer = await socket?.untilReceived(/"type":"(hello|fault)"/);
  const [, resume] = /"resume":"([^"]+)"/.exec(answer ?? "") ?? [];
  if (socket && resume !== undefined) return { socket, resume };
  socket?.drop();
  return undefined;
}

/** Becomes a member; resolves to the token of the first device. */
async function become(attacker: Attacker): Promise<SignedIn> {
  const { invite = "" } = attacker;
  const member = await signIn(attacker, 0, { invite });
  if (member === undefined) throw new Error("Cannot attack as a member: the invite was refused");
  return member;
}

/** Keeps ten connections of one member that repeat one step. */
async function keepMember(
  attacker: Attacker,
  room: string | undefined,
  step: (socket: AttackSocket, round: number, index: number) => Promise<void>,
): Promise<void> {
  const { socket, resume } = await become(attacker);
  socket.drop();
  await keep(attacker, 10, async (index) => {
    const member = await signIn(attacker, index, { resume });
    if (room !== undefined) {
      await member?.socket.say(join(room));
      await member?.socket.untilReceived(/"type":"(joined|fault)"/);
    }
    return member?.socket;
  }, step);
}

/** The attacks. */
export const MEMBER_ATTACKS: readonly Attack[] = [
  {
    name: "member-renames",
    about: "A member on ten connections in the honest clients' room, renamed again and again",
    refusedBy: ["fault slow_down", "close 1008"],
    needsInvite: true,
    run: (attacker) =>
      keepMember(attacker, "honest", async (socket, round, index) => {
        await socket.frames({ type: "name", name: `Mallory${index} ${round}` });
        await attacker.pause(PAUSE_MS);
      }),
  },
  {
    name: "invite-pages",
    about: "A member on ten connections who makes invites with QR codes of the longest links",
    refusedBy: ["fault slow_down", "close 1008"],
    needsInvite: true,
    run: (attacker) =>
      keepMember(attacker, undefined, async (socket) => {
        await socket.frames({ type: "invite", page: PAGE });
        await attacker.pause(PAUSE_MS);
      }),
  },
  {
    name: "device-links",
    about: "A member who adds one device after another, each by a link of the one before",
    refusedBy: ["fault slow_down", "close 1008"],
    needsInvite: true,
    run: async (attacker) => {
      let { socket, resume } = await become(attacker);
      await attacker.repeat(async (round) => {
        if (!socket.isOpen) {
          await attacker.pause(250);
          const again = await signIn(attacker, round, { resume });
          if (again) ({ socket, resume } = again);
          return;
        }
        const id = `link${round}`;
        await socket.frames({ type: "invite", id, device: true });
        const answer = await socket.untilReceived(new RegExp(`"id":"${id}"`));
        const [, invite] = /"secret":"([^"]+)"/.exec(answer ?? "") ?? [];
        const next = invite && await signIn(attacker, round, { invite });
        if (!next) return await attacker.pause(20);
        socket.drop();
        ({ socket, resume } = next);
      });
    },
  },
];
