/**
 * A worker as the supervisor sees it: the operations that it needs, and what it records about the worker. Tests
 * implement this interface in place of `WorkerHandle`.
 * @module
 */
import type { DrainKind } from "../serving/drain.ts";
import type { ServerReport } from "../serving/chat_server.ts";

/** The part of `WorkerHandle` that the supervisor uses. */
export interface SupervisedWorker {
  /** Number of the worker, from 1. */
  readonly number: number;
  /** Resolves when it serves; rejects with the reason if it cannot. */
  whenReady(): Promise<void>;
  /** Resolves with the reason when it has failed. */
  readonly failed: Promise<string>;
  /** Requests its state; may never resolve. */
  report(): Promise<ServerReport>;
  /** Closes its connections. */
  drain(kind: DrainKind): Promise<void>;
  /** Parks the clients with the largest backlogs. */
  dropLargestBacklogs(): Promise<void>;
  /** Gives it the current certificate; resolves with false if only a new worker can use it. May never resolve. */
  updateKeyPair(): Promise<boolean>;
  /** Terminates it; false if it cannot be terminated. */
  terminate(): Promise<boolean>;
}

/** The results of a worker's health checks. */
export interface WorkerRecord {
  /** Number of consecutive report requests without an answer. */
  missed: number;
  /** The newest report that has arrived in time; undefined before the first one. */
  lastReport: ServerReport | undefined;
  /** Whether it has another certificate than the current one and cannot change it. */
  isOutdated: boolean;
}

/** A worker neither responds nor terminates: the process must exit. */
export class WorkerUnstoppable extends Error {
  /** For log records; check with `instanceof`. */
  override readonly name = "WorkerUnstoppable";
}
