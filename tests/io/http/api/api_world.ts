/**
 * A service in which there is what the examples of openapi.yaml name: two members, their messages, and so on.
 * @module
 */
import {
  DEVICE,
  HELD_MESSAGE,
  INVITE,
  MESSAGE,
  OTHER_USER,
  OWN_MESSAGE,
  PRIVATE_ROOM,
} from "../../../../docs/tools/openapi/user_examples.ts";
import { ANSWER_EXAMPLES } from "../../../../docs/tools/openapi/operator_answers.ts";
import { HOOK_SECRET } from "../../../../docs/tools/openapi/other_paths.ts";
import { api, type ApiRequest } from "../../../support/api.ts";
import { SECRET, signToken } from "../../../support/app.ts";
import { JsonClient } from "../../../support/clients/json_client.ts";
import { startTestService, type TestService } from "../../../support/service.ts";
import { TemporaryFolder } from "../../../support/temporary_folder.ts";

const ADMIN = "an admin token that is long enough";
/** A message with this word waits for a moderator. */
const HELD_WORD = "bargain";

type Fields = Readonly<Record<string, unknown>>;

/** A request that an example shows, with the ids that it has there. */
export interface ShownRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly body: { readonly type: string; readonly value: unknown } | undefined;
  /** Whether only an access token will do. */
  readonly usesToken: boolean;
}

interface Member {
  readonly user: string;
  readonly token: string;
}

/** The service, and what the ids in the examples stand for. */
export class ApiWorld implements AsyncDisposable {
  readonly #service: TestService;
  readonly #folder: AsyncDisposable;
  readonly #ann: Member;
  readonly #bob: Member;
  /** By what the examples say. */
  readonly #ids = new Map<string, string>();

  private constructor(service: TestService, folder: AsyncDisposable, ann: Member, bob: Member) {
    this.#service = service;
    this.#folder = folder;
    this.#ann = ann;
    this.#bob = bob;
    this.#ids.set(OTHER_USER, bob.user);
  }

  static async start(): Promise<ApiWorld> {
    const folder = new TemporaryFolder();
    const list = `${folder.path}/words.txt`;
    await Deno.writeTextFile(list, `hold: ${HELD_WORD}\n`);
    const service = await startTestService({
      ...{ JWT_SECRET: SECRET, ADMIN_TOKEN: ADMIN, BLOCKED_WORDS_FILE: list },
      MESSAGES_PER_SECOND: "0",
    });
    const ann = await join(service, "Ann", { role: "owner" });
    const bob = await join(service, "Bob", { role: "member" });
    return new ApiWorld(service, folder, ann, bob);
  }

  /** Makes what an operation changes or shows. */
  async prepare(operation: string, example: string): Promise<void> {
    switch (operation) {
      case "sendMessage":
      case "reportMessage":
        return await this.#say(MESSAGE, this.#bob, "I like it here");
      case "editMessage":
        return await this.#say(OWN_MESSAGE, this.#ann, "so do I");
      case "addMember":
        return this.#set(PRIVATE_ROOM, await this.#ask("/rooms", { kind: "private" }), "room");
      case "releaseMessage":
        return await this.#hold();
      case "listInvites":
      case "revokeInvite":
        return await this.#invite();
      case "removeDevice":
      case "revoke":
        return await this.#addDevice();
      case "postHook":
        return this.#set(HOOK_SECRET, await this.#addKey(), "secret");
      case "listKeys":
      case "changeKeys":
        return this.#set(ANSWER_EXAMPLES.key.key, Object((await this.#addKey()).key), "key");
      case "listWebhooks":
      case "changeWebhooks":
        return await this.#addWebhook();
    }
    if (operation === "listSanctions" || operation === "listAudit") await this.#mute();
    if (example === "operator-revoke") await this.#invite();
  }

