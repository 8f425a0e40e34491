/**
 * One serving isolate, from the outside: it is started, asked how it is, and ended, and what it held is taken back when it
 * has ended, whoever ended it.
 * @module
 */
import { stripVTControlCharacters } from "node:util";
import type { DrainKind } from "../drain.ts";
import type { Base, Report } from "../front.ts";
import { within } from "../within.ts";
import type { FromServing, ServingAnswers, Start, ToServing } from "./calls.ts";
import { Desk } from "./desk.ts";
import { openLifeline } from "./lifeline.ts";
import { Line } from "./line.ts";

/** It is up in a tenth of a second, or there is something wrong with it. */
const START_MS = 20_000;
/** An isolate that can be ended ends within milliseconds. */
const END_MS = 2_000;
/** That something went wrong in it may be heard of a little later than its end. */
const LAST_WORDS_MS = 200;
/** Number of characters of an error that are logged. */
const MAX_WORDS = 1_000;

/** One that serves. */
export class Isolate {
  /** Which one it is. */
  readonly number: number;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  readonly #worker: Worker;
  readonly #desk: Desk;
  readonly #line: Line<ServingAnswers>;
  readonly #up = Promise.withResolvers<void>();
  readonly #failed = Promise.withResolvers<string>();

  /** Starts it. */
  constructor(start: Start, base: Base) {
    this.number = start.number;
    // First, since it throws if the runtime has no workers, and nothing must be left open then.
    this.#worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    this.#desk = new Desk(base);
    this.#line = new Line((post) => this.#tell({ kind: "post", post }), this.#desk.answers);
    const { farEnd, cut } = openLifeline();
    this.ended = cut.then(() => this.#bury());
    this.#worker.onmessage = ({ data }: MessageEvent<FromServing>) => this.#hear(data);
    this.#worker.onerror = (event) => {
      // Otherwise it would end the process.
      event.preventDefault();
      this.#failed.resolve(firstLine(event.message));
    };
    this.#tell({ kind: "start", start }, [farEnd]);
  }

  /** Resolves when it serves; rejects with the reason where it cannot. */
  async isUp(): Promise<void> {
    const failed = this.#failed.promise.then((why) => Promise.reject(new Error(why)));
    const upOrNot = Promise.race([this.#up.promise, failed]);
    await within(START_MS, "A serving isolate did not start", upOrNot);
  }

  /** Resolves with the reason where something in it has ended that must go on. */
  get failed(): Promise<string> {
    return this.#failed.promise;
  }

  /** What it tells of itself; it may never come. */
  report(): Promise<Report> {
    return this.#line.wait("report");
  }

  /** Says goodbye to all who are connected to it. */
  drain(kind: DrainKind): Promise<void> {
    return this.#line.wait("drain", kind);
  }

  /** Parks the clients with the largest backlogs. */
  relieve(): Promise<void> {
    return this.#line.wait("relieve");
  }

  /** Ends it, and frees everything that it holds; false where it cannot be ended. */
  async terminate(): Promise<boolean> {
    this.#failed.resolve("it was ended");
    this.#worker.terminate();
    const ended = this.ended.then(() => true);
    return await within(END_MS, "A serving isolate did not end", ended).catch(() => false);
  }

  #tell(message: ToServing, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  #hear(message: FromServing): void {
    if (message.kind === "post") this.#line.receive(message.post);
    else if (message.kind === "up") this.#up.resolve();
    else this.#failed.resolve(message.why);
  }

  async #bury(): Promise<void> {
    this.#line.cut();
    this.#desk[Symbol.dispose]();
    const lastWords = within(LAST_WORDS_MS, "Nothing was heard", this.#failed.promise);
    await lastWords.catch(() => this.#failed.resolve("it has ended"));
  }
}

/** Without the places in the code that the runtime adds, in colours. */
function firstLine(message: string): string {
  // An error may quote a client's text, and the patterns behind this function are not ours.
  return stripVTControlCharacters(message.slice(0, MAX_WORDS).split("\n", 1)[0] ?? "");
}
