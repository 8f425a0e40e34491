/**
 * What goes wrong as long as the storm lasts, and what people do meanwhile.
 * @module
 */
import { comebackMs } from "../../lib/core/backoff.ts";
import { RESTARTING } from "../../lib/core/farewells.ts";
import type { RoomId } from "../../lib/core/names.ts";
import { formatPosition } from "../../lib/core/positions.ts";
import type { JsonClient } from "./json_client.ts";
import type { LibraryClient } from "./library_client.ts";
import type { SimNode } from "./sim_node.ts";
import type { TextClient } from "./text_client.ts";
import type { Wire } from "./wire.ts";
import type { World } from "./world.ts";

/** Who is there. */
export interface Crowd {
  readonly json: readonly JsonClient[];
  readonly text: readonly TextClient[];
  readonly library: readonly LibraryClient[];
}

/** Lets a client act again and again until a time. */
export function enliven(world: World, client: Crowd[keyof Crowd][number], until: number): void {
  const { clock, dice } = world;
  const pauseMs = dice.pick([300, 1_000, 3_000]);
  const act = () => {
    if (clock.now() >= until) return;
    world.guard(() => "says" in client ? doSomething(world, client) : client.act());
    clock.after(dice.between(1, 2 * pauseMs), act);
  };
  clock.after(dice.between(1, pauseMs), act);
}

function doSomething(world: World, client: JsonClient): void {
  const { dice } = world;
  const room = dice.pick(world.rooms);
  if (!client.wishes.has(room)) return dice.chance(0.1) ? client.toggle(room) : undefined;
  if (dice.chance(0.65)) return client.say(room);
  if (dice.chance(0.05)) return client.toggle(room);
  if (!client.book.has(room)) return;
  const of = recentMessage(world, room);
  const text = `text ${client.id}.e${world.draw()}`;
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

function recentMessage(world: World, room: RoomId): string | undefined {
  const said = world.redis.truth(room).log.slice(-8).filter(({ deed }) => deed.kind === "said");
  return said.length > 0 ? formatPosition(world.dice.pick(said).position) : undefined;
}

/** Something goes wrong, and then the next thing, until a time. @param loses Whether Redis forgets. */
export function rage(world: World, crowd: Crowd, until: number, loses: boolean): void {
  const { clock, dice } = world;
  const next = () => {
    if (clock.now() >= until) return;
    const kinds = loses ? [...TROUBLES, ...LOSSES] : TROUBLES;
    dice.pick(kinds)(world, crowd);
    clock.after(dice.between(50, 3_000), next);
  };
  clock.after(dice.between(50, 3_000), next);
}

type Trouble = (world: World, crowd: Crowd) => void;

function cut(world: World, { json, text, library }: Crowd): void {
  const { dice } = world;
  const pages = library.flatMap((it) => it.pages);
  const { id, wire } = dice.pick([...json, ...text, ...pages]);
  world.note(`the line of ${id} breaks`);
  wire?.cut(dice.chance(0.6) ? 1 : dice.between(1, 30_000));
}

function deafen(world: World): void {
  const node = pickNode(world);
  if (node === undefined) return;
  world.note(`${node.id} is deaf`);
  node.bus.isDeaf = true;
  world.clock.after(world.dice.between(100, 20_000), () => node.bus.isDeaf = false);
}

function isolate(world: World): void {
  const node = pickNode(world);
  if (node === undefined) return;
  world.note(`${node.id} cannot reach Redis`);
  node.bus.isAway = true;
  world.clock.after(world.dice.between(100, 14_000), () => node.bus.isAway = false);
}

function crash(world: World, crowd: Crowd): void {
  const node = pickNode(world);
  if (node === undefined) return;
  world.note(`${node.id} crashes`);
  node.crash();
  for (const wire of wiresOf(node, crowd)) wire.cut(1);
  world.clock.after(world.dice.between(300, 5_000), () => world.startNode());
}

function restart(world: World, crowd: Crowd): void {
  const node = pickNode(world);
  if (node === undefined) return;
  world.note(`${node.id} restarts`);
  const wires = wiresOf(node, crowd);
  const afterMs = comebackMs(wires.length, 0);
  for (const wire of wires) wire.close({ ...RESTARTING, afterMs });
  world.clock.after(world.dice.between(1, 2_000), () => {
    node.stop();
    for (const wire of wiresOf(node, crowd)) wire.cut(1);
  });
  world.startNode();
}

function wiresOf(node: SimNode, { json, text, library }: Crowd): readonly Wire[] {
  const pages = library.flatMap((it) => it.pages);
  return [...json, ...text, ...pages].flatMap(({ wire }) => wire?.node === node ? wire : []);
}

function goHome(world: World, { json, text }: Crowd): void {
  if (json.length + text.length > 3) world.dice.pick([...json, ...text]).goHome();
}

function part(world: World): void {
  world.note("the replica follows no more");
  world.redis.part();
}

function promote(world: World): void {
  world.note("the replica takes over");
  world.redis.promote();
}

/** A replica stays behind after so long, and takes over after so much more. */
export function fallBack(world: World, afterMs: number, behindMs: number): void {
  world.clock.after(afterMs, () => part(world));
  world.clock.after(afterMs + behindMs, () => promote(world));
}

function empty(world: World): void {
  world.note("Redis is emptied");
  world.redis.empty();
}

const CUTS = Array.from({ length: 5 }, () => cut);
const TROUBLES: readonly Trouble[] = [...CUTS, deafen, isolate, isolate, crash, restart, goHome];
const LOSSES: readonly Trouble[] = [part, part, promote, empty];

function pickNode({ running, dice }: World): SimNode | undefined {
  return running.length > 0 ? dice.pick(running) : undefined;
}
