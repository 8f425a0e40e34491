/**
 * A moderator who is no browser, and acts in the room `den`.
 * @module
 */
import assert from "node:assert/strict";
import { JsonClient } from "../../../support/clients/json_client.ts";
import { inviteAsOperator } from "../../../support/identity/member_links.ts";
import type { PageFixture } from "../page_fixture.ts";

/** A member with a role. */
export class Moderator implements AsyncDisposable {
  readonly #client: JsonClient;
  #ids = 0;

  private constructor(client: JsonClient) {
    this.#client = client;
  }

  /** Joins the room. */
  static async enter(stage: PageFixture, name = "Mo", role = "moderator"): Promise<Moderator> {
    const invite = await inviteAsOperator(stage, { role });
    const client = await JsonClient.open(stage);
    client.send({ type: "hello", invite, name, attempt: "0123456789012345678901" });
    client.send({ type: "join", room: "den" });
    await client.next("joined");
    return new Moderator(client);
  }

  /** The id of a user in the room. */
  async idOf(name: string): Promise<string> {
    for (;;) {
      this.#client.send({ type: "who", room: "den" });
      const { members } = await this.#client.next("members");
      assert.ok(Array.isArray(members));
      const found = members.find((it) => it.name === name);
      if (found) return String(found.user);
    }
  }

  /** Sends a message to the room. */
  async say(text: string): Promise<void> {
    const id = `q${++this.#ids}`;
    this.#client.send({ type: "say", id, room: "den", text });
    await this.#client.next("ack");
  }

  /** Sends a request about the room and waits until it was carried out. */
  async ask(type: "room" | "moderate", fields: Readonly<Record<string, unknown>>): Promise<void> {
    const id = `q${++this.#ids}`;
    this.#client.send({ type, id, room: "den", ...fields });
    for (;;) {
      const answer = await this.#client.next("ack", "fault");
      if (answer.id === id) return assert.equal(answer.type, "ack", JSON.stringify(answer));
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#client[Symbol.asyncDispose]();
  }
}
