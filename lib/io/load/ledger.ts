/**
 * Who has heard what: for each member and publisher the next sequence number, and the holes before it. That is enough to
 * count what is lost, doubled or out of order, and needs no memory for what comes as it should.
 * @module
 */

/** Numbers that are missing: from `from` to before `to`. */
interface Hole {
  readonly from: number;
  readonly to: number;
}

/** The books of one run. */
export class Ledger {
  /** Heard for the first time, of what was said while it was measured. */
  deliveries = 0;
  /** Heard again. */
  doubled = 0;
  /** Heard after a later one. */
  outOfOrder = 0;
  readonly #publishers: number;
  readonly #onlySelf: boolean;
  readonly #hearers: number;
  readonly #next: Int32Array;
  readonly #holes = new Map<number, Hole[]>();
  readonly #said: Int32Array;
  #first: Int32Array | undefined;
  #end: Int32Array | undefined;

  /** Nothing was said. @param hearers Of the members, those who are to hear everything. */
  constructor(members: number, publishers: number, hearers: number, hears: "all" | "self") {
    this.#publishers = publishers;
    this.#onlySelf = hears === "self";
    this.#hearers = this.#onlySelf ? 1 : hearers;
    this.#said = new Int32Array(publishers);
    this.#next = new Int32Array(this.#onlySelf ? publishers : members * publishers);
  }

  /** The number of what this publisher says now. */
  say(publisher: number): number {
    const seq = this.#said[publisher] ?? 0;
    this.#said[publisher] = seq + 1;
    return seq;
  }

  /** What is said from now on is measured. */
  begin(): void {
    this.#first = this.#said.slice();
  }

  /** What is said from now on is not. */
  end(): void {
    this.#end = this.#said.slice();
  }

  /** Texts said while it was measured. */
  get said(): number {
    const { first, end } = this.#window();
    return end.reduce((sum, seq, publisher) => sum + seq - (first[publisher] ?? 0), 0);
  }

  /** How often what was said while it was measured is to be heard. */
  get expected(): number {
    return this.said * this.#hearers;
  }

  /** A member hears a text. Says whether that is one of those measured, and the first time. */
  hear(member: number, publisher: number, seq: number): boolean {
    if (publisher >= this.#publishers || (this.#onlySelf && member !== publisher)) {
      this.doubled += 1;
      return false;
    }
    const at = this.#onlySelf ? member : member * this.#publishers + publisher;
    const next = this.#next[at] ?? 0;
    if (seq < next) return this.#hearLate(at, publisher, seq);
    if (seq > next) this.#note(at, { from: next, to: seq });
    this.#next[at] = seq + 1;
    return this.#count(publisher, seq);
  }

  #hearLate(at: number, publisher: number, seq: number): boolean {
    const holes = this.#holes.get(at) ?? [];
    const hole = holes.findIndex(({ from, to }) => from <= seq && seq < to);
    const found = holes[hole];
    if (found === undefined) {
      if (this.#isMeasured(publisher, seq)) this.doubled += 1;
      return false;
    }
    const left = [{ from: found.from, to: seq }, { from: seq + 1, to: found.to }];
    holes.splice(hole, 1, ...left.filter(({ from, to }) => from < to));
    if (this.#isMeasured(publisher, seq)) this.outOfOrder += 1;
    return this.#count(publisher, seq);
  }

  #note(at: number, hole: Hole): void {
    const holes = this.#holes.get(at);
    if (holes) holes.push(hole);
    else this.#holes.set(at, [hole]);
  }

  #count(publisher: number, seq: number): boolean {
    if (!this.#isMeasured(publisher, seq)) return false;
    this.deliveries += 1;
    return true;
  }

  #isMeasured(publisher: number, seq: number): boolean {
    if (this.#first === undefined || seq < (this.#first[publisher] ?? 0)) return false;
    return this.#end === undefined || seq < (this.#end[publisher] ?? 0);
  }

  #window(): { first: Int32Array; end: Int32Array } {
    return { first: this.#first ?? this.#said, end: this.#end ?? this.#said };
  }
}
