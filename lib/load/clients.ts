/**
 * All members of a run: connects them a few at a time, waits until all have joined the room, and closes them in the
 * end. If a member cannot connect or join, the run fails; disconnections after that are part of the result.
 * @module
 */
import { systemClock } from "../chat/ports/clock.ts";
import { FineHistogram } from "./stats/histogram.ts";
import { forEachConcurrent } from "./concurrency.ts";
import { LoadConnection } from "./ws/connection.ts";
import { type ClientObserver, LoadClient } from "./client.ts";
import type { ClientProtocol, Disconnections, ReturnReport } from "./plan.ts";
import { ReturnStorm } from "./return_storm.ts";
import type { LoadCounters } from "./stats/counters.ts";
import { ReadThrottle } from "./read_throttle.ts";
import { closeQuietly, ConnectFailed, HandshakeTarget } from "./ws/handshake.ts";

/** What {@linkcode LoadClients} needs. */
export interface LoadClientsInit {
  /** `ws:` or `wss:` */
  readonly url: string;
  /** The server's protocol. */
  readonly protocol: ClientProtocol;
  /** Number of members. */
  readonly count: number;
  /** Maximum number of members that are connecting at the same time. */
  readonly connectsAtOnce: number;
  /** Which members read at once; the others read every `restMs`. Undefined: all read at once. */
  readonly unhurried?: { isPrompt(index: number): boolean; readonly restMs: number };
  /** Called when a member has received its own text. */
  onOwnText(client: number, seq: number): void;
}

/** Connecting fails when no further member has joined within this time. */
const READY_TIMEOUT_MS = 30_000;
/** Time for the server to answer a close frame. */
const CLOSE_TIMEOUT_MS = 1_000;

/** The connections of all members. */
export class LoadClients implements ClientObserver, AsyncDisposable {
  /** All members, by index. */
  readonly all: readonly LoadClient[];
  /** Durations of the handshakes, in microseconds. */
  readonly handshakes: FineHistogram = new FineHistogram();
  /** From the start of the first handshake to the end of the last. */
  connectMs = 0;
  /** From the start of the first handshake until all members had joined. */
  readyMs = 0;
  #connected = 0;
  #ready = 0;
  #isClosing = false;
  readonly #init: LoadClientsInit;
  readonly #codes = new Map<number, number>();
  readonly #allEnded = new AbortController();
  readonly #runs: Promise<void>[] = [];
  readonly #throttle: ReadThrottle | undefined;
  #change = Promise.withResolvers<void>();
  #earlyFailure: ConnectFailed | undefined;
  #storm: ReturnStorm | undefined;
  /** Members that are joining several rooms; aborted when they have, or have lost their connection. */
  readonly #joining = new Map<number, AbortController>();

  /** Connects no member yet. */
  constructor(init: LoadClientsInit, counters: LoadCounters) {
    this.#init = init;
    const { count, protocol, unhurried } = init;
    this.#throttle = unhurried && new ReadThrottle(unhurried.restMs);
    const isPrompt = (index: number) => unhurried?.isPrompt(index) ?? true;
    this.all = Array.from(
      { length: count },
      (_, index) => new LoadClient(index, isPrompt(index), protocol, counters, this),
    );
  }

  /** Number of open connections. */
  get connected(): number {
    return this.#connected;
  }

  /** Number of members that have joined the room, including those disconnected since. */
  get ready(): number {
    return this.#ready;
  }

  /** Aborts when the last connection has ended. */
  get allEnded(): AbortSignal {
    return this.#allEnded.signal;
  }

