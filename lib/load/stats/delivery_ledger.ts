/**
 * Records which member has received which texts: for each member and publisher, the next sequence number and the gaps
 * before it. This is enough to count texts that are lost, doubled or out of order, and takes no memory for texts that
 * arrive in order.
 * @module
 */

/** Missing sequence numbers, from `from` to before `to`. */
interface SeqGap {
  readonly from: number;
  readonly to: number;
}

/** Counts the deliveries of one run. */
export class DeliveryLedger {
  /** Deliveries of measured texts, without duplicates. */
  deliveries = 0;
  /** Duplicate deliveries. */
  doubled = 0;
  /** Deliveries after a later text of the same publisher. */
  outOfOrder = 0;
  readonly #publishers: number;
  readonly #groups: number;
  readonly #publishersPerGroup: number;
  readonly #readers: number;
  readonly #next: Int32Array;
  readonly #gaps = new Map<number, SeqGap[]>();
  readonly #said: Int32Array;
  #first: Int32Array | undefined;
  #end: Int32Array | undefined;

  /** Starts empty. @param readers Number of members that should receive every text of their group. @param groups See `LoadPlan`. */
  constructor(members: number, publishers: number, readers: number, groups: number) {
    this.#publishers = publishers;
    this.#groups = groups;
    this.#publishersPerGroup = Math.ceil(publishers / groups);
    this.#readers = readers / groups;
    this.#said = new Int32Array(publishers);
    this.#next = new Int32Array(members * this.#publishersPerGroup);
  }

  /** Assigns the sequence number of a publisher's next text. */
  nextSeq(publisher: number): number {
    const seq = this.#said[publisher] ?? 0;
    this.#said[publisher] = seq + 1;
    return seq;
  }

  /** Texts sent from now on are measured. */
  begin(): void {
    this.#first = this.#said.slice();
  }

  /** Texts sent from now on are not measured. */
  end(): void {
    this.#end = this.#said.slice();
  }

  /** Number of measured texts. */
  get said(): number {
    const { first, end } = this.#window();
    return end.reduce((sum, seq, publisher) => sum + seq - (first[publisher] ?? 0), 0);
  }

  /** Number of expected deliveries of measured texts. */
  get expected(): number {
    return this.said * this.#readers;
  }

  /** Records that a member has received a text. Returns whether the text is measured and not a duplicate. */
  recordDelivery(member: number, publisher: number, seq: number): boolean {
    const groups = this.#groups;
    if (publisher >= this.#publishers || member % groups !== publisher % groups) {
      this.doubled += 1;
      return false;
    }
    const at = member * this.#publishersPerGroup + Math.floor(publisher / groups);
    const next = this.#next[at] ?? 0;
    if (seq < next) return this.#recordLate(at, publisher, seq);
    if (seq > next) this.#addGap(at, { from: next, to: seq });
    this.#next[at] = seq + 1;
    return this.#count(publisher, seq);
  }

  #recordLate(at: number, publisher: number, seq: number): boolean {
    const gaps = this.#gaps.get(at) ?? [];
    const gap = gaps.findIndex(({ from, to }) => from <= seq && seq < to);
    const found = gaps[gap];
    if (found === undefined) {
      if (this.#isMeasured(publisher, seq)) this.doubled += 1;
      return false;
    }
    const left = [{ from: found.from, to: seq }, { from: seq + 1, to: found.to }];
    gaps.splice(gap, 1, ...left.filter(({ from, to }) => from < to));
    if (this.#isMeasured(publisher, seq)) this.outOfOrder += 1;
    return this.#count(publisher, seq);
  }

  #addGap(at: number, gap: SeqGap): void {
    const gaps = this.#gaps.get(at);
    if (gaps) gaps.push(gap);
    else this.#gaps.set(at, [gap]);
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
