/**
 * A whole service inside the test's own process, on a free port, keeping nothing and in one isolate, and with the default
 * settings but for those given.
 * @module
 */
import { parseConfig } from "../lib/core/config.ts";
import { openService, type Service } from "../lib/io/service.ts";

/** A service under test. */
export interface TestService extends Service {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Where its admin listener is. */
  readonly adminUrl: string;
}

/** Starts one; names are as in the environment. */
export async function startService(
  env: Readonly<Record<string, string>> = {},
): Promise<TestService> {
  const usual = { PORT: "0", ADMIN_PORT: "0", DATA_DIR: ":memory:", WORKERS: "0" };
  const read = parseConfig((name) => ({ ...usual, ...env })[name]);
  if (read.kind === "bad") throw new RangeError(`Bad settings: ${JSON.stringify(read.problems)}`);
  const service = await openService(read.config);
  return {
    ...service,
    url: `http://127.0.0.1:${service.port}`,
    adminUrl: `http://127.0.0.1:${service.adminPort}`,
  };
}
