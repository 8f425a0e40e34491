/**
 * The faults during the storm, and what the clients do meanwhile.
 * @module
 */
import { reconnectSpreadMs } from "../../lib/core/backoff.ts";
import { SERVICE_RESTART } from "../../lib/core/protocol/close_codes.ts";
import type { RoomId } from "../../lib/core/names/names.ts";
import { formatPosition } from "../../lib/core/log/position.ts";
import type { JsonClient } from "./clients/json_client.ts";
import type { LibraryClient } from "./clients/library/library_client.ts";
import type { SimMember } from "./clients/member_client.ts";
import type { ModeratedClient } from "./clients/moderated_client.ts";
import type { PrivateClient } from "./clients/private_client.ts";
import type { SimNode } from "./world/sim_node.ts";
import type { TextClient } from "./clients/text_client.ts";
import type { TokenClient } from "./clients/token_client.ts";
import type { Wire } from "./world/wire.ts";
import type { World } from "./world/world.ts";

/** The clients in a simulation. */
export interface SimClients {
  readonly json: readonly JsonClient[];
  readonly text: readonly TextClient[];
  readonly library: readonly LibraryClient[];
  readonly token?: readonly TokenClient[];
  readonly members?: readonly SimMember[];
  readonly moderated?: readonly ModeratedClient[];
  readonly inPrivate?: readonly PrivateClient[];
}

/** Lets a client act repeatedly until a time. */
export function scheduleActions(
  world: World,
  client: SimClients["json" | "text" | "library"][number],
  until: number,
): void {
  const { clock, dice } = world;
  const pauseMs = dice.pick([300, 1_000, 3_000]);
  const act = () => {
    if (clock.now() >= until) return;
    world.guard(() => "messages" in client ? actRandomly(world, client) : client.act());
    clock.after(dice.between(1, 2 * pauseMs), act);
  };
  clock.after(dice.between(1, pauseMs), act);
}

function actRandomly(world: World, client: JsonClient): void {
  const { dice } = world;
  const room = dice.pick(world.rooms);
  if (!client.wantedRooms.has(room)) return dice.chance(0.1) ? client.toggle(room) : undefined;
  if (dice.chance(0.65)) return client.say(room);
  if (dice.chance(0.05)) return client.toggle(room);
  if (!client.rooms.has(room)) return;
  const of = recentMessage(world, room);
  const text = `text ${client.id}.e${world.nextNumber()}`;
  const request = dice.pick([
    ...(of ? [{ type: "edit", of, text }, { type: "react", of, emoji: "🐦" }] : []),
    ...(of ? [{ type: "delete", of }, { type: "read", position: of }] : []),
    { type: "typing" },
    { type: "who" },
    { type: "history", limit: 5 },
    { type: "name", name: `${client.id}x${dice.between(1, 3)}` },
    { type: "name", name: "Ann" },
    { type: "ping" },
  ]);
  client.request(request.type === "name" ? request : { ...request, room });
}

/** The position of one of the newest messages. */
export function recentMessage(world: World, room: RoomId): string | undefined {
  const said = world.redis.oracle(room).log.slice(-8).filter(({ action }) =>
    action.kind === "said"
  );
  return said.length > 0 ? formatPosition(world.dice.pick(said).position) : undefined;
}

/** Injects faults one after the other until a time. @param loses Whether Redis may lose data. */
export function injectFaults(
  world: World,
  clients: SimClients,
  until: number,
  loses: boolean,
): void {
  const { clock, dice } = world;
  const next = () => {
    if (clock.now() >= until) return;
    const kinds = loses ? [...FAULTS, ...DATA_LOSSES] : FAULTS;
    dice.pick(kinds)(world, clients);
    clock.after(dice.between(50, 3_000), next);
  };
  clock.after(dice.between(50, 3_000), next);
}

type FaultInjection = (world: World, clients: SimClients) => void;

function cut(world: World, clients: SimClients): void {
  const { dice } = world;
  const { id, wire } = dice.pick(connectionsOf(clients));
  world.note(`the line of ${id} breaks`);
  wire?.cut(dice.chance(0.6) ? 1 : dice.between(1, 30_000));
}

function dropAnnouncements(world: World): void {
  const node = pickNode(world);
  if (node === undefined) return;
  world.note(`${node.id} is deaf`);
  node.bus.dropsAnnouncements = true;
  world.clock.after(world.dice.between(100, 20_000), () => node.bus.dropsAnnouncements = false);
}

function disconnectFromRedis(world: World): void {
  const node = pickNode(world);
  if (node === undefined) return;
  world.note(`${node.id} cannot reach Redis`);
  node.bus.isAway = true;
  world.clock.after(world.dice.between(100, 14_000), () => node.bus.isAway = false);
}

function crash(world: World, clients: SimClients): void {
  const node = pickNode(world);
  if (node === undefined) return;
  world.note(`${node.id} crashes`);
  node.crash();
  for (const wire of wiresOf(node, clients)) wire.cut(1);
  world.clock.after(world.dice.between(300, 5_000), () => world.startNode());
}

/** Replaces a node by another one, as an operator does. */
export function restart(world: World, clients: SimClients): void {
  const node = pickNode(world);
  if (node === undefined) return;
  world.note(`${node.id} restarts`);
  const wires = wiresOf(node, clients);
  const afterMs = reconnectSpreadMs(wires.length, 0);
  for (const wire of wires) wire.close({ ...SERVICE_RESTART, afterMs });
  world.clock.after(world.dice.between(1, 2_000), () => {
    node.stop();
    for (const wire of wiresOf(node, clients)) wire.cut(1);
  });
  world.startNode();
}

function wiresOf(node: SimNode, clients: SimClients): readonly Wire[] {
  return connectionsOf(clients).flatMap(({ wire }) => wire?.node === node ? wire : []);
}

function connectionsOf(
  { json, text, library, token = [], members = [], moderated = [], inPrivate = [] }: SimClients,
): readonly { readonly id: string; readonly wire: Wire | undefined }[] {
  const pages = library.flatMap((it) => it.pages);
  const devices = members.flatMap((it) => it.devices);
  return [...json, ...text, ...pages, ...token, ...devices, ...moderated, ...inPrivate];
}

function retireClient(world: World, { json, text }: SimClients): void {
  if (json.length + text.length > 3) world.dice.pick([...json, ...text]).retire();
}

function detachReplica(world: World): void {
  world.note("the replica follows no more");
  world.redis.detachReplica();
}

function promoteReplica(world: World): void {
  world.note("the replica takes over");
  world.redis.promoteReplica();
}

/** Stops replication after one delay, and promotes the replica after another. */
export function failOver(world: World, afterMs: number, behindMs: number): void {
  world.clock.after(afterMs, () => detachReplica(world));
  world.clock.after(afterMs + behindMs, () => promoteReplica(world));
}

/** The replica has everything when it takes over, so nothing is lost. */
export function switchOver(world: World): void {
  detachReplica(world);
  promoteReplica(world);
}

function flushRedis(world: World): void {
  world.note("Redis is emptied");
  world.redis.flushAll();
}

const CUTS = Array.from({ length: 5 }, () => cut);
const FAULTS: readonly FaultInjection[] = [
  ...CUTS,
  dropAnnouncements,
  disconnectFromRedis,
  disconnectFromRedis,
  crash,
  restart,
  retireClient,
];
const DATA_LOSSES: readonly FaultInjection[] = [
  detachReplica,
  detachReplica,
  promoteReplica,
  flushRedis,
];

function pickNode({ running, dice }: World): SimNode | undefined {
  return running.length > 0 ? dice.pick(running) : undefined;
}
