/**
 * Runs the cells round by round: A, B, C, A, B, C. A temporary disturbance of the machine then affects all of them
 * alike. A cell that fails is recorded and stops nothing.
 * @module
 */
import { startRedis } from "../../tests/support/redis/server.ts";
import { isWanted } from "./options.ts";
import type { Absence, Figures, Sample } from "./samples.ts";
import { CellRunner } from "./cell_runner.ts";
import type { Cell, Work } from "./work.ts";

// Far longer than any cell takes: it only catches cells that hang.
const CELL_MS = 300_000;

/** A cell and its work. */
export interface Turn {
  /** The work. */
  readonly work: Work;
  /** The cell. */
  readonly cell: Cell;
}

/** The selected cells whose peers are available, in the order of a round. */
export function turns(
  works: readonly Work[],
  only: readonly string[],
  absences: readonly Absence[],
): Turn[] {
  const absent = new Set(absences.map(({ peer }) => peer));
  return works.flatMap((work) =>
    work.cells.filter(({ peer }) => !absent.has(peer) && isWanted(only, work.name, peer))
      .map((cell) => ({ work, cell }))
  );
}

/** Runs all rounds. @param onSample Called with each sample. */
export async function runRounds(
  order: readonly Turn[],
  rounds: number,
  onSample: (sample: Sample) => void,
  signal: AbortSignal,
): Promise<void> {
  await using redis = await startRedis({ args: ["--maxclients", "18000"] });
  for (let round = 1; round <= rounds; round++) {
    for (const turn of order) {
      signal.throwIfAborted();
      const life = AbortSignal.any([signal, AbortSignal.timeout(CELL_MS)]);
      await runCell(turn, new CellRunner(redis, life), round, onSample);
    }
  }
}

async function runCell(
  { work, cell }: Turn,
  stage: CellRunner,
  round: number,
  onSample: (sample: Sample) => void,
): Promise<void> {
  const left = [...cell.variants];
  const place = { work: work.name, peer: cell.peer, round };
  const measured = (figures: Figures) => {
    const variant = left.shift() ?? "?";
    onSample({ ...place, variant, outcome: { kind: "measured", figures } });
  };
  try {
    for await (const figures of cell.run(stage)) measured(figures);
  } catch (error) {
    const why = (error instanceof Error ? error.message : String(error)).slice(0, 800);
    for (const variant of left) onSample({ ...place, variant, outcome: { kind: "failed", why } });
  }
}
