/**
 * The word list of one worker. It can be replaced at any time, and without one every text is allowed.
 * @module
 */
import type { Counter } from "../../core/metrics/metrics.ts";
import type { Verdict, WordList } from "../../core/moderation/word_list.ts";

/** Counts the texts that were not allowed as they were. */
export type BlockedTextCounters = Readonly<Record<"refused" | "held" | "masked", Counter>>;

/** Checks texts and names against the current list. */
export class WordFilter {
  readonly #counters: BlockedTextCounters | undefined;
  readonly #ready = Promise.withResolvers<void>();
  #list: WordList | undefined;

  /** Starts without a list. */
  constructor(counters?: BlockedTextCounters) {
    this.#counters = counters;
  }

  /** Resolves when there is a list. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Uses another list from now on. */
  replace(list: WordList): void {
    this.#list = list;
    this.#ready.resolve();
  }

  /** What becomes of a message. Each call counts. */
  checkMessage(text: string): Verdict {
    return this.#count(this.#list?.check(text) ?? { kind: "allowed" });
  }

  /** What becomes of another text, which cannot wait for a moderator: it is refused instead. Each call counts. */
  check(text: string): Exclude<Verdict, { readonly kind: "held" }> {
    const verdict = this.#list?.check(text) ?? { kind: "allowed" };
    return this.#count(verdict.kind === "held" ? { kind: "refused" } : verdict);
  }

  #count<V extends Verdict>(verdict: V): V {
    if (verdict.kind !== "allowed") this.#counters?.[verdict.kind].add();
    return verdict;
  }

  /** Whether a user may choose a name. A name cannot be masked, so it must not match at all. */
  allowsName(name: string): boolean {
    return this.#list === undefined || this.#list.check(name).kind === "allowed";
  }
}
