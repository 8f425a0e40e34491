/**
 * All members of a run: connected a few at a time, awaited until every one hears the room, and sent home in the end. A crowd
 * that cannot be gathered whole is an error; one that is scattered later is a result.
 * @module
 */
import { systemClock } from "../../chat/clock.ts";
import { FineHistogram } from "../../core/fine_histogram.ts";
import { inTurn } from "./in_turn.ts";
import { Link } from "./link.ts";
import { type Company, Member } from "./member.ts";
import type { Dialogue, Disconnections } from "./plan.ts";
import type { Tally } from "./tally.ts";
import { Rests } from "./rests.ts";
import { ConnectFailed, Target } from "./target.ts";

/** Where a crowd comes together. */
export interface Gathering {
  /** `ws:` or `wss:` */
  readonly url: string;
  /** What everybody speaks. */
  readonly dialogue: Dialogue;
  /** How many come. */
  readonly count: number;
  /** So many handshakes are under way at a time. */
  readonly connectsAtOnce: number;
  /** Who reads at once what comes; undefined: all. The others do every so often. */
  readonly unhurried?: { isPrompt(index: number): boolean; readonly restMs: number };
  /** Told when a member has heard its own text. */
  heardItself(member: number, seq: number): void;
}

/** For so long nobody more may become ready before it is given up. */
const PATIENCE_MS = 30_000;
/** So long the other side may take to answer a close. */
const GOODBYE_MS = 1_000;

/** Many connections. */
export class Crowd implements Company, AsyncDisposable {
  /** All of them, by their numbers. */
  readonly members: readonly Member[];
  /** Microseconds that each handshake took. */
  readonly handshakes: FineHistogram = new FineHistogram();
  /** From the first handshake to the last. */
  connectMs = 0;
  /** From the first handshake until all heard the room. */
  readyMs = 0;
  #connected = 0;
  #ready = 0;
  #isLeaving = false;
  readonly #gathering: Gathering;
  readonly #codes = new Map<number, number>();
  readonly #deserted = new AbortController();
  readonly #runs: Promise<void>[] = [];
  readonly #rests: Rests | undefined;
  #change = Promise.withResolvers<void>();
  #early: ConnectFailed | undefined;

  /** Nobody is connected yet. */
  constructor(gathering: Gathering, tally: Tally) {
    this.#gathering = gathering;
    const { count, dialogue, unhurried } = gathering;
    this.#rests = unhurried && new Rests(unhurried.restMs);
    const isPrompt = (index: number) => unhurried?.isPrompt(index) ?? true;
    this.members = Array.from(
      { length: count },
      (_, index) => new Member(index, isPrompt(index), dialogue, tally, this),
    );
  }

  /** How many are connected. */
  get connected(): number {
    return this.#connected;
  }

  /** How many hear the room, or did. */
  get ready(): number {
    return this.#ready;
  }

  /** Aborts when the last connection has ended. */
  get deserted(): AbortSignal {
    return this.#deserted.signal;
  }

  /** How many were closed by the other side since all were ready. */
  get disconnected(): Disconnections {
    const count = [...this.#codes.values()].reduce((sum, one) => sum + one, 0);
    return { count, codes: Object.fromEntries(this.#codes) };
  }

  /** Connects all; resolves when all hear the room, or early when the signal aborts. Rejects with ConnectFailed. */
  async gather(signal: AbortSignal): Promise<void> {
    const { url, dialogue, connectsAtOnce } = this.#gathering;
    const target = await Target.at(url, dialogue.subprotocol);
    const began = performance.now();
    await inTurn(this.members.length, connectsAtOnce, signal, (index) => this.#join(target, index));
    this.connectMs = performance.now() - began;
    while (this.#ready < this.members.length && !signal.aborted) await this.#progress(signal);
    this.readyMs = performance.now() - began;
  }

  arrived(): void {
    this.#ready += 1;
    this.#change.resolve();
  }

  ended(member: Member, code: number): void {
    this.#connected -= 1;
    if (this.#isLeaving) return;
    if (this.#ready < this.members.length) {
      const words = member.lastWords && `: ${member.lastWords}`;
      this.#early ??= new ConnectFailed(`The server closed a connection with ${code}${words}`);
      this.#change.resolve();
    } else this.#codes.set(code, (this.#codes.get(code) ?? 0) + 1);
    if (this.#connected === 0) this.#deserted.abort();
  }

  heardItself(member: number, seq: number): void {
    this.#gathering.heardItself(member, seq);
  }

  /** Says goodbye to all, waits a moment for their answers, and cuts off who gives none. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isLeaving = true;
    this.#rests?.[Symbol.dispose]();
    for (const { link } of this.members) link?.leave();
    const gone = new AbortController();
    const ends = Promise.all(this.#runs).then(() => gone.abort());
    await systemClock.sleep(GOODBYE_MS, gone.signal);
    for (const { link } of this.members) link?.cut();
    await ends;
  }

  async #join(target: Target, index: number): Promise<void> {
    const member = this.members[index];
    if (member === undefined || this.#early) return;
    const began = performance.now();
    const opened = await target.open().catch((error) => {
      throw this.#which(index, error);
    });
    this.handshakes.record((performance.now() - began) * 1000);
    this.#connected += 1;
    const rests = member.isPrompt ? undefined : this.#rests;
    const link = new Link(opened, member, rests && (() => rests.rest(index)));
    member.begin(link);
    this.#runs.push(link.run(opened.rest));
  }

  /** That the first one fails says something else than that the thousandth does. */
  #which(index: number, error: unknown): unknown {
    if (!(error instanceof ConnectFailed) || index === 0) return error;
    const message = `${error.message} (connection ${index + 1} of ${this.members.length})`;
    return new ConnectFailed(message, { cause: error });
  }

  /** Resolves when one more is ready, or the signal aborts. */
  async #progress(signal: AbortSignal): Promise<void> {
    if (this.#early) throw this.#early;
    const ready = this.#ready;
    const change = this.#change = Promise.withResolvers<void>();
    const changed = new AbortController();
    change.promise.then(() => changed.abort());
    await systemClock.sleep(PATIENCE_MS, AbortSignal.any([signal, changed.signal]));
    change.resolve();
    if (this.#ready > ready || this.#early || signal.aborted) return;
    const words = this.members.find(({ isReady }) => !isReady)?.lastWords;
    throw new ConnectFailed(
      `${
        this.members.length - ready
      } of ${this.members.length} connections did not come to hear the ` +
        `room within ${PATIENCE_MS / 1000} s${words ? `; one was told: ${words}` : ""}`,
    );
  }
}
