/**
 * A line between two isolates: each end calls what the other one answers. Calls and answers of one turn go over in one
 * post, and the number of calls without an answer is limited; further calls wait in lanes that are served round-robin. So an
 * isolate that asks too much slows itself down, and a user who asks too much waits alone. Calls of one lane keep their
 * order. What comes over is from our own other half and is not checked again.
 * @module
 */
import { BusUnavailable } from "../../chat/bus.ts";
import { FairQueue } from "../../core/fair_queue.ts";

/** What one end answers, by name; arguments and results must be structured-cloneable. */
export type Answers = { readonly [verb: string]: (...args: never[]) => unknown };

/** One call. */
export interface Call {
  /** Its number, by which it is answered. */
  readonly id: number;
  /** What is asked for. */
  readonly verb: string;
  /** With what. */
  readonly args: readonly unknown[];
}

/** An error, as it goes over: a class would not survive it. */
export interface Failure {
  /** For whoever asked. */
  readonly message: string;
  /** Only of a `BusUnavailable`. */
  readonly perhapsSent?: boolean | undefined;
}

/** What became of a call. */
export type Reply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: Failure };

/** How a call is made. */
interface Asking {
  /** Whether the window counts it. */
  readonly isCounted: boolean;
  /** The lane in which it waits; undefined for the common one. */
  readonly lane?: string;
}

/** Somebody who waits for a reply. */
interface Asker {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
  /** Whether the window counts it. */
  readonly isCounted: boolean;
}

/** What goes over in one post. */
export interface Post {
  /** What is asked. */
  readonly calls: readonly Call[];
  /** What was asked before. */
  readonly replies: readonly Reply[];
}

/** So many calls may be without an answer. */
const WINDOW = 1_000;
/** So many more may wait for their turn. */
const MAX_WAITING = 20_000;
/** Number of calls that may wait in one named lane. */
const MAX_WAITING_IN_LANE = 1_000;

/** One end. `Theirs` is what the other end answers. */
export class Line<Theirs extends Answers> {
  readonly #post: (post: Post) => void;
  readonly #answers: Answers;
  readonly #soon: (deed: () => void) => void;
  readonly #unanswered = new Map<number, Asker>();
  readonly #waiting = new FairQueue<string | undefined, Call>();
  #calls: Call[] = [];
  #replies: Reply[] = [];
  #isPosting = false;
  #id = 0;
  // Calls that were posted and have no answer yet.
  #underWay = 0;
  #isCut = false;

  /**
   * An end that has said nothing yet.
   *
   * @param answers What it answers.
   * @param soon Does something when what is at hand is done.
   */
  constructor(
    post: (post: Post) => void,
    answers: Answers,
    soon: (deed: () => void) => void = atEndOfTurn,
  ) {
    this.#post = post;
    this.#answers = answers;
    this.#soon = soon;
  }

  /** Asks the other end. Rejects with `BusUnavailable` where too much waits already, or as the other end did. */
  call<V extends keyof Theirs & string>(
    verb: V,
    ...args: Parameters<Theirs[V]>
  ): Promise<Awaited<ReturnType<Theirs[V]>>> {
    return this.#ask(verb, args, { isCounted: true });
  }

  /** The same in a lane of its own, for example a user's, served in turn with the others. */
  callFor<V extends keyof Theirs & string>(
    lane: string,
    verb: V,
    ...args: Parameters<Theirs[V]>
  ): Promise<Awaited<ReturnType<Theirs[V]>>> {
    return this.#ask(verb, args, { isCounted: true, lane });
  }

  /** Asks what may be answered late or never: the window does not count it. */
  wait<V extends keyof Theirs & string>(
    verb: V,
    ...args: Parameters<Theirs[V]>
  ): Promise<Awaited<ReturnType<Theirs[V]>>> {
    return this.#ask(verb, args, { isCounted: false });
  }

  /** Takes what came over. */
  receive({ calls, replies }: Post): void {
    for (const call of calls) this.#answer(call);
    for (const reply of replies) this.#settle(reply);
  }

  /** Rejects all that is not answered, and all that is asked from now on: the other end is gone. */
  cut(): void {
    this.#isCut = true;
    for (const { reject } of this.#unanswered.values()) reject(gone());
    this.#unanswered.clear();
    this.#waiting.clear();
  }

  #ask<R>(verb: string, args: readonly unknown[], how: Asking): Promise<R> {
    const call = { id: ++this.#id, verb, args };
    return new Promise((resolve, reject) => {
      if (this.#isCut) return reject(gone());
      this.#unanswered.set(call.id, { resolve, reject, isCounted: how.isCounted });
      if (!how.isCounted) this.#add(call);
      else if (this.#underWay < WINDOW) this.#send(call);
      else if (this.#mayWait(how.lane)) this.#waiting.push(how.lane, call);
      else this.#refuse(call);
    });
  }

  #mayWait(lane: string | undefined): boolean {
    const isLaneFull = lane !== undefined && this.#waiting.sizeOf(lane) >= MAX_WAITING_IN_LANE;
    return !isLaneFull && this.#waiting.size < MAX_WAITING;
  }

  #refuse({ id }: Call): void {
    const error = new BusUnavailable("too much is waiting, try again", { perhapsSent: false });
    this.#unanswered.get(id)?.reject(error);
    this.#unanswered.delete(id);
  }

  #send(call: Call): void {
    this.#underWay += 1;
    this.#add(call);
  }

  #add(call: Call): void {
    this.#calls.push(call);
    this.#postSoon();
  }

  #settle(reply: Reply): void {
    const asked = this.#unanswered.get(reply.id);
    this.#unanswered.delete(reply.id);
    if (asked === undefined) return;
    if (asked.isCounted) this.#next();
    if ("failure" in reply) asked.reject(thaw(reply.failure));
    else Reflect.apply(asked.resolve, undefined, [reply.value]);
  }

  #next(): void {
    this.#underWay -= 1;
    const next = this.#waiting.shift();
    if (next) this.#send(next);
  }

  async #answer({ id, verb, args }: Call): Promise<void> {
    try {
      const answer = this.#answers[verb];
      if (answer === undefined) throw new TypeError(`Cannot answer: received ${verb}`);
      this.#reply({ id, value: await Reflect.apply(answer, undefined, args) });
    } catch (error) {
      this.#reply({ id, failure: freeze(error) });
    }
  }

  #reply(reply: Reply): void {
    this.#replies.push(reply);
    this.#postSoon();
  }

  #postSoon(): void {
    if (this.#isPosting) return;
    this.#isPosting = true;
    this.#soon(() => {
      const post = { calls: this.#calls, replies: this.#replies };
      this.#isPosting = false;
      this.#calls = [];
      this.#replies = [];
      this.#post(post);
    });
  }
}

/** When all sockets that have something to say in this turn have said it: a microtask would post for each of them. */
function atEndOfTurn(deed: () => void): void {
  setImmediate(deed);
}

function gone(): BusUnavailable {
  return new BusUnavailable("the connection was lost", { perhapsSent: true });
}

function freeze(error: unknown): Failure {
  if (error instanceof BusUnavailable) {
    return { message: error.message, perhapsSent: error.perhapsSent };
  }
  return { message: error instanceof Error ? error.message : String(error) };
}

function thaw({ message, perhapsSent }: Failure): Error {
  return perhapsSent === undefined
    ? new Error(message)
    : new BusUnavailable(message, { perhapsSent });
}
