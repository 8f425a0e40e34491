/**
 * Runs the publisher, and reads what it says line by line.
 * @module
 */

/** A publisher that runs in a process of its own; disposing of it kills it. */
export class Publisher implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: AsyncIterator<string>;

  /** Starts it. @param command {@linkcode publisher}, or a shell that does something before. */
  constructor(command: readonly [string, ...string[]], env: Record<string, string> = {}) {
    const [program, ...args] = command;
    const options = { args, env, stdin: "null", stdout: "piped", stderr: "inherit" } as const;
    this.#child = new Deno.Command(program, options).spawn();
    this.#lines = lines(this.#child.stdout)[Symbol.asyncIterator]();
  }

  /** What it says next; undefined when it has ended. */
  async next(): Promise<string | undefined> {
    const { value, done } = await this.#lines.next();
    return done ? undefined : value;
  }

  /** Ends it as a power cut would; what it had said by then. */
  async kill(): Promise<readonly string[]> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    const said: string[] = [];
    for (let line = await this.next(); line !== undefined; line = await this.next()) {
      said.push(line);
    }
    await this.#child.status;
    return said;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** The command that starts the publisher on a folder. @param permissions For Deno. */
export function publisher(
  folder: string,
  first = 0,
  permissions: readonly string[] = ["--allow-read", "--allow-write"],
): [string, ...string[]] {
  const program = new URL("publisher.ts", import.meta.url).pathname;
  const flags = ["--cached-only", "--no-check", "--no-prompt", "--quiet", ...permissions];
  return [Deno.execPath(), "run", ...flags, program, folder, String(first)];
}

/** Whole lines only: what is not ended is not said. */
async function* lines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    const whole = (rest + part).split("\n");
    rest = whole.pop() ?? "";
    yield* whole;
  }
}
