/**
 * A message port that carries no messages: it closes when the worker at its far end has ended, for whatever reason. Do not
 * rely on `terminate()` instead: it returns the same whether the worker ends or is stuck in an endless loop. Only the
 * ports of `node:worker_threads` report their closing; those of the web API do not (Deno 2.9.6).
 * @module
 */
import { MessageChannel } from "node:worker_threads";

/** The watching end of a lifeline. */
export interface Lifeline {
  /** The end to transfer to the watched worker, which must keep a reference to it. */
  readonly remotePort: MessagePort;
  /** Resolves when that worker has ended. */
  readonly closed: Promise<void>;
}

/** Opens a lifeline from this thread to a worker. */
export function openLifeline(): Lifeline {
  const { port1, port2 } = new MessageChannel();
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  port1.on("close", resolve);
  // Without a message listener, the port does not report its closing.
  port1.on("message", () => {});
  if (!(port2 instanceof MessagePort)) throw new TypeError("Cannot hand over the lifeline");
  return { remotePort: port2, closed };
}
