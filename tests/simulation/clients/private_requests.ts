/**
 * What members of private rooms and strangers ask for, at random.
 * @module
 */
import type { Role } from "../../../lib/core/auth/member.ts";
import type { RoomId } from "../../../lib/core/names/names.ts";
import { recentMessage } from "../fault_injection.ts";
import { newPrivateId } from "../world/sim_room_ids.ts";
import type { World } from "../world/world.ts";
import type { RequestFields } from "./pending_requests.ts";

/** Private rooms that are created; with more, each has fewer events. */
const MAX_ROOMS = 3;
/** The users of the simulation. */
export const USERS = ["a_ann00000", "a_bob00000", "a_cid00000", "a_max00000"] as const;

/** Who asks. */
export interface Asker {
  readonly user: string;
  readonly role: Role;
  readonly own: ReadonlySet<RoomId>;
}

/** The next requests: one, or what a client sends without waiting for answers. */
export function pickRequest(world: World, asker: Asker): readonly RequestFields[] {
  const { dice } = world;
  if (dice.chance(0.1)) return [creation(world, asker)];
  if (dice.chance(0.1)) return [{ type: "rooms" }];
  if (dice.chance(0.15)) return askAsStranger(world);
  if (asker.own.size === 0) return [];
  const room = dice.pick([...asker.own]);
  return [dice.chance(0.45) ? talk(world, room) : manage(world, room, asker)];
}

function creation(world: World, { user }: Asker): RequestFields {
  const { dice, privacy } = world;
  const others = USERS.filter((it) => it !== user);
  const count = privacy?.rooms.filter((room) => room.startsWith("_private.")).length ?? 0;
  return count < MAX_ROOMS && dice.chance(0.6)
    ? { type: "create", kind: "private", history: dice.pick(["all", "joined"]) }
    : { type: "open", user: dice.pick(others) };
}

/** Asks for a room that may be another's, or may not exist: the answers must be alike. */
function askAsStranger(world: World): readonly RequestFields[] {
  const { dice, privacy } = world;
  const room = dice.pick([...privacy?.rooms ?? [], newPrivateId(world)]);
  const join = { type: "join", room, limit: 5 };
  return dice.pick([
    [join],
    [join, { type: "history", room }, { type: "say", room, text: textOf(world) }],
    [join, { type: "leave", room }],
    [{ type: "members", room }],
    [{ type: "member", room }],
    [{ type: "who", room }],
  ]);
}

function talk(world: World, room: RoomId): RequestFields {
  const of = recentMessage(world, room);
  const text = textOf(world);
  const say = { type: "say", room, text };
  return world.dice.pick([
    say,
    say,
    say,
    { type: "history", room, limit: 5 },
    { type: "history", room },
    { type: "who", room },
    { type: "typing", room },
    ...(of ? [{ type: "edit", of, room, text }, { type: "delete", of, room }] : []),
    ...(of ? [{ type: "react", of, room, emoji: "🐦" }, { type: "read", room, position: of }] : []),
  ]);
}

function manage(world: World, room: RoomId, { role }: Asker): RequestFields {
  const { dice } = world;
  const user = dice.pick(USERS);
  // Moderators cannot ban each other.
  const banned = dice.pick(USERS.filter((it) => it !== "a_max00000"));
  const moderate = (action: string) => ({ type: "moderate", action, room, user: banned });
  const add = { type: "member", room, user };
  const history = dice.pick(["all", "joined"]);
  return dice.pick([
    add,
    add,
    add,
    { type: "member", room, user, on: false },
    { type: "member", room, user, on: false },
    { type: "member", room, on: false },
    { type: "members", room },
    { type: "leave", room },
    { type: "room", room, history },
    ...(role === "moderator" ? [moderate("ban"), moderate("unban"), moderate("unban")] : []),
  ]);
}

function textOf(world: World): string {
  return `text ${world.nextNumber()}`;
}
