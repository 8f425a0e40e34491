/**
 * A whole service inside the test's own process, on a free port and keeping nothing, and with the default settings but
 * for those given.
 * @module
 */
import { parseConfig } from "../lib/core/config.ts";
import { openService, type Service } from "../lib/io/service.ts";

/** A service under test. */
export interface TestService extends Service {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
}

/** Starts one; names are as in the environment. */
export async function startService(
  env: Readonly<Record<string, string>> = {},
): Promise<TestService> {
  const read = parseConfig((name) => ({ PORT: "0", DATA_DIR: ":memory:", ...env })[name]);
  if (read.kind === "bad") throw new RangeError(`Bad settings: ${JSON.stringify(read.problems)}`);
  const service = await openService(read.config);
  return { ...service, url: `http://127.0.0.1:${service.port}` };
}
