/** While a rename is in progress, all frames have the same name. */
import assert from "node:assert/strict";
import { JsonHandler } from "../../../lib/chat/handlers/json_handler.ts";
import { FakeChat, FakeSocket, flushMicrotasks, name, room } from "../../support/fakes.ts";

type Frame = Record<string, unknown>;

const RESUME = '{"type":"hello","resume":"user_no_77/Ann"}';

/** A chat in which claims, reads and publishing can be held up. */
class Chat implements Disposable {
  readonly chat = new FakeChat();
  readonly bus = this.chat.bus;
  readonly #gates = new Map<string, PromiseWithResolvers<void>>();

  constructor() {
    const { bus } = this;
    for (const verb of ["claim", "page", "publish"] as const) {
      const original: (...args: never[]) => Promise<unknown> = bus[verb].bind(bus);
      const held = async (...args: never[]) => {
        await this.#gates.get(verb)?.promise;
        return await original(...args);
      };
      Object.assign(bus, { [verb]: held });
    }
  }

  hold(verb: "claim" | "page" | "publish"): void {
    this.#gates.set(verb, Promise.withResolvers());
  }

  async letGo(verb: "claim" | "page" | "publish"): Promise<void> {
    this.#gates.get(verb)?.resolve();
    this.#gates.delete(verb);
    await flushMicrotasks();
  }

  async connect(...rooms: readonly string[]): Promise<Client> {
    const client = new Client(this.chat);
    await client.ask(RESUME, ...rooms.map((room) => `{"type":"join","room":"${room}"}`));
    return client;
  }

  [Symbol.dispose](): void {
    this.chat[Symbol.dispose]();
  }
}

class Client {
  readonly #socket = new FakeSocket();
  readonly #handler: JsonHandler;

  constructor(chat: FakeChat) {
    this.#handler = new JsonHandler(this.#socket, chat.context);
  }

  async ask(...frames: readonly string[]): Promise<void> {
    this.#handler.onMessage(frames.join("\n"));
    await flushMicrotasks();
  }

  get frames(): Frame[] {
    const messages = this.#socket.sent.flatMap((message) => String(message).split("\n"));
    return messages.map((message) => JSON.parse(message));
  }

  /** The name in a `joined`, and the user's name among its members. */
  namesIn(room: string): unknown[] {
    const joined = this.frames.find((frame) => frame.type === "joined" && frame.room === room);
    assert.ok(joined && Array.isArray(joined.members), `not in ${room}`);
    return [joined.name, joined.members.find(({ user }) => user === "user_no_77")?.name];
  }
}

Deno.test("joined has one name when another connection of the user is renamed while the log is read", async () => {
  using chat = new Chat();
  const first = await chat.connect("attic");
  chat.hold("page");
  const second = await chat.connect("attic");
  await first.ask('{"type":"name","name":"Bea"}');
  await chat.letGo("page");
  assert.deepEqual(second.namesIn("attic"), ["Bea", "Bea"]);
});

Deno.test("joined has one name when another node has announced a rename whose entry has not arrived", async () => {
  using chat = new Chat();
  const first = await chat.connect("attic");
  chat.bus.signal(room("attic"), {
    kind: "here",
    user: chat.chat.context.sessionTokens.verify("user_no_77/Ann")?.user ?? assert.fail(),
    name: name("Bea"),
    node: "another",
  });
  await flushMicrotasks();
  const second = await chat.connect("attic");
  assert.deepEqual(second.namesIn("attic"), ["Ann", "Ann"]);
  await first.ask(
    '{"type":"who","room":"attic","id":"who"}',
    '{"type":"say","room":"attic","text":"hi"}',
  );
  const members = first.frames.find(({ type }) => type === "members")?.members;
  assert.deepEqual(members, [{ user: "user_no_77", name: "Ann" }]);
  assert.equal(first.frames.find(({ type }) => type === "said")?.name, "Ann");
});

for (const phase of ["claim", "publish"] as const) {
  Deno.test(`A room joined while a name is ${phase}ed elsewhere is joined under it`, async () => {
    using chat = new Chat();
    const ann = await chat.connect("attic");
    chat.hold(phase);
    await ann.ask('{"type":"name","name":"Bea","id":"name"}');
    await ann.ask('{"type":"join","room":"cellar"}');
    await chat.letGo(phase);
    await ann.ask('{"type":"say","room":"cellar","text":"hi"}');
    await chat.chat.clock.advance(1_000);
    const [joined, listed] = ann.namesIn("cellar");
    assert.equal(joined, listed);
    assert.equal(ann.frames.find(({ type }) => type === "said")?.name, "Bea");
    const fresh = await chat.connect("attic", "cellar");
    assert.deepEqual([fresh.namesIn("attic"), fresh.namesIn("cellar")], [["Bea", "Bea"], [
      "Bea",
      "Bea",
    ]]);
  });
}

Deno.test("A room joined while a name is claimed elsewhere keeps the old one when the new one is taken", async () => {
  using chat = new Chat();
  const bob = new Client(chat.chat);
  await bob.ask('{"type":"hello","name":"Bea"}', '{"type":"join","room":"cellar"}');
  const ann = await chat.connect("attic");
  chat.hold("claim");
  await ann.ask('{"type":"name","name":"Bea","id":"name"}');
  await ann.ask('{"type":"join","room":"cellar"}');
  await chat.letGo("claim");
  await chat.chat.clock.advance(1_000);
  assert.ok(ann.frames.some(({ id, code }) => id === "name" && code === "name_taken"));
  const fresh = await chat.connect("attic", "cellar");
  assert.deepEqual([fresh.namesIn("attic"), fresh.namesIn("cellar")], [["Ann", "Ann"], [
    "Ann",
    "Ann",
  ]]);
});
