/**
 * Clients that send too much, over real sockets: each is refused as documented, checked by counts and not by times, and a
 * well-behaved client beside it is served.
 * @module
 */
import assert from "node:assert/strict";
import { TestClient } from "../../support/clients/test_client.ts";
import { startTestService, type TestService } from "../../support/service.ts";

type Frame = Readonly<Record<string, unknown>>;

/** A client of `chat.v1.json` that takes frames one by one. */
class FrameClient implements AsyncDisposable {
  readonly #client: TestClient;
  readonly #frames: Frame[] = [];
  user = "";
  resume = "";

  private constructor(client: TestClient) {
    this.#client = client;
  }

  /** Connects, says hello and joins a room. @param address The address that it claims. */
  static async enter(
    service: TestService,
    room: string,
    wish: { readonly address?: string; readonly resume?: string } = {},
  ): Promise<FrameClient> {
    const { address = "192.0.2.1", resume } = wish;
    const client = await TestClient.open(`${service.url}/ws`, {
      protocols: ["chat.v1.json"],
      headers: { "x-forwarded-for": address },
    });
    const frameClient = new FrameClient(client);
    frameClient.send({ type: "hello", resume }, { type: "join", room });
    const hello = await frameClient.until(({ type }) => type === "hello");
    frameClient.resume = String(hello.resume);
    await frameClient.until(({ type }) => type === "joined");
    return frameClient;
  }

  get closed() {
    return this.#client.closed;
  }

  send(...frames: readonly Frame[]): void {
    this.#client.send(frames.map((frame) => JSON.stringify(frame)).join("\n"));
  }

  sendRaw(message: string | Uint8Array<ArrayBuffer>): void {
    this.#client.send(message);
  }

  /** The next frame of this type; earlier frames are dropped. */
  async until(isWanted: (frame: Frame) => boolean): Promise<Frame> {
    for (;;) {
      const frame = this.#frames.shift() ?? await this.#read();
      if (isWanted(frame)) return frame;
    }
  }

  async #read(): Promise<Frame> {
    const message = String(await this.#client.next());
    const [first = {}, ...others] = message.split("\n").map((line): Frame => JSON.parse(line));
    this.#frames.push(...others);
    return first;
  }

  /** Sends a message; returns the ack, the fault or the close code. */
  async say(room: string, text: string): Promise<Frame | number> {
    const id = crypto.randomUUID();
    this.send({ type: "say", id, room, text });
    const answer = this.until((frame) => frame.id === id && frame.type !== "said");
    return await answer.catch(async () => (await this.closed).code);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }
}

const BEHIND_PROXY = { TRUST_PROXY: "127.0.0.1/32" };

/** Sends a message and receives it. */
async function assertServed(honest: FrameClient, room: string): Promise<void> {
  const answer = await honest.say(room, "still here");
  assert.equal(typeof answer === "object" && answer.type, "ack");
}

const PING = '{"type":"ping","id":"end"}';

/** Sends a message several times, each after the previous answer; returns the close code. */
async function persist(attacker: FrameClient, message: string, most: number): Promise<number> {
  for (let sent = 0; sent < most; sent++) {
    attacker.sendRaw(`${message}\n${PING}`);
    const answer = attacker.until(({ id, code }) => id === "end" || code === "slow_down");
    if (!await answer.catch(() => undefined)) return (await attacker.closed).code;
  }
  return assert.fail(`${most} messages were answered`);
}

for (
  const [what, message, most] of [
    ["24,000 pongs", '{"type":"pong"}\n'.repeat(24_000), 3],
    ["390,000 blank lines", "\n".repeat(390_000), 3],
    ["195,000 invalid frames", "0\n".repeat(195_000), 3],
    ["7,800 pings", '{"type":"ping","id":"0123456789012345678901234"}\n'.repeat(7_800), 3],
    ["one line of 390,000 blanks", " ".repeat(390_000), 4],
    ["a long JSON text that is not a frame", "[".repeat(390_000), 4],
  ] as const
) {
  Deno.test(`A connection that repeatedly sends ${what} is warned to slow down and then closed`, async () => {
    await using service = await startTestService(BEHIND_PROXY);
    await using honest = await FrameClient.enter(service, "lobby");
    await using attacker = await FrameClient.enter(service, "lobby", { address: "192.0.2.66" });
    assert.equal(await persist(attacker, message, most), 1008);
    await assertServed(honest, "lobby");
  });
}

