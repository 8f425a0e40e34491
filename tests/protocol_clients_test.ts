/** The conversation and the clients that `docs/protocol.md` shows, run against a real server as they stand there. */
import assert from "node:assert/strict";
import { type Example, examplesIn, protocolPath } from "../docs/examples.ts";
import { TestClient } from "./client.ts";
import { until } from "./provision.ts";
import { startService } from "./service.ts";

const markdown = Deno.readTextFileSync(protocolPath);

/** The first block of code after a text. */
function blockAfter(text: string): string {
  const [, after = ""] = markdown.split(text);
  return /^```\w+\n([^]*?)^```/m.exec(after)?.[1] ?? "";
}

/** A frame with what differs each time taken out, so that it can be compared. */
function timeless(text: string): { readonly type: string } {
  const steady = text
    .replaceAll(/"(at|edited)":\d+/g, '"$1":0')
    .replaceAll(/"resume":"[^"]+"|"version":"[^"]+"|"id":"[\w-]{22}"/g, '"drawn":""')
    .replaceAll(/\bu(?:[0-9a-v]{20}|8k2ann)\b/g, "ann")
    .replaceAll(/"[0-9a-z]+:(\d+)"/g, '"epoch:$1"');
  return JSON.parse(steady);
}

function textOf({ text }: Example): string {
  return text;
}

function sorted(frames: readonly string[]): readonly { readonly type: string }[] {
  return frames.map(timeless).toSorted((one, other) => one.type < other.type ? -1 : 1);
}

/** Takes frames until there are so many; presence comes when it likes. */
async function take(client: TestClient, count: number): Promise<string[]> {
  const frames: string[] = [];
  while (frames.length < count) {
    const told = String(await client.next()).split("\n");
    frames.push(...told.filter((frame) => !frame.includes('"type":"presence"')));
  }
  return frames;
}

Deno.test("The protocol's first conversation is what a server says", async () => {
  await using service = await startService();
  const init = { protocols: ["chat.v1.json"] };
  await using client = await TestClient.open(`${service.url}/ws`, init);
  const steps = blockAfter("<!-- played").split("\n\n").map(examplesIn);
  assert.ok(steps.length > 8);
  let epoch = "";
  for (const step of steps) {
    const textsOf = (side: string) => step.filter(({ from }) => from === side).map(textOf);
    client.send(textsOf("client").join("\n").replaceAll("k3j9f2", epoch));
    const told = await take(client, textsOf("server").length);
    assert.deepEqual(sorted(told), sorted(textsOf("server")));
    epoch = /"position":"(\w+):/.exec(told.join())?.[1] ?? epoch;
  }
});

/** A module made of code that stands in the document. */
function load(code: string): Promise<Record<string, unknown>> {
  return import(`data:text/javascript,${encodeURIComponent(code)}`);
}

Deno.test("The client in plain text answers ping", async () => {
  await using service = await startService();
  const code = blockAfter("In plain text, in six lines:");
  const { socket } = await load(
    `${code.replace("127.0.0.1:8080", `127.0.0.1:${service.port}`)} export { socket };`,
  );
  assert.ok(socket instanceof WebSocket);
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  await using ann = await TestClient.open(`${service.url}/ws?name=Ann`);
  ann.send("ping");
  assert.deepEqual(await ann.take(2), ["Ann: ping", "bot: pong, Ann"]);
  const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
  socket.close();
  await closed;
});

/** Stands between a client and the server; can lose what the server says, and cut the line. */
class Relay implements AsyncDisposable {
  readonly #port: number;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #lines = new Set<Deno.Conn>();
  readonly #running: Promise<void>;
  #loses = false;

  /** Leads to a port of this machine. */
  constructor(port: number) {
    this.#port = port;
    this.#running = this.#run();
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#listener.addr.port}`;
  }

  /** From now on nothing that the server says arrives, until the line is cut. */
  lose(): void {
    this.#loses = true;
  }

  /** Cuts all lines; new ones are whole. */
  cut(): void {
    for (const line of this.#lines) line.close();
    this.#lines.clear();
    this.#loses = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.cut();
    await this.#running;
  }

  async #run(): Promise<void> {
    const pumps: Promise<void>[] = [];
    for await (const client of this.#listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port: this.#port });
      this.#lines.add(client).add(server);
      pumps.push(this.#pump(client, server, () => false));
      pumps.push(this.#pump(server, client, () => this.#loses));
    }
    await Promise.all(pumps);
  }

  async #pump(from: Deno.Conn, to: Deno.Conn, isLost: () => boolean): Promise<void> {
    try {
      for await (const bytes of from.readable) {
        // At most a few kilobytes in this test: one write takes them.
        if (!isLost()) await to.write(bytes);
      }
    } catch {
      // One of the two has been cut.
    }
    for (const line of [from, to]) if (this.#lines.delete(line)) line.close();
  }
}

/** What the client's module gives. */
interface Talk {
  say(text: string): void;
  close(): void;
}
type Hear = (frame: Readonly<Record<string, unknown>>) => void;
type Begin = (url: string, room: string, name: string, hear: Hear) => Talk;

function isBegin(value: unknown): value is Begin {
  return typeof value === "function";
}

Deno.test("The client in JSON says and hears everything once and in order, though its connection is cut", async () => {
  const { talk } = await load(blockAfter("<!-- run"));
  if (!isBegin(talk)) assert.fail("the document exports no talk()");
  await using service = await startService();
  await using relay = new Relay(service.port);
  const texts = (heard: readonly Readonly<Record<string, unknown>>[]) =>
    heard.filter(({ type }) => type === "said").map(({ text }) => text).join();
  const annHeard: Readonly<Record<string, unknown>>[] = [];
  const bobHeard: Readonly<Record<string, unknown>>[] = [];
  const ann = talk(`${relay.url}/ws`, "attic", "Ann", (frame) => annHeard.push(frame));
  const bob = talk(`${service.url}/ws`, "attic", "Bob", (frame) => bobHeard.push(frame));
  const both = (said: string) =>
    until(said, () => Promise.resolve(texts(annHeard) === said && texts(bobHeard) === said));
  await until("both to be there", () => Promise.resolve(isThere(annHeard) && isThere(bobHeard)));
  ann.say("one");
  ann.say("two");
  await both("one,two");
  relay.lose();
  ann.say("three");
  await until("three", () => Promise.resolve(texts(bobHeard) === "one,two,three"));
  bob.say("four");
  await until("four", () => Promise.resolve(texts(bobHeard) === "one,two,three,four"));
  relay.cut();
  ann.say("five");
  await both("one,two,three,four,five");
  const users = bobHeard.filter(({ name }) => name === "Ann").map(({ user }) => user);
  assert.equal(new Set(users).size, 1);
  assert.deepEqual(annHeard.filter(({ type }) => type === "fault" || type === "perhaps said"), []);
  assert.equal(annHeard.findLast(({ type }) => type === "joined")?.["recovered"], true);
  ann.close();
  bob.close();
});

function isThere(heard: readonly Readonly<Record<string, unknown>>[]): boolean {
  return heard.some(({ type }) => type === "joined");
}
