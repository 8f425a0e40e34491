/**
 * What the tests of nginx and of httpd have in common: looking at the service through a proxy.
 * @module
 */
import assert from "node:assert/strict";
import { TestClient } from "../client.ts";

/** The headers of a handshake, for a request whose status is what matters. */
export const UPGRADE = {
  upgrade: "websocket",
  connection: "Upgrade",
  "sec-websocket-version": "13",
  "sec-websocket-key": "lkUx3lTpjFwO5OI7xY3+1Q==",
};

/** A token for the admin paths. */
export const TOKEN = "a token for the admin paths";
/** A request with it. */
export const BEARER = { authorization: `Bearer ${TOKEN}` };

/** Whether there is a file. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** How a request is answered. @param from The address that it comes from; Linux has all of 127.0.0.0/8. */
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

/** A server behind the proxy that answers with the address that it was told. */
export function startEcho(): Deno.HttpServer<Deno.NetAddr> {
  const at = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  return Deno.serve(at, ({ headers }) => new Response(headers.get("x-forwarded-for")));
}

/** Proves that the server behind the proxy is told each client's own address, and not what it claims. */
export async function tellsEachAddress(front: string): Promise<void> {
  const headers = { "x-forwarded-for": "203.0.113.7" };
  for (const from of ["127.0.0.1", "127.0.0.2"]) {
    using client = Deno.createHttpClient({ localAddress: from });
    const told = await (await fetch(`${front}/healthz`, { headers, client })).text();
    assert.equal(told, from);
  }
}

/** Takes messages until this text has been said. */
export async function hears(client: TestClient, text: string): Promise<void> {
  while (!String(await client.next()).endsWith(`: ${text}`));
}

/** A client that is in the room: its own words have come back. */
export async function joined(url: string, name: string): Promise<TestClient> {
  const client = await TestClient.open(`${url}?name=${name}`);
  client.send(`${name} is here`);
  await hears(client, `${name} is here`);
  return client;
}

/** Proves that pages of the proxy's own address get in, and no others, whatever they claim. */
export async function letsInOnlyItsOwnPages(front: string): Promise<void> {
  for (const path of ["/s", "/ws/", "/"]) {
    const url = front + path;
    await using _page = await TestClient.open(url, { headers: { origin: front } });
    const foreign = { ...UPGRADE, origin: "https://foreign.example" };
    assert.equal(await statusOf(url, foreign), 403);
    assert.equal(await statusOf(url, { ...foreign, "x-forwarded-host": "foreign.example" }), 403);
  }
}

/** Proves that /metrics, in any spelling and from any address, ends at the proxy. @param status Its answer. */
export async function keepsMetricsToItself(front: string, status: number): Promise<void> {
  for (const path of ["/metrics", "//metrics", "/%6detrics", "/metrics/"]) {
    for (const from of ["127.0.0.1", "127.0.0.2"]) {
      assert.equal(await statusOf(front + path, BEARER, from), status, path);
    }
  }
}
