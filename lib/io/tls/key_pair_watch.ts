/**
 * Notices when the files of the certificate change. It compares their contents, which covers every way in which they are
 * renewed: rewritten, renamed into place, or behind a symbolic link that is swapped. Files that do not fit each other,
 * because only one of them has been written so far, are reported once, and the last good pair stays in use.
 * @module
 */
import type { Clock } from "../../chat/ports/clock.ts";
import { describeProblem } from "../../core/command_line/command_line.ts";
import { logger } from "../logger.ts";
import { expiryOf, type KeyPair, type KeyPairResult } from "./key_pair.ts";

/** Time between two looks at the files. */
const POLL_MS = 2_000;

/** What {@linkcode watchKeyPair} needs. */
export interface KeyPairWatchContext {
  /** Reads and checks the files. Resolves with the given pair if they still have it. */
  readonly read: (inUse: KeyPair) => Promise<KeyPairResult>;
  /** Waits between two looks, and tells whether a certificate has expired. */
  readonly clock: Clock;
  /** Called with each new pair, one at a time. */
  readonly onChange: (pair: KeyPair) => Promise<void>;
  /** Called with the time until which the pair in use is valid, first and after each change; undefined if unknown. */
  readonly onValidity: (until: Date | undefined) => void;
}

/** Looks at the files until the signal aborts. @param first The pair that is in use already. */
export async function watchKeyPair(
  { read, clock, onChange, onValidity }: KeyPairWatchContext,
  first: KeyPair,
  signal: AbortSignal,
): Promise<void> {
  let current = first;
  let reported: string | undefined;
  const validity = new ValidityLog(clock);
  onValidity(await validity.record("tls.loaded", current));
  while (!signal.aborted) {
    await clock.sleep(POLL_MS, signal);
    if (signal.aborted) return;
    validity.check();
    const result = await read(current);
    const why = result.kind === "bad" ? result.problems.map(describeProblem).join("; ") : undefined;
    if (why !== undefined && why !== reported) logger.warn("tls.reload_failed", { why });
    reported = why;
    if (result.kind === "bad" || result.pair === undefined || result.pair === current) continue;
    current = result.pair;
    onValidity(await validity.record("tls.replaced", current));
    await onChange(current);
  }
}

/** Logs until when the current certificate is valid, and once that it has expired. */
class ValidityLog {
  readonly #clock: Clock;
  #until: Date | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** There is another certificate. Resolves to the time until which it is valid. */
  async record(event: "tls.loaded" | "tls.replaced", pair: KeyPair): Promise<Date | undefined> {
    const until = this.#until = await expiryOf(pair);
    logger.info(event, { validUntil: until?.toISOString() ?? "unknown" });
    this.check();
    return until;
  }

  /** Time has passed. */
  check(): void {
    if (this.#until === undefined || this.#until.getTime() > this.#clock.date()) return;
    logger.error("tls.expired", { validUntil: this.#until.toISOString() });
    this.#until = undefined;
  }
}
