/**
 * A folder for one test.
 * @module
 */

/** A new folder; disposing of it removes it with its contents. */
export class TemporaryFolder implements AsyncDisposable {
  readonly path = Deno.makeTempDirSync();

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
