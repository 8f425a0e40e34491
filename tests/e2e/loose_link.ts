/**
 * A link between a browser and a server of this machine that can be cut, kept apart, or made to swallow what the server
 * says. What a browser sends is masked, so that nothing on the way can be found by its words.
 * @module
 */

/** How it is with the link: passes all, loses what the server says, or lets nobody through. */
export type Mood = "open" | "deaf" | "shut";

/** Passes everything on, as long as it is open. */
export class LooseLink implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #running: Promise<void>;
  #life = new AbortController();
  #mood: Mood = "open";

  constructor(serverPort: number) {
    this.#running = this.#run(serverPort);
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** Lets go of everybody, and lets in whoever comes from now on only if it is not shut. */
  cut(mood: Mood): void {
    this.#mood = mood;
    this.#life.abort();
    this.#life = new AbortController();
  }

  /** From now on what the server says is lost. */
  deafen(): void {
    this.#mood = "deaf";
  }

  async #run(serverPort: number): Promise<void> {
    const links: Promise<unknown>[] = [];
    for await (const client of this.#listener) {
      if (this.#mood === "shut") {
        client.close();
        continue;
      }
      const server = await Deno.connect({ hostname: "127.0.0.1", port: serverPort });
      const { signal } = this.#life;
      const hears = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
        transform: (part, controller) => {
          if (this.#mood !== "deaf") controller.enqueue(part);
        },
      });
      links.push(client.readable.pipeTo(server.writable, { signal }).catch(() => {}));
      const answers = server.readable.pipeThrough(hears, { signal });
      links.push(answers.pipeTo(client.writable, { signal }).catch(() => {}));
    }
    await Promise.all(links);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.#life.abort();
    await this.#running;
  }
}
