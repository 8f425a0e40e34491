/**
 * One member of the crowd: finds the texts in what it hears, and answers what the server's protocol wants answered. Only
 * messages without a text of ours are decoded, since those with one are nearly all that come.
 * @module
 */
import type { Ear, Link } from "./link.ts";
import { findMarker, MARKER_BYTES, publisherAt, saidMicrosAt, seqAt } from "./marker.ts";
import type { Dialogue } from "./plan.ts";
import type { Tally } from "./tally.ts";

/** Who is told of a member. */
export interface Company {
  /** It hears the room from now on. */
  arrived(member: Member): void;
  /** It has ended. */
  ended(member: Member, code: number): void;
  /** It has heard one of its own texts. */
  heardItself(member: number, seq: number): void;
}

const decoder = new TextDecoder();
const REMEMBERED_CHARACTERS = 200;

/** One connection, as the run sees it. */
export class Member implements Ear {
  /** Its number, which is also the publisher's where it speaks. */
  readonly index: number;
  /** Whether it reads at once what comes, so that latencies are measured with it. */
  readonly isPrompt: boolean;
  /** Undefined before the handshake. */
  link: Link | undefined;
  /** Whether it hears the room. */
  isReady = false;
  /** The beginning of what it heard last that was no text of ours. */
  lastWords = "";
  readonly #dialogue: Dialogue;
  readonly #tally: Tally;
  readonly #company: Company;
  #isDeaf = false;

  /** Not connected yet. */
  constructor(
    index: number,
    isPrompt: boolean,
    dialogue: Dialogue,
    tally: Tally,
    company: Company,
  ) {
    this.index = index;
    this.isPrompt = isPrompt;
    this.#dialogue = dialogue;
    this.#tally = tally;
    this.#company = company;
  }

  /** Says what opens the dialogue. */
  begin(link: Link): void {
    this.link = link;
    for (const text of this.#dialogue.opening(this.index)) link.send(text);
    if (this.#dialogue.isReady === undefined) this.#arrive();
  }

  /** Reads nothing more, and counts nothing either. */
  becomeDeaf(): void {
    this.#isDeaf = true;
    this.link?.pause();
  }

  message(bytes: Uint8Array, from: number, to: number): void {
    if (this.#isDeaf) return;
    let marker = findMarker(bytes, from, to);
    if (marker < 0) return this.#listen(bytes.subarray(from, to));
    const now = this.#tally.micros();
    for (; marker >= 0; marker = findMarker(bytes, marker + MARKER_BYTES, to)) {
      const publisher = publisherAt(bytes, marker);
      const seq = seqAt(bytes, marker);
      const isMeasured = this.#tally.hear(this.index, publisher, seq);
      if (isMeasured && this.isPrompt) {
        this.#tally.latencies.record(now - saidMicrosAt(bytes, marker));
      }
      if (publisher === this.index) this.#company.heardItself(publisher, seq);
    }
  }

  ended(code: number): void {
    this.#company.ended(this, code);
  }

  #listen(bytes: Uint8Array): void {
    const { isReady, answer } = this.#dialogue;
    if (this.isReady && answer === undefined) return;
    const message = decoder.decode(bytes);
    if (!this.isReady) this.lastWords = message.slice(0, REMEMBERED_CHARACTERS);
    const words = answer?.(message);
    if (words !== undefined) this.link?.send(words);
    if (!this.isReady && isReady?.(message)) this.#arrive();
  }

  #arrive(): void {
    this.isReady = true;
    this.#company.arrived(this);
  }
}
