/**
 * Remote calls between two threads, in both directions. Calls and replies of one turn of the event loop are sent in one
 * message. The number of calls in flight is limited; further calls wait in lanes that are served round-robin, so a busy
 * worker slows only itself, and a busy user delays only their own calls. Calls of one lane keep their order. Messages come
 * from our own code, so they are not validated.
 * @module
 */
import { BusUnavailable } from "../../chat/ports/bus.ts";
import { FairQueue } from "../../core/limits/fair_queue.ts";

/** Handlers of one end, by method name; arguments and results must be structured-cloneable. */
export type RpcHandlers = { readonly [verb: string]: (...args: never[]) => unknown };

/** A call of a handler in the other thread. */
export interface RpcCall {
  /** Unique among the calls of one end; the reply carries the same number. */
  readonly id: number;
  /** Name of the handler. */
  readonly method: string;
  /** Arguments of the handler. */
  readonly args: readonly unknown[];
}

/** An error as a plain value: structured cloning loses the class. */
export interface SerializedError {
  /** The error's own message; of a thrown value that is no error, its text. */
  readonly message: string;
  /** What else a `BusUnavailable` says; undefined for other errors. */
  readonly unavailable?: Pick<BusUnavailable, "mayHaveApplied" | "reason"> | undefined;
}

/** The result of a call. */
export type RpcReply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: SerializedError };

interface CallOptions {
  /** Whether it counts against {@linkcode MAX_IN_FLIGHT}. */
  readonly isCounted: boolean;
  /** The lane in which it waits; undefined for the shared one. */
  readonly lane?: string;
}

interface PendingCall {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
  /** Whether it counts against {@linkcode MAX_IN_FLIGHT}. */
  readonly isCounted: boolean;
}

/** The calls and replies of one message between the threads. */
export interface RpcBatch {
  /** New calls, in the order in which they were made. */
  readonly calls: readonly RpcCall[];
  /** Replies to earlier calls of the receiver. */
  readonly replies: readonly RpcReply[];
}

/** Maximum number of counted calls without a reply. */
const MAX_IN_FLIGHT = 1_000;
/** Maximum number of calls that wait to be sent. */
const MAX_QUEUED = 20_000;
/** Maximum number of calls that wait in one named lane. */
const MAX_QUEUED_PER_LANE = 1_000;

/** One end of the channel. `Remote` is the type of the other end's handlers. */
export class RpcChannel<Remote extends RpcHandlers> {
  readonly #post: (post: RpcBatch) => void;
  readonly #handlers: RpcHandlers;
  readonly #defer: (fn: () => void) => void;
  readonly #pending = new Map<number, PendingCall>();
  readonly #queued = new FairQueue<string | undefined, RpcCall>();
  #calls: RpcCall[] = [];
  #replies: RpcReply[] = [];
  #isPostScheduled = false;
  #id = 0;
  // Counted calls that were sent and have no reply yet.
  #inFlight = 0;
  #isClosed = false;

  /**
   * Creates one end; it sends nothing until the first call.
   *
   * @param post Sends a batch to the other end, which passes it to `receive()`.
   * @param handlers Handlers for the other end's calls.
   * @param defer Runs a function at the end of the current turn.
   */
  constructor(
    post: (post: RpcBatch) => void,
    handlers: RpcHandlers,
    defer: (fn: () => void) => void = atEndOfTurn,
  ) {
    this.#post = post;
    this.#handlers = handlers;
    this.#defer = defer;
  }

  /** Calls the other end. Rejects with `BusUnavailable` if too many calls are waiting, else as the handler did. */
  call<V extends keyof Remote & string>(
    method: V,
    ...args: Parameters<Remote[V]>
  ): Promise<Awaited<ReturnType<Remote[V]>>> {
    return this.#request(method, args, { isCounted: true });
  }

  /** Like {@linkcode call}, in a named lane, for example one user's, which takes turns with the others. */
  callInLane<V extends keyof Remote & string>(
    lane: string,
    method: V,
    ...args: Parameters<Remote[V]>
  ): Promise<Awaited<ReturnType<Remote[V]>>> {
    return this.#request(method, args, { isCounted: true, lane });
  }

