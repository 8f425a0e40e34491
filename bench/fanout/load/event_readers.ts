/**
 * Readers of server-sent events. They live in the process of the bench, which has nothing else to do while it measures: only the
 * server's CPU counts. Each reads HTTP/1.1 from a connection of its own, and checks that positions follow each other.
 * @module
 */

const CONNECTS_AT_ONCE = 64;
/** A line with the position of an entry, whole only with its line break. */
const ID = /^id: ?[^:\n]+:(\d+)\n/gm;
/** More than a line with a position has. */
const TAIL = 200;

/** What the readers have received. */
export interface EventCounts {
  /** Number of entries. */
  readonly arrived: number;
  /** Entries that a reader has not received, although it has received a later one. */
  readonly lost: number;
  /** Entries that a reader has received again, or after a later one. */
  readonly doubled: number;
}

/** Some readers of one room. */
export class EventReaders implements AsyncDisposable {
  readonly #connections: Deno.TcpConn[] = [];
  readonly #ends: Promise<void>[] = [];
  #arrived = 0;
  #lost = 0;
  #doubled = 0;
  #isOver = false;
  #hasFailed = false;

  private constructor() {}

  /** Connects them. Resolves when each has its response's head. @param path Of the stream. */
  static async connect(port: number, path: string, count: number): Promise<EventReaders> {
    const readers = new EventReaders();
    for (let from = 0; from < count; from += CONNECTS_AT_ONCE) {
      const length = Math.min(CONNECTS_AT_ONCE, count - from);
      const heads = Array.from({ length }, () => readers.#connect(port, path));
      try {
        await Promise.all(heads);
      } catch (error) {
        await readers[Symbol.asyncDispose]();
        throw error;
      }
    }
    return readers;
  }

  /** What has been received so far. Throws if a connection has ended. */
  get counts(): EventCounts {
    if (this.#hasFailed) throw new Error("The server has ended a stream of events");
    return { arrived: this.#arrived, lost: this.#lost, doubled: this.#doubled };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    for (const connection of this.#connections) connection.close();
    await Promise.all(this.#ends);
  }

  async #connect(port: number, path: string): Promise<void> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    this.#connections.push(connection);
    const lines = [`GET ${path} HTTP/1.1`, `host: 127.0.0.1:${port}`, "accept: text/event-stream"];
    await connection.write(new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`));
    const texts = textsOf(connection);
    const { value: head = "" } = await texts.next();
    if (!head.startsWith("HTTP/1.1 200 ")) throw new Error(`No stream of events: ${head}`);
    this.#ends.push(this.#follow(texts, head));
  }

  /** @param head The response's head, and perhaps the first events. */
  async #follow(texts: AsyncIterator<string, void>, head: string): Promise<void> {
    let last: number | undefined;
    let tail = "";
    try {
      for (let next: string | void = head; next !== undefined;) {
        const text: string = tail + next;
        let end = 0;
        for (const found of text.matchAll(ID)) {
          const seq = Number(found[1]);
          if (last !== undefined && seq <= last) this.#doubled++;
          else if (last !== undefined) this.#lost += seq - last - 1;
          this.#arrived++;
          last = seq;
          end = found.index + found[0].length;
        }
        // The beginning of a line is kept, for the rest of it.
        tail = text.slice(Math.max(end, text.lastIndexOf("\n") + 1, text.length - TAIL));
        next = (await texts.next()).value;
      }
    } catch (error) {
      if (!this.#isOver) throw error;
    }
    this.#hasFailed ||= !this.#isOver;
  }
}

/** What a connection receives, until it ends. Positions are ASCII, so no character that matters is cut. */
async function* textsOf(connection: Deno.TcpConn): AsyncGenerator<string, void> {
  const buffer = new Uint8Array(64 * 1024);
  const decoder = new TextDecoder("latin1");
  for (let length = await connection.read(buffer); length !== null;) {
    yield decoder.decode(buffer.subarray(0, length));
    length = await connection.read(buffer);
  }
}
