/**
 * Writes docs/internals/performance.md between its markers, and the plots next to it. Text outside the markers is
 * written by hand and not changed.
 * @module
 */
import { TARGETS } from "./goals.ts";
import { PEERS_BY_NAME } from "../peers/peers.ts";
import { withSection } from "./document_section.ts";
import { plot } from "./plot.ts";
import { growthPanels, panels, report } from "./report.ts";
import type { Results } from "../samples.ts";
import { WORKS } from "../works.ts";
import { COME_BACK, MANY_ROOMS } from "../works/scale.ts";

const DOCUMENT = new URL("../../../docs/internals/performance.md", import.meta.url);
const GROWTH = new URL("../../../docs/internals/growth.svg", import.meta.url);
const PICTURE = new URL("../../../docs/internals/performance.svg", import.meta.url);

/** Writes the files, formatted as the checks require. Returns their names. */
export async function writeDocument(results: Results): Promise<string> {
  const titleOf = (peer: string) => PEERS_BY_NAME.get(peer)?.title ?? peer;
  const isOurs = (peer: string) => titleOf(peer).startsWith("Parley");
  const text = report(results, WORKS, TARGETS, titleOf);
  await Deno.writeTextFile(
    DOCUMENT,
    withSection(await Deno.readTextFile(DOCUMENT), "fanout", text),
  );
  const drawn = panels(results.samples, "fanout-1000", titleOf, isOurs);
  await Deno.writeTextFile(PICTURE, plot("CPU µs of the server for each delivery", drawn));
  const growth = [
    ...growthPanels(results.samples, MANY_ROOMS, "perJoin", titleOf),
    ...growthPanels(results.samples, MANY_ROOMS, "silentMicros", titleOf),
    ...growthPanels(results.samples, MANY_ROOMS, "p99Micros", titleOf),
    ...growthPanels(results.samples, COME_BACK, "perSecond", titleOf),
  ];
  await Deno.writeTextFile(GROWTH, plot("What grows with rooms and members", growth));
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", DOCUMENT.pathname] }).output();
  return "docs/internals/performance.md, performance.svg and growth.svg";
}