  /** Sends it, as Ann or as an operator. */
  async send(example: string, { method, url, body, usesToken }: ShownRequest): Promise<Response> {
    const token = example.startsWith("operator")
      ? ADMIN
      : usesToken
      ? await signToken()
      : this.#ann.token;
    const text = typeof body?.value === "string" ? body.value : JSON.stringify(body?.value);
    return await fetch(`${this.#service.url}${this.#known(url)}`, {
      method: method.toUpperCase(),
      headers: {
        authorization: `Bearer ${token}`,
        ...(body && { "content-type": body.type }),
      },
      ...(body && { body: this.#known(text) }),
    });
  }

  /** Sends a message to a room, so that something happens there. */
  async sayAsAnn(room: string): Promise<void> {
    await this.#ask(`/rooms/${room}/messages`, { text: "hello" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#service[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }

  #known(text: string): string {
    let known = text;
    for (const [shown, id] of this.#ids) {
      known = known.replaceAll(shown, id)
        .replaceAll(encodeURIComponent(shown), encodeURIComponent(id));
    }
    return known;
  }

  async #say(shown: string, { token }: Member, text: string): Promise<void> {
    this.#set(shown, await this.#ask("/rooms/attic/messages", { text }, token), "position");
  }

  async #hold(): Promise<void> {
    // The examples before have muted him.
    const order = { action: "unmute", room: "attic", user: this.#bob.user };
    await this.#ask("/moderation", order, ADMIN);
    await this.#ask("/rooms/attic/messages", { text: `a ${HELD_WORD}` }, this.#bob.token);
    const { messages } = await this.#request("/rooms/_reports/messages", {});
    this.#set(HELD_MESSAGE, Array.isArray(messages) ? messages.at(-1) : {}, "position");
  }

  async #invite(): Promise<void> {
    this.#set(INVITE, Object((await this.#ask("/invites", { rooms: ["team"] })).invite), "invite");
  }

  async #addDevice(): Promise<void> {
    const { secret } = await this.#ask("/invites", { device: true });
    await useInvite(this.#service, { invite: secret });
    const { devices } = await this.#request("/devices", {});
    const other = Array.isArray(devices) ? devices.find(({ here }) => !here) : {};
    this.#set(DEVICE, other, "device");
  }

  #addKey(): Promise<Fields> {
    const terms = { name: "ci", rooms: ["deploys"], allow: ["send"] };
    return this.#ask("/keys", terms, ADMIN);
  }

  async #addWebhook(): Promise<void> {
    const terms = { url: "https://bot.example/parley", rooms: ["attic"], events: ["said"] };
    const { webhook } = await this.#ask("/webhooks", terms, ADMIN);
    this.#set(ANSWER_EXAMPLES.webhook.webhook, Object(webhook), "webhook");
  }

  async #mute(): Promise<void> {
    const order = { action: "mute", room: "attic", user: this.#bob.user, name: "Bob" };
    await this.#ask("/moderation", { ...order, seconds: 600, reason: "shouting" }, ADMIN);
  }

  #ask(path: string, json: Fields, token?: string): Promise<Fields> {
    return this.#request(path, { json, ...(token !== undefined && { token }) });
  }

  async #request(path: string, request: ApiRequest): Promise<Fields> {
    return (await api(this.#service, path, { token: this.#ann.token, ...request })).body;
  }

  #set(shown: string, fields: Fields, field: string): void {
    if (typeof fields[field] !== "string") {
      throw new TypeError(`Cannot prepare ${shown}: received ${JSON.stringify(fields)}`);
    }
    this.#ids.set(shown, fields[field]);
  }
}

async function join(service: TestService, name: string, terms: Fields): Promise<Member> {
  const { body } = await api(service, "/invites", { token: ADMIN, json: terms });
  return await useInvite(service, { name, invite: body.secret });
}

async function useInvite(service: TestService, fields: Fields): Promise<Member> {
  await using client = await JsonClient.open(service);
  client.send({ type: "hello", ...fields });
  const { you, resume } = await client.next("hello");
  return { user: String(Object(you).user), token: String(resume) };
}
