/**
 * One worker as the main thread sees it: starts it, calls it, and terminates it. When the worker has ended, for whatever
 * reason, everything that it held in the main thread is released.
 * @module
 */
import { stripVTControlCharacters } from "node:util";
import type { DrainKind } from "../serving/drain.ts";
import type { ServerReport } from "../serving/chat_server.ts";
import type { SharedServices } from "../serving/shared_services.ts";
import { withTimeout } from "../timeout.ts";
import type { KeyPair } from "../tls/key_pair.ts";
import type { FromWorker, ToWorker, WorkerApi, WorkerInit } from "./rpc_types.ts";
import { MainServices } from "./main_services.ts";
import { openLifeline } from "./lifeline.ts";
import { RpcChannel } from "./rpc.ts";

/** A start takes a tenth of a second, and several seconds on a slow, busy machine. */
const START_MS = 60_000;
/** A worker that can be terminated ends within milliseconds. */
const END_MS = 2_000;
/** An error event may arrive a little later than the end of the worker. */
const FAILURE_REPORT_MS = 200;
/** Number of characters of an error that are logged. */
const MAX_ERROR_LENGTH = 1_000;

/** A running worker. */
export class WorkerHandle {
  /** Number of the worker, from 1. */
  readonly number: number;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  readonly #worker: Worker;
  readonly #services: MainServices;
  readonly #rpc: RpcChannel<WorkerApi>;
  readonly #ready = Promise.withResolvers<void>();
  readonly #failed = Promise.withResolvers<string>();
  readonly #currentKeyPair: () => KeyPair | undefined;
  #keyPair: KeyPair | undefined;

  /**
   * Starts the worker; wait for {@linkcode whenReady}.
   *
   * @param currentKeyPair Returns the certificate that it should have.
   */
  constructor(
    init: WorkerInit,
    services: SharedServices,
    currentKeyPair: () => KeyPair | undefined,
  ) {
    this.number = init.number;
    this.#keyPair = init.keyPair;
    this.#currentKeyPair = currentKeyPair;
    // First: it throws if the runtime has no workers, and then nothing must be left open.
    this.#worker = new Worker(new URL("./worker_main.ts", import.meta.url), { type: "module" });
    this.#services = new MainServices(services);
    this.#rpc = new RpcChannel(
      (post) => this.#post({ kind: "post", batch: post }),
      this.#services.handlers,
    );
    const { remotePort, closed } = openLifeline();
    this.ended = closed.then(() => this.#onEnded());
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#onMessage(data);
    this.#worker.onerror = (event) => {
      // Otherwise the error would end the process.
      event.preventDefault();
      this.#failed.resolve(firstLine(event.message));
    };
    this.#post({ kind: "start", init }, [remotePort]);
  }

  /** Resolves when it serves; rejects with the reason if it cannot. */
  async whenReady(): Promise<void> {
    const failed = this.#failed.promise.then((why) => Promise.reject(new Error(why)));
    const readyOrFailed = Promise.race([this.#ready.promise, failed]);
    await withTimeout(START_MS, "The worker did not start", readyOrFailed);
  }

  /** Resolves with the reason when a required task in it has ended, or the worker itself. */
  get failed(): Promise<string> {
    return this.#failed.promise;
  }

  /** Requests its state; may never resolve. */
  report(): Promise<ServerReport> {
    return this.#rpc.callUnbounded("report");
  }

  /** Closes all its connections. */
  drain(kind: DrainKind): Promise<void> {
    return this.#rpc.callUnbounded("drain", kind);
  }

  /** Parks the clients with the largest backlogs. */
  dropLargestBacklogs(): Promise<void> {
    return this.#rpc.callUnbounded("dropLargestBacklogs");
  }

  /** Gives it the current certificate; false if only a new worker can use it. */
  async updateKeyPair(): Promise<boolean> {
    const pair = this.#currentKeyPair();
    if (pair === undefined || pair === this.#keyPair) return true;
    const isReplaced = await this.#rpc.callUnbounded("replaceKeyPair", pair);
    if (isReplaced) this.#keyPair = pair;
    return isReplaced;
  }

  /** Terminates it and releases everything that it holds; false if it cannot be terminated. */
  async terminate(): Promise<boolean> {
    this.#failed.resolve("it was ended");
    this.#worker.terminate();
    const ended = this.ended.then(() => true);
    return await withTimeout(END_MS, "The worker did not end", ended).catch(() => false);
  }

  #post(message: ToWorker, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  #onMessage(message: FromWorker): void {
    if (message.kind === "post") this.#rpc.receive(message.batch);
    else if (message.kind === "up") this.#ready.resolve();
    else this.#failed.resolve(message.why);
  }

  async #onEnded(): Promise<void> {
    this.#rpc.close();
    this.#services[Symbol.dispose]();
    const failure = withTimeout(FAILURE_REPORT_MS, "No error was reported", this.#failed.promise);
    await failure.catch(() => this.#failed.resolve("it has ended"));
  }
}

/** Drops the stack trace and the colors that the runtime adds. */
function firstLine(message: string): string {
  // Cut first: an error may quote a client's text, and we do not control the patterns of this function.
  return stripVTControlCharacters(message.slice(0, MAX_ERROR_LENGTH).split("\n", 1)[0] ?? "");
}