  /** A call that may be answered late or never: it is sent at once and does not count against the limit. */
  callUnbounded<V extends keyof Remote & string>(
    method: V,
    ...args: Parameters<Remote[V]>
  ): Promise<Awaited<ReturnType<Remote[V]>>> {
    return this.#request(method, args, { isCounted: false });
  }

  /** Handles a batch from the other end. */
  receive({ calls, replies }: RpcBatch): void {
    for (const call of calls) this.#onCall(call);
    for (const reply of replies) this.#onReply(reply);
  }

  /** Rejects all pending and future calls: the other end has ended. */
  close(): void {
    this.#isClosed = true;
    for (const { reject } of this.#pending.values()) reject(channelClosed());
    this.#pending.clear();
    this.#queued.clear();
  }

  #request<R>(method: string, args: readonly unknown[], options: CallOptions): Promise<R> {
    const call = { id: ++this.#id, method, args };
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(channelClosed());
      this.#pending.set(call.id, { resolve, reject, isCounted: options.isCounted });
      if (!options.isCounted) this.#queueCall(call);
      else if (this.#inFlight < MAX_IN_FLIGHT) this.#send(call);
      else if (this.#canQueue(options.lane)) this.#queued.push(options.lane, call);
      else this.#reject(call);
    });
  }

  #canQueue(lane: string | undefined): boolean {
    const isLaneFull = lane !== undefined && this.#queued.sizeOf(lane) >= MAX_QUEUED_PER_LANE;
    return !isLaneFull && this.#queued.size < MAX_QUEUED;
  }

  #reject({ id }: RpcCall): void {
    const error = new BusUnavailable("too much is waiting, try again", { mayHaveApplied: false });
    this.#pending.get(id)?.reject(error);
    this.#pending.delete(id);
  }

  #send(call: RpcCall): void {
    this.#inFlight += 1;
    this.#queueCall(call);
  }

  #queueCall(call: RpcCall): void {
    this.#calls.push(call);
    this.#schedulePost();
  }

  #onReply(reply: RpcReply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (pending === undefined) return;
    if (pending.isCounted) this.#sendNext();
    if ("failure" in reply) pending.reject(deserializeError(reply.failure));
    else Reflect.apply(pending.resolve, undefined, [reply.value]);
  }

  #sendNext(): void {
    this.#inFlight -= 1;
    const next = this.#queued.shift();
    if (next) this.#send(next);
  }

  async #onCall({ id, method, args }: RpcCall): Promise<void> {
    try {
      const handler = this.#handlers[method];
      if (handler === undefined) throw new TypeError(`Cannot answer: received ${method}`);
      this.#queueReply({ id, value: await Reflect.apply(handler, undefined, args) });
    } catch (error) {
      this.#queueReply({ id, failure: serializeError(error) });
    }
  }

  #queueReply(reply: RpcReply): void {
    this.#replies.push(reply);
    this.#schedulePost();
  }

  #schedulePost(): void {
    if (this.#isPostScheduled) return;
    this.#isPostScheduled = true;
    this.#defer(() => {
      const batch = { calls: this.#calls, replies: this.#replies };
      this.#isPostScheduled = false;
      this.#calls = [];
      this.#replies = [];
      this.#post(batch);
    });
  }
}

/** Runs after all socket events of this turn: a microtask would send one message for each socket. */
function atEndOfTurn(fn: () => void): void {
  setImmediate(fn);
}

function channelClosed(): BusUnavailable {
  return new BusUnavailable("the connection was lost", { mayHaveApplied: true });
}

function serializeError(error: unknown): SerializedError {
  if (error instanceof BusUnavailable) {
    const { message, mayHaveApplied, reason } = error;
    return { message, unavailable: { mayHaveApplied, reason } };
  }
  return { message: error instanceof Error ? error.message : String(error) };
}

function deserializeError({ message, unavailable }: SerializedError): Error {
  return unavailable === undefined ? new Error(message) : new BusUnavailable(message, unavailable);
}
