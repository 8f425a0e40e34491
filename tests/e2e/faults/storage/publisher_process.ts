/**
 * Runs the publisher and reads its output line by line.
 * @module
 */

import { endingOf } from "../../../support/provision.ts";

/** A publisher in its own process; disposing kills it. */
export class Publisher implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #errors: Promise<string>;

  /** Starts the publisher. @param command {@linkcode publisher}, or a shell that runs it. */
  constructor(command: readonly [string, ...string[]], env: Record<string, string> = {}) {
    const [program, ...args] = command;
    const options = { args, env, stdin: "null", stdout: "piped", stderr: "piped" } as const;
    this.#child = new Deno.Command(program, options).spawn();
    this.#errors = new Response(this.#child.stderr).text();
    this.#lines = lines(this.#child.stdout)[Symbol.asyncIterator]();
  }

  /** The next line of output; undefined when the process has ended. */
  async next(): Promise<string | undefined> {
    const { value, done } = await this.#lines.next();
    return done ? undefined : value;
  }

  /** Waits for the end, and describes it together with the output on stderr. */
  async ending(): Promise<string> {
    return `${endingOf(await this.#child.status)}: ${await this.#errors}`;
  }

  /** Kills the process as a power cut would; returns the remaining lines. */
  async kill(): Promise<readonly string[]> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // Already ended.
    }
    const said: string[] = [];
    for (let line = await this.next(); line !== undefined; line = await this.next()) {
      said.push(line);
    }
    await this.ending();
    return said;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** The command that runs the publisher on a folder. @param permissions Deno's flags. */
export function publisher(
  folder: string,
  first = 0,
  permissions: readonly string[] = ["--allow-read", "--allow-write"],
): [string, ...string[]] {
  const program = new URL("publisher.ts", import.meta.url).pathname;
  const flags = ["--cached-only", "--no-check", "--no-prompt", "--quiet", ...permissions];
  return [Deno.execPath(), "run", ...flags, program, folder, String(first)];
}

/** Complete lines only; an unfinished last line is dropped. */
async function* lines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    const whole = (rest + part).split("\n");
    rest = whole.pop() ?? "";
    yield* whole;
  }
}
