/**
 * A virtual address: what connects is led to whichever server it points to at that moment, and what is connected stays
 * where it is.
 * @module
 */

/** Passes everything on between clients and one of several servers of this machine. */
export class SwitchedLink implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #running: Promise<void>;
  /** The server's port for new connections. */
  target: number;
  /** Number of connections so far. */
  accepted = 0;

  constructor(target: number) {
    this.target = target;
    this.#running = this.#run();
  }

  get url(): string {
    return `redis://127.0.0.1:${this.#listener.addr.port}`;
  }

  async #run(): Promise<void> {
    const links: Promise<unknown>[] = [];
    for await (const client of this.#listener) {
      this.accepted += 1;
      try {
        const server = await Deno.connect({ hostname: "127.0.0.1", port: this.target });
        links.push(client.readable.pipeTo(server.writable).catch(() => {}));
        links.push(server.readable.pipeTo(client.writable).catch(() => {}));
      } catch {
        client.close();
      }
    }
    await Promise.all(links);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#running;
  }
}
