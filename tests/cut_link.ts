/**
 * A link to a server that is cut when a certain word goes over it.
 * @module
 */

/** When it is cut: before the server has what holds the word, or when the server answers to it. */
export type Cut = "before" | "after";

/** Passes everything on between clients and a server of this machine, until the word comes. */
export class CutLink implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #running: Promise<void>;
  /** So many more times it is cut. */
  cutsLeft: number;

  constructor(serverPort: number, word: string, cut: Cut, cuts = Infinity) {
    this.cutsLeft = cuts;
    this.#running = this.#run(serverPort, word, cut);
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  async #run(serverPort: number, word: string, cut: Cut): Promise<void> {
    const links: Promise<unknown>[] = [];
    for await (const client of this.#listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port: serverPort });
      const decoder = new TextDecoder();
      let isDoomed = false;
      const ask = pipe((part) => {
        isDoomed = this.cutsLeft > 0 && decoder.decode(part).includes(word);
        if (isDoomed) this.cutsLeft--;
        return !(isDoomed && cut === "before");
      });
      const answer = pipe(() => !isDoomed);
      links.push(client.readable.pipeThrough(ask).pipeTo(server.writable).catch(() => {}));
      links.push(server.readable.pipeThrough(answer).pipeTo(client.writable).catch(() => {}));
    }
    await Promise.all(links);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#running;
  }
}

function pipe(passes: (part: Uint8Array<ArrayBuffer>) => boolean) {
  return new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(part, controller) {
      if (passes(part)) controller.enqueue(part);
      else controller.error(new Error("cut"));
    },
  });
}
