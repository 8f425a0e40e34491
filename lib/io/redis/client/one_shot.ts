/**
 * Sends commands over a separate, short-lived connection, for example to find the other servers or to identify a server.
 * @module
 */
import type { RedisAccess, RedisHost } from "../../../core/config/redis_url.ts";
import { type ConnectOptions, createShortLivedClient } from "./node_redis_client.ts";

const ANSWER_MS = 2_000;

/** Address and credentials of a host. @param ca Certificate authority in PEM, for TLS with a private authority. */
export function connectOptionsFor(
  { host, port }: RedisHost,
  { tls, username, password }: RedisAccess,
  ca: string | undefined,
): ConnectOptions {
  const trust = ca === undefined ? {} : { ca };
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    socket: tls ? { host, port, tls, ...trust } : { host, port },
  };
}

/** Returns the reply to the last command. Rejects if connecting or a reply takes more than 2 s. */
export async function sendOnce(
  options: ConnectOptions,
  commands: readonly [...(readonly string[])[], readonly string[]],
): Promise<unknown> {
  const client = createShortLivedClient(options, ANSWER_MS);
  const failed = Promise.withResolvers<never>();
  client.on("error", failed.reject);
  try {
    await Promise.race([client.connect(), failed.promise]);
    const answers = Promise.all(commands.map((command) => client.sendCommand(command)));
    return (await Promise.race([answers, failed.promise])).at(-1);
  } finally {
    client.destroy();
  }
}
