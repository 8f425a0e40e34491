/**
 * The main work of a chat: few users send and all receive. In the closed loop, each publisher sends its next text when
 * it has received its last one, so every server runs at full capacity, and CPU per delivery compares them.
 * @module
 */
import type { LoadPlan } from "../../../lib/load/mod.ts";
import { peerNamed } from "../peers/peers.ts";
import type { Figures } from "../samples.ts";
import type { CellRunner } from "../cell_runner.ts";
import { DELIVERY_COLUMNS, deliveryFigures, type Work } from "../work.ts";

const OTHERS = ["bare-deno", "bun", "ws", "socket.io", "nchan", "nginx-lua"];
const OURS = ["json", "text", "json-node", "text-node"];
const OUR_FORMS = ["json-w1", "text-w1", "json-alone", "text-alone"];
const PUBLISHERS = [1, 8];

/** The work with this many members. */
export function fanout(members: number, measureMs: number, peers: readonly string[]): Work {
  return {
    name: `fanout-${members}`,
    title: `${members} members`,
    about: "Closed loop: each publisher (K of them) has one text of 64 bytes in flight.",
    table: "of peers",
    columns: DELIVERY_COLUMNS,
    cells: PUBLISHERS.flatMap((publishers) =>
      peers.map((peer) => ({
        peer,
        variants: [`N=${members} K=${publishers}`],
        run: (stage) => play(stage, peer, { members, publishers, measureMs }),
      }))
    ),
  };
}

/** All sizes; the middle one with all configurations of Parley. */
export const FANOUTS: readonly Work[] = [
  fanout(1000, 1500, [...OURS, ...OUR_FORMS, ...OTHERS]),
  fanout(100, 1000, [...OURS, ...OTHERS]),
  fanout(5000, 2000, [...OURS, ...OTHERS]),
];

async function* play(
  stage: CellRunner,
  name: string,
  size: Pick<LoadPlan, "members" | "publishers" | "measureMs">,
): AsyncGenerator<Figures> {
  const peer = peerNamed(name);
  await using server = await stage.start(peer);
  const played = await stage.run([server], {
    kind: "load",
    tongue: peer.tongue,
    plan: {
      ...size,
      ...{ url: server.chatUrl(), textBytes: 64, slowShare: 0, connectsAtOnce: 64 },
      ...{ pace: { kind: "closed", window: 1 }, warmupMs: 500 },
    },
  });
  yield deliveryFigures(played);
}
