/**
 * Writes docs/internals/performance.md between its markers, and the plots next to it. Text outside the markers is
 * written by hand and not changed.
 * @module
 */
import { READER_TARGETS, SCALE_TARGETS, TARGETS } from "./goals.ts";
import { PEERS_BY_NAME } from "../peers/peers.ts";
import { withSection } from "./document_section.ts";
import { type Panel, plot } from "./plot.ts";
import { growthPanels, panels, report } from "./report.ts";
import type { Results, Sample } from "../samples.ts";
import { READER_WORKS, SCALE_WORKS, SERVER_WORKS } from "../works.ts";
import { COME_BACK, MANY_ROOMS } from "../works/scale.ts";
import type { Work } from "../work.ts";
import type { Target } from "./targets.ts";

const DOCUMENT = new URL("../../../docs/internals/performance.md", import.meta.url);
const GROWTH = new URL("../../../docs/internals/growth.svg", import.meta.url);
const PICTURE = new URL("../../../docs/internals/performance.svg", import.meta.url);

/** A part of the document. It is written when any of its works was run. */
interface Section {
  readonly name: string;
  readonly works: readonly Work[];
  readonly targets: readonly Target[];
  readonly plot?: SectionPlot;
}

interface SectionPlot {
  readonly picture: URL;
  readonly title: string;
  readonly panels: (samples: readonly Sample[]) => readonly Panel[];
}

const titleOf = (peer: string) => PEERS_BY_NAME.get(peer)?.title ?? peer;
const isOurs = (peer: string) => titleOf(peer).startsWith("Parley");

const SECTIONS: readonly Section[] = [
  {
    name: "fanout",
    works: SERVER_WORKS,
    targets: TARGETS,
    plot: {
      picture: PICTURE,
      title: "CPU µs of the server for each delivery",
      panels: (samples) => panels(samples, "fanout-1000", titleOf, isOurs),
    },
  },
  {
    name: "scale",
    works: SCALE_WORKS,
    targets: SCALE_TARGETS,
    plot: {
      picture: GROWTH,
      title: "What grows with rooms and members",
      panels: (samples) => [
        ...growthPanels(samples, MANY_ROOMS, "perJoin", titleOf),
        ...growthPanels(samples, MANY_ROOMS, "silentMicros", titleOf),
        ...growthPanels(samples, MANY_ROOMS, "p99Micros", titleOf),
        ...growthPanels(samples, COME_BACK, "perSecond", titleOf),
      ],
    },
  },
  { name: "readers", works: READER_WORKS, targets: READER_TARGETS },
];

/** Writes the sections that there are results for, formatted as the checks require. Returns the names of the files. */
export async function writeDocument(results: Results): Promise<string> {
  const written = [DOCUMENT];
  for (const { name, works, targets, plot: drawn } of SECTIONS) {
    const names = new Set(works.map((it) => it.name));
    const samples = results.samples.filter(({ work }) => names.has(work));
    if (samples.length === 0) continue;
    const text = report({ ...results, samples }, works, targets, titleOf);
    const document = withSection(await Deno.readTextFile(DOCUMENT), name, text);
    await Deno.writeTextFile(DOCUMENT, document);
    if (drawn === undefined) continue;
    await Deno.writeTextFile(drawn.picture, plot(drawn.title, drawn.panels(samples)));
    written.push(drawn.picture);
  }
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", DOCUMENT.pathname] }).output();
  return written.map(({ pathname }) => pathname.slice(pathname.indexOf("docs/"))).join(", ");
}
