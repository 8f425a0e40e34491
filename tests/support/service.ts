/**
 * A whole service inside the test's own process, on a free port, in memory, in one worker, and with the default settings
 * except for those given.
 * @module
 */
import { parseConfig } from "../../lib/core/config/config.ts";
import { ENGINE } from "./engine.ts";
import { type Service, startService } from "../../lib/io/app/service.ts";
import { readPublicKey } from "../../lib/io/auth/authenticators/key_set.ts";
import { readWordFile } from "../../lib/io/moderation/word_file.ts";
import { readKeyPair } from "../../lib/io/tls/key_pair.ts";

// Deno 2.9.6 loses posts to channels that are opened while the last one of an isolate is closing, as when one test's service
// follows another's. A real service has its isolate for itself.
const openChannel = new BroadcastChannel("open while tests run");
openChannel.onmessage = () => {};

/** A service under test. */
export interface TestService extends Service {
  /** `http://127.0.0.1:PORT`, or `https:` with a certificate. */
  readonly url: string;
  /** The URL of its admin listener. */
  readonly adminUrl: string;
}

/** Starts one; settings have the names of the environment variables. @param addresses Those of the machine. */
export async function startTestService(
  env: Readonly<Record<string, string>> = {},
  addresses?: readonly string[],
): Promise<TestService> {
  const usual = {
    PORT: "0",
    ADMIN_PORT: "0",
    DATA_DIR: ":memory:",
    WORKERS: "0",
    WEBSOCKET_ENGINE: ENGINE,
  };
  const read = parseConfig((name) => ({ ...usual, ...env })[name]);
  if (read.kind === "bad") throw new RangeError(`Bad settings: ${JSON.stringify(read.problems)}`);
  const { tlsCertFile, tlsKeyFile } = read.config;
  const tls = await readKeyPair(tlsCertFile, tlsKeyFile);
  if (tls.kind === "bad") throw new RangeError(`Bad files: ${JSON.stringify(tls.problems)}`);
  const tokenKey = await readPublicKey(read.config.jwtPublicKeyFile);
  if (tokenKey.kind === "bad") throw new RangeError(`Bad file: ${tokenKey.problem.allowed}`);
  const words = await readWordFile(read.config.blockedWordsFile);
  if (words.kind === "bad") throw new RangeError(`Bad file: ${JSON.stringify(words.problems)}`);
  const files = { keyPair: tls.pair, tokenKey: tokenKey.keys, words: words.file };
  const service = await startService(read.config, files, addresses);
  return {
    ...service,
    url: `${tls.pair ? "https" : "http"}://127.0.0.1:${service.port}`,
    adminUrl: `http://127.0.0.1:${service.adminPort}`,
  };
}