Deno.test("A connection may send no more long texts than BYTES_PER_SECOND and its burst", async () => {
  await using service = await startTestService(BEHIND_PROXY);
  await using honest = await FrameClient.enter(service, "lobby");
  await using attacker = await FrameClient.enter(service, "attic", { address: "192.0.2.66" });
  const beganAt = performance.now();
  const answers: (Frame | number)[] = [];
  while (answers.at(-1) !== 1008) answers.push(await attacker.say("attic", "x".repeat(65_000)));
  const seconds = (performance.now() - beganAt) / 1_000;
  const taken = answers.filter((it) => typeof it === "object" && it.type === "ack").length;
  const refused = answers.filter((it) => typeof it === "object" && it.code === "slow_down");
  assert.ok(taken * 65_000 <= 524_288 + 65_000 + seconds * 32_768, `${taken} in ${seconds} s`);
  assert.ok(refused.length >= 1 && refused.every((it) => Number(Object(it).afterMs) > 0));
  await assertServed(honest, "lobby");
});

Deno.test("A user on ten connections has the limit of one", async () => {
  await using service = await startTestService(BEHIND_PROXY);
  await using honest = await FrameClient.enter(service, "lobby");
  await using connections = new AsyncDisposableStack();
  const first = connections.use(
    await FrameClient.enter(service, "attic", { address: "192.0.2.66" }),
  );
  const { resume } = first;
  const others = Array.from({ length: 9 }, () => FrameClient.enter(service, "attic", { resume }));
  const all = [first, ...await Promise.all(others)].map((it) => connections.use(it));
  const beganAt = performance.now();
  const answers = await Promise.all(all.map(async (it) => {
    const own: (Frame | number)[] = [];
    for (let i = 0; i < 25; i++) own.push(await it.say("attic", "x"));
    return own;
  }));
  const seconds = (performance.now() - beganAt) / 1_000;
  const taken = answers.flat().filter((it) => typeof it === "object" && it.type === "ack");
  assert.ok(taken.length >= 60, `${taken.length}`);
  assert.ok(taken.length <= 61 + seconds * 10, `${taken.length} in ${seconds} s`);
  await assertServed(honest, "lobby");
});

Deno.test("Connections of one address share its limit, and those of another address have their own", async () => {
  // A connection may send 16 bytes at once, and an address 64.
  await using service = await startTestService({ ...BEHIND_PROXY, BYTES_PER_SECOND: "1" });
  const echo = (address: string) =>
    TestClient.open(`${service.url}/s`, { headers: { "x-forwarded-for": address } });
  await using connections = new AsyncDisposableStack();
  const beganAt = performance.now();
  const opened = await Promise.all(Array.from({ length: 20 }, () => echo("192.0.2.66")));
  for (const client of opened) connections.use(client).send("x".repeat(16));
  const answers = await Promise.all(opened.map((client) => client.next()));
  const seconds = (performance.now() - beganAt) / 1_000;
  const taken = answers.filter((it) => it !== "! slow down").length;
  assert.ok(taken >= 4 && taken <= 5 + seconds * 8 / 16, `${taken} in ${seconds} s`);
  const other = connections.use(await echo("192.0.2.67"));
  other.send("x".repeat(16));
  assert.equal(await other.next(), "x".repeat(16));
});

Deno.test("Five senders of long texts disconnect none of a room's 100 readers, which receive every message", async () => {
  await using service = await startTestService(BEHIND_PROXY);
  await using connections = new AsyncDisposableStack();
  const readers = await Promise.all(Array.from({ length: 100 }, async (_, index) => {
    const address = `192.0.2.${index}`;
    return connections.use(await FrameClient.enter(service, "lobby", { address }));
  }));
  const senders = await Promise.all(Array.from({ length: 5 }, async (_, index) => {
    const address = `198.51.100.${index}`;
    return connections.use(await FrameClient.enter(service, "lobby", { address }));
  }));
  const said: unknown[] = [];
  await Promise.all(senders.map(async (sender, index) => {
    const text = `${index} ${"x".repeat(65_000)}`;
    for (let i = 0; i < 30; i++) sender.send({ type: "say", id: `${i}`, room: "lobby", text });
    // The last answered message, or the close.
    for (let answered = 0; answered < 30; answered++) {
      const answer = sender.until(({ type }) => type === "ack" || type === "fault");
      const { type, position } = await answer.catch(() => ({ type: "closed", position: "" }));
      if (type === "closed") return;
      if (type === "ack") said.push(position);
    }
  }));
  assert.ok(said.length >= 3, `${said.length}`);
  await using speaker = await FrameClient.enter(service, "lobby", { address: "203.0.113.1" });
  const answer = await speaker.say("lobby", "the last");
  const last = typeof answer === "object" ? answer.position : answer;
  const receivedByAll = await Promise.all(readers.map(async (reader) => {
    const received: unknown[] = [];
    while (received.at(-1) !== last) {
      received.push((await reader.until(({ type }) => type === "said")).position);
    }
    return received;
  }));
  // A message sent right before the close was not acknowledged, but is still delivered.
  const [first = []] = receivedByAll;
  assert.deepEqual(said.filter((position) => !first.includes(position)), []);
  for (const received of receivedByAll) assert.deepEqual(received, first);
});
