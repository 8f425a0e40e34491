/**
 * Requests to the service through a proxy.
 * @module
 */
import { TestClient } from "../../support/clients/test_client.ts";

/** The headers of a handshake, for requests where only the status matters. */
export const UPGRADE = {
  upgrade: "websocket",
  connection: "Upgrade",
  "sec-websocket-version": "13",
  "sec-websocket-key": "lkUx3lTpjFwO5OI7xY3+1Q==",
};

/** A token for the admin paths. */
export const TOKEN = "a token for the admin paths";
/** The header of a request with the token. */
export const BEARER = { authorization: `Bearer ${TOKEN}` };

/** Whether the file exists. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** The status of a response. @param from The client's address; Linux has all of 127.0.0.0/8. */
export async function statusOf(
  url: string,
  headers: Record<string, string> = {},
  from = "127.0.0.1",
): Promise<number> {
  using client = Deno.createHttpClient({ localAddress: from });
  const response = await fetch(url, { headers, client });
  await response.body?.cancel();
  return response.status;
}

/** Reads messages up to this text. */
export async function untilReceived(client: TestClient, text: string): Promise<void> {
  while (!String(await client.next()).endsWith(`: ${text}`));
}

/** A client that has joined: its own message has come back. */
export async function joined(url: string, name: string): Promise<TestClient> {
  const client = await TestClient.open(`${url}?name=${name}`);
  client.send(`${name} is here`);
  await untilReceived(client, `${name} is here`);
  return client;
}
