/**
 * Plays the cells, round by round: A, B, C, A, B, C. What disturbs the machine for a while disturbs all of them, and a cell
 * that fails is written down and ends nothing.
 * @module
 */
import { startRedis } from "../../tests/support/redis/server.ts";
import { isWanted } from "./options.ts";
import type { Absence, Figures, Sample } from "./samples.ts";
import { CellRunner } from "./cell_runner.ts";
import type { Cell, Work } from "./work.ts";

// Far longer than any cell takes: only what hangs is found by it.
const CELL_MS = 120_000;

/** A cell with the work it belongs to. */
export interface Turn {
  /** What the cell belongs to. */
  readonly work: Work;
  /** What is played. */
  readonly cell: Cell;
}

/** The cells that are asked for and whose peers are there, in the order of a round. */
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

/** Plays all rounds. @param onSample Told each sample as it comes. */
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
