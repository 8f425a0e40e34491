/** Runs the conversation and the clients in `docs/reference/protocol.md` unchanged against a real server. */
import assert from "node:assert/strict";
import { type Example, examplesIn, protocolPath } from "../../../docs/tools/examples.ts";
import { FaultProxy } from "../../support/clients/fault_proxy.ts";
import { TestClient } from "../../support/clients/test_client.ts";
import { until } from "../../support/provision.ts";
import { startTestService } from "../../support/service.ts";

const markdown = Deno.readTextFileSync(protocolPath);

/** The first code block after a text. */
function blockAfter(text: string): string {
  const [, after = ""] = markdown.split(text);
  return /^```\w+\n([^]*?)^```/m.exec(after)?.[1] ?? "";
}

/** A frame without the values that differ between runs. */
function timeless(text: string): { readonly type: string } {
  const steady = text
    .replaceAll(/"(at|edited)":\d+/g, '"$1":0')
    .replaceAll(/"resume":"[^"]+"|"(?:version|page)":"[^"]+"|"id":"[\w-]{22}"/g, '"drawn":""')
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

/** Reads this many frames, ignoring presence, which can arrive at any time. */
async function take(client: TestClient, count: number): Promise<string[]> {
  const frames: string[] = [];
  while (frames.length < count) {
    const received = String(await client.next()).split("\n");
    frames.push(...received.filter((frame) => !frame.includes('"type":"presence"')));
  }
  return frames;
}

Deno.test("The protocol's first conversation matches a real server's frames", async () => {
  await using service = await startTestService();
  const init = { protocols: ["chat.v1.json"] };
  await using client = await TestClient.open(`${service.url}/ws`, init);
  const steps = blockAfter("<!-- played").split("\n\n").map(examplesIn);
  assert.ok(steps.length > 8);
  let epoch = "";
  for (const step of steps) {
    const textsOf = (side: string) => step.filter(({ from }) => from === side).map(textOf);
    client.send(textsOf("client").join("\n").replaceAll("k3j9f2", epoch));
    const received = await take(client, textsOf("server").length);
    assert.deepEqual(sorted(received), sorted(textsOf("server")));
    epoch = /"position":"(\w+):/.exec(received.join())?.[1] ?? epoch;
  }
});

/** Imports code from the document as a module. */
function load(code: string): Promise<Record<string, unknown>> {
  return import(`data:text/javascript,${encodeURIComponent(code)}`);
}

Deno.test("The plain-text client answers ping", async () => {
  await using service = await startTestService();
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

/** The exports of the client's module. */
interface Talk {
  say(text: string): void;
  close(): void;
}
type OnFrame = (frame: Readonly<Record<string, unknown>>) => void;
type StartClient = (url: string, room: string, name: string, hear: OnFrame) => Talk;

function isStartClient(value: unknown): value is StartClient {
  return typeof value === "function";
}

Deno.test("The JSON client sends and receives everything once and in order, even if its connection is cut", async () => {
  const { talk } = await load(blockAfter("<!-- run"));
  if (!isStartClient(talk)) assert.fail("the document exports no talk()");
  await using service = await startTestService();
  await using proxy = new FaultProxy(service.port);
  const texts = (frames: readonly Readonly<Record<string, unknown>>[]) =>
    frames.filter(({ type }) => type === "said").map(({ text }) => text).join();
  const annReceived: Readonly<Record<string, unknown>>[] = [];
  const bobReceived: Readonly<Record<string, unknown>>[] = [];
  const ann = talk(`ws://${proxy.host}/ws`, "attic", "Ann", (frame) => annReceived.push(frame));
  const bob = talk(`${service.url}/ws`, "attic", "Bob", (frame) => bobReceived.push(frame));
  const both = (said: string) =>
    until(said, () => Promise.resolve(texts(annReceived) === said && texts(bobReceived) === said));
  await until(
    "both to join",
    () => Promise.resolve(isThere(annReceived) && isThere(bobReceived)),
  );
  ann.say("one");
  ann.say("two");
  await both("one,two");
  proxy.dropReplies();
  ann.say("three");
  await until("three", () => Promise.resolve(texts(bobReceived) === "one,two,three"));
  bob.say("four");
  await until("four", () => Promise.resolve(texts(bobReceived) === "one,two,three,four"));
  proxy.cut();
  ann.say("five");
  await both("one,two,three,four,five");
  const users = bobReceived.filter(({ name }) => name === "Ann").map(({ user }) => user);
  assert.equal(new Set(users).size, 1);
  assert.deepEqual(
    annReceived.filter(({ type }) => type === "fault" || type === "perhaps said"),
    [],
  );
  assert.equal(annReceived.findLast(({ type }) => type === "joined")?.["recovered"], true);
  ann.close();
  bob.close();
});

function isThere(frames: readonly Readonly<Record<string, unknown>>[]): boolean {
  return frames.some(({ type }) => type === "joined");
}
