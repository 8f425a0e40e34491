/**
 * Receivers of webhooks, and a service without any.
 * @module
 */
import { createHmac } from "node:crypto";
import { Buffer } from "node:buffer";
import assert from "node:assert/strict";
import type { WebhookAdmin } from "../../lib/chat/ports/webhook_admin.ts";
import { TestClient } from "./clients/test_client.ts";
import type { Parley } from "./parley.ts";
import { until } from "./provision.ts";

/** There are no webhooks, and none can be added. */
export const noWebhooks: WebhookAdmin = {
  manageWebhooks: ({ kind }) =>
    Promise.resolve(
      kind === "list"
        ? { kind: "listed", reports: [] }
        : { kind: "refused", problem: "full", why: "this service has none" },
    ),
};

/** A message whose signature is right. */
export interface ReceivedMessage {
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A receiver that verifies each message as the guide shows it. */
export class WebhookReceiver implements AsyncDisposable {
  /** The messages with a right signature, in the order of their arrival. */
  readonly messages: ReceivedMessage[] = [];
  /** Number of requests with a wrong one. */
  forged = 0;
  /** With what it answers. */
  status = 200;
  /** The secret of the webhook. */
  secret = "";
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => this.#receive(request),
  );

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/hook?key=secret`;
  }

  /** The texts of the messages, each once, in the order of their first arrival. */
  get texts(): readonly string[] {
    const texts = this.messages.flatMap(({ data: { text } }) =>
      typeof text === "string" ? text : []
    );
    return [...new Set(texts)];
  }

  /** Resolves when so many different texts have arrived. */
  async whenReceived(count: number): Promise<void> {
    await until(`${count} texts to arrive`, () => Promise.resolve(this.texts.length >= count));
  }

  async #receive(request: Request): Promise<Response> {
    const body = await request.text();
    const [id, seconds, signature] = ["id", "timestamp", "signature"].map((it) =>
      request.headers.get(`webhook-${it}`) ?? ""
    );
    const key = Buffer.from(this.secret.slice("whsec_".length), "base64");
    const mac = createHmac("sha256", key).update(`${id}.${seconds}.${body}`).digest("base64");
    if (signature === `v1,${mac}`) this.messages.push({ id: id ?? "", ...JSON.parse(body) });
    else this.forged += 1;
    return new Response(null, { status: this.status });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

/** The settings of a service to which {@linkcode addWebhook} adds webhooks. */
export const WEBHOOK_SETTINGS = {
  ADMIN_TOKEN: "a token of some length",
  WEBHOOK_ALLOW_PRIVATE: "yes",
} as const;

/** Lets a receiver be told what is said in the lobby. */
export async function addWebhook(
  { url }: Pick<Parley, "url">,
  receiver: WebhookReceiver,
): Promise<void> {
  const response = await fetch(`${url}/api/v1/webhooks`, {
    method: "POST",
    headers: { authorization: `Bearer ${WEBHOOK_SETTINGS.ADMIN_TOKEN}` },
    body: JSON.stringify({ url: receiver.url, rooms: ["lobby"], events: ["said"] }),
  });
  assert.equal(response.status, 200);
  receiver.secret = (await response.json()).secret;
}

/** Sends texts to the lobby, and waits until they are stored. */
export async function sendTexts(
  { url }: Pick<Parley, "url">,
  texts: readonly string[],
): Promise<void> {
  await using client = await TestClient.open(`${url}/ws?name=Ann`);
  for (const text of texts) client.send(text);
  while (!String(await client.next()).endsWith(`: ${texts.at(-1)}`));
}
