/**
 * Chooses the port that several workers will share, before the first of them listens.
 * @module
 */

/** A port that workers can open. */
export interface PortReservation extends Disposable {
  /** Never 0. */
  readonly port: number;
}

/**
 * Checks that a port is free, or chooses a free one for 0. Throws `Deno.errors.AddrInUse` if it is taken.
 *
 * Workers share a port, and so they would listen beside another program on it without an error (Deno 2.9.6). With port 0,
 * each of them would listen on a different port, and a port that was free a moment ago can be gone: so the chosen one is
 * held until the result is disposed, in a way that lets workers of this process open it too.
 */
export function reservePort(host: string, port: number): PortReservation {
  if (port !== 0) {
    using _listener = Deno.listen({ hostname: host, port });
    return { port, [Symbol.dispose]() {} };
  }
  const listener = Deno.listen({ hostname: host, port, reusePort: true });
  const { addr } = listener;
  return {
    port: addr.transport === "tcp" ? addr.port : port,
    [Symbol.dispose]: () => listener.close(),
  };
}