  /** Connections that the server has ended since all were ready. */
  get disconnected(): Disconnections {
    const count = [...this.#codes.values()].reduce((sum, one) => sum + one, 0);
    return { count, codes: Object.fromEntries(this.#codes) };
  }

  /** Connects all; resolves when all have joined, or early when the signal aborts. Rejects with ConnectFailed. */
  async connectAll(signal: AbortSignal): Promise<void> {
    const { url, protocol, connectsAtOnce } = this.#init;
    const target = await HandshakeTarget.prepare(url, protocol.subprotocol);
    const began = performance.now();
    await forEachConcurrent(
      this.all.length,
      connectsAtOnce,
      signal,
      (index) => this.#connect(target, index, signal),
    );
    this.connectMs = performance.now() - began;
    while (this.#ready < this.all.length && !signal.aborted) await this.#waitForProgress(signal);
    this.readyMs = performance.now() - began;
  }

  /**
   * Resolves when all members have come back after their connections were cut here, or after the server was restarted, or when
   * no more do; early when the signal aborts.
   */
  async comeBack(why: "cut" | "restart", signal: AbortSignal): Promise<ReturnReport> {
    const { url, protocol, connectsAtOnce } = this.#init;
    const target = await HandshakeTarget.prepare(url, protocol.subprotocol);
    this.#ready = 0;
    const storm = this.#storm = new ReturnStorm({
      count: this.all.length,
      connectsAtOnce,
      connect: (index) => this.#open(target, index, signal),
      afterMs: (index) => protocol.afterMs?.(index) ?? 0,
    });
    for (const { index, connection } of this.all) {
      if (!connection?.isOpen) storm.onEnded(index);
      else if (why === "cut") connection.abort();
    }
    return await storm.whenOver(signal);
  }

  onReady(client: LoadClient): void {
    this.#ready += 1;
    this.#joining.get(client.index)?.abort();
    this.#storm?.onReady(client.index);
    this.#change.resolve();
  }

  onEnded(client: LoadClient, code: number): void {
    this.#connected -= 1;
    this.#joining.get(client.index)?.abort();
    if (this.#isClosing) return;
    if (this.#storm) {
      if (client.isReady) this.#ready = Math.max(0, this.#ready - 1);
      return this.#storm.onEnded(client.index);
    }
    if (this.#ready < this.all.length) {
      const message = client.lastMessage && `: ${client.lastMessage}`;
      this.#earlyFailure ??= new ConnectFailed(
        `The server closed a connection with ${code}${message}`,
      );
      this.#change.resolve();
    } else this.#codes.set(code, (this.#codes.get(code) ?? 0) + 1);
    if (this.#connected === 0) this.#allEnded.abort();
  }

  onOwnText(client: number, seq: number): void {
    this.#init.onOwnText(client, seq);
  }

  /** Closes all connections, waits briefly for the close frames, and aborts the remaining connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    this.#throttle?.[Symbol.dispose]();
    for (const { connection } of this.all) connection?.close();
    const gone = new AbortController();
    const ends = Promise.all(this.#runs).then(() => gone.abort());
    await systemClock.sleep(CLOSE_TIMEOUT_MS, gone.signal);
    for (const { connection } of this.all) connection?.abort();
    await ends;
  }

  async #connect(target: HandshakeTarget, index: number, signal: AbortSignal): Promise<void> {
    const client = this.all[index];
    if (client === undefined || this.#earlyFailure) return;
    const began = performance.now();
    const onOpened = () => this.handshakes.record((performance.now() - began) * 1000);
    await this.#open(target, index, signal, onOpened).catch((error) => {
      throw this.#withIndex(index, error);
    });
  }

  async #open(
    target: HandshakeTarget,
    index: number,
    signal: AbortSignal,
    onOpened: () => void = () => {},
  ): Promise<void> {
    const client = this.all[index];
    if (client === undefined || this.#isClosing) return;
    const opened = await target.open();
    if (this.#isClosing || signal.aborted) return closeQuietly(opened.connection);
    onOpened();
    this.#connected += 1;
    const throttle = client.isPrompt || this.#storm ? undefined : this.#throttle;
    const connection = new LoadConnection(opened, client, throttle && (() => throttle.wait(index)));
    client.start(connection);
    if ((this.#init.protocol.rooms ?? 1) === 1) {
      this.#runs.push(connection.run(opened.leftover));
      return;
    }
    const joined = new AbortController();
    this.#joining.set(index, joined);
    this.#runs.push(connection.run(opened.leftover));
    // If it never joins, connectAll() or the storm notices.
    await systemClock.sleep(READY_TIMEOUT_MS, AbortSignal.any([signal, joined.signal]));
    this.#joining.delete(index);
  }

  /** Adds the index to the message: if the first connection fails, the cause is different than for the thousandth. */
  #withIndex(index: number, error: unknown): unknown {
    if (!(error instanceof ConnectFailed) || index === 0) return error;
    const message = `${error.message} (connection ${index + 1} of ${this.all.length})`;
    return new ConnectFailed(message, { cause: error });
  }

  /** Resolves when one more member is ready, or the signal aborts. */
  async #waitForProgress(signal: AbortSignal): Promise<void> {
    if (this.#earlyFailure) throw this.#earlyFailure;
    const ready = this.#ready;
    const change = this.#change = Promise.withResolvers<void>();
    const changed = new AbortController();
    change.promise.then(() => changed.abort());
    await systemClock.sleep(READY_TIMEOUT_MS, AbortSignal.any([signal, changed.signal]));
    change.resolve();
    if (this.#ready > ready || this.#earlyFailure || signal.aborted) return;
    const message = this.all.find(({ isReady }) => !isReady)?.lastMessage;
    throw new ConnectFailed(
      `${this.all.length - ready} of ${this.all.length} connections did not join their ` +
        `rooms within ${READY_TIMEOUT_MS / 1000} s${message ? `; one received: ${message}` : ""}`,
    );
  }
}
