/**
 * Clients that exchange messages in one room, and the proof that all of them received the same.
 * @module
 */
import assert from "node:assert/strict";
import type { Parley } from "../../../support/parley.ts";
import { until, withinDeadline } from "../../../support/provision.ts";
import { ReliableClient } from "../../../support/clients/reliable_client.ts";

/** Settings without rate limits, and with room for every message. */
export const AMPLE = {
  MESSAGES_PER_SECOND: "0",
  BYTES_PER_SECOND: "0",
  HISTORY_MESSAGES: "10000",
  RECOVER_LIMIT: "10000",
};
/** Enough clients that each of three workers has one, except once in a million runs. */
export const MANY = 40;

/** Connects clients to one room, spread over the services. */
export async function connectClients(
  held: AsyncDisposableStack,
  services: readonly { readonly url: string }[],
  count: number,
): Promise<readonly ReliableClient[]> {
  const urls = services.map(({ url }) => `${url.replace("http", "ws")}/ws`);
  const clients = Array.from({ length: count }, (_, index) => {
    const own = urls[index % urls.length] ?? "";
    return held.use(new ReliableClient([own], "lobby", `m${index}`));
  });
  await withinDeadline("all joins", Promise.all(clients.map(({ joined }) => joined)));
  return clients;
}

/** Sends one message per client and round. */
export async function sendRounds(
  clients: readonly ReliableClient[],
  rounds: number,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await Promise.all(clients.map((client, index) => client.say(`${index}/${round}`)));
  }
}

/** What a client received from a text on; loss reports appear as a text that no client sends. */
export function receivedFrom({ received }: ReliableClient, first: string): string[] {
  const texts = received.map((it) => it.kind === "entry" ? it.text : `lost: ${it.why}`);
  return texts.slice(texts.indexOf(first));
}

/** Proves that all clients received the same from a text on: every message, once. */
export async function assertAllReceived(
  clients: readonly ReliableClient[],
  first: string,
  count: number,
): Promise<void> {
  const [sender] = clients;
  await sender?.say("the end");
  const isDone = (client: ReliableClient) => receivedFrom(client, first).at(-1) === "the end";
  await until("all clients to receive the end", () => Promise.resolve(clients.every(isDone)));
  const expected = receivedFrom(sender ?? assert.fail("no clients"), first);
  assert.deepEqual([expected.length, new Set(expected).size], [count + 2, count + 2]);
  for (const client of clients) assert.deepEqual(receivedFrom(client, first), expected);
}

/** The connection counts in `/healthz` of the admin listener. */
export async function connectionCountsOf(
  { adminUrl }: Pick<Parley, "adminUrl">,
): Promise<Record<string, number>> {
  const { connections } = await (await fetch(`${adminUrl}/healthz`)).json();
  return connections;
}
