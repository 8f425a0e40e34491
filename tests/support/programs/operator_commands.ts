/**
 * Commands of operators, which ask a running service.
 * @module
 */
import { type Parley, runArguments, spawn, startParley } from "../parley.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

/** A service, and commands that run where it stores its messages. */
export class OperatedService implements AsyncDisposable {
  readonly parley: Parley;
  readonly #folder: TemporaryFolder;
  readonly #env: Readonly<Record<string, string>>;

  private constructor(parley: Parley, folder: TemporaryFolder) {
    this.parley = parley;
    this.#folder = folder;
    this.#env = { DATA_DIR: folder.path, ADMIN_PORT: new URL(parley.adminUrl).port };
  }

  /** Starts the service. @param env Further settings. */
  static async start(env: Readonly<Record<string, string>> = {}): Promise<OperatedService> {
    const folder = new TemporaryFolder();
    return new OperatedService(await startParley({ ...env, DATA_DIR: folder.path }), folder);
  }

  /** Runs a command to its end. */
  async run(
    ...args: readonly string[]
  ): Promise<{ readonly code: number; readonly output: string }> {
    await using child = spawn(Deno.execPath(), runArguments(...args), this.#env);
    const { code } = await child.ended;
    return { code, output: child.output };
  }

  /** Makes an invite; resolves with its secret. */
  async invite(role: string): Promise<string> {
    const { output } = await this.run("invite", "--role", role);
    const [, secret = ""] = /#invite=([\w-]{22})$/m.exec(output) ?? [];
    return secret;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.parley[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}
