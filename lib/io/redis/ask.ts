/**
 * Asks a server on a separate connection: where the other servers are, and which server answers there.
 * @module
 */
import { createClient } from "@redis/client";
import type { RedisAccess, RedisHost } from "../../core/redis_url.ts";
import type { Login } from "./client.ts";

const ANSWER_MS = 2_000;

/** How to get in to a host. @param ca A certificate authority in PEM, for TLS with an own one. */
export function loginTo(
  { host, port }: RedisHost,
  { tls, username, password }: RedisAccess,
  ca: string | undefined,
): Login {
  const trust = ca === undefined ? {} : { ca };
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    socket: tls ? { host, port, tls, ...trust } : { host, port },
  };
}

/** The answer to the last of the commands. Rejects if there is none within 2 s. */
export async function askOnce(
  login: Login,
  commands: readonly [...(readonly string[])[], readonly string[]],
): Promise<unknown> {
  const client = createClient({
    ...login,
    maintNotifications: "disabled",
    socket: {
      ...login.socket,
      connectTimeout: ANSWER_MS,
      socketTimeout: ANSWER_MS,
      reconnectStrategy: false,
    },
  });
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
