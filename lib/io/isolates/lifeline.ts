/**
 * A line on which nothing is ever said: when the isolate at its far end has ended, however it ended, it is closed. The
 * runtime has no other sign of that, and `terminate()` returns the same whether the isolate ends or, busy in a loop without
 * an end, never does. Of the two kinds of ports that Deno 2.9.6 has, only that of `node:worker_threads` tells of its
 * closing.
 * @module
 */
import { MessageChannel } from "node:worker_threads";

/** The near end. */
export interface Lifeline {
  /** To be held by the isolate that is watched. */
  readonly farEnd: MessagePort;
  /** Resolves when that isolate has ended. */
  readonly cut: Promise<void>;
}

/** A line between this isolate and one that is to be watched. */
export function openLifeline(): Lifeline {
  const { port1, port2 } = new MessageChannel();
  const { promise: cut, resolve } = Promise.withResolvers<void>();
  port1.on("close", resolve);
  // Without a listener it would not notice.
  port1.on("message", () => {});
  if (!(port2 instanceof MessagePort)) throw new TypeError("Cannot hand over the lifeline");
  return { farEnd: port2, cut };
}
