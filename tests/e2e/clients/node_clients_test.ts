/**
 * Clients on Node: the `ws` package, with which most users write their first client, and `wscat`, which is built on it.
 * Their framing, masking, fragmentation and closing are independent of the service.
 *
 * `ws` runs in a real Node, so that the network stack differs too. It has no dependencies, so Node can load it from
 * Deno's cache. `wscat` has dependencies that Node could not find there, so Deno runs it, under the same lock file.
 * @module
 */
import assert from "node:assert/strict";
// Only so that Deno caches the package and import.meta.resolve() finds the file.
import "ws";
import { TOO_LARGE_REASON } from "../../support/engine.ts";
import { TestClient } from "../../support/clients/test_client.ts";
import { type Parley, shareParley } from "../../support/parley.ts";
import { DEADLINE_MS, type Program, programTest, until } from "../../support/provision.ts";
import { startTestService, type TestService } from "../../support/service.ts";

const NODE = {
  names: ["node", "nodejs"],
  install: "Node.js 18 or later (the Debian package nodejs)",
};
const ROOT = new URL("../../..", import.meta.url).pathname;

const sharedParley = shareParley();

/**
 * The prelude of the scripts. `next()` returns the next message or pong as `[kind, value]`, binary ones in hexadecimal;
 * `closed` is the code and reason that the server answered with.
 */
const PRELUDE = `
const [ws, url] = process.argv.slice(1);
const { default: WebSocket } = await import(ws);
setTimeout(() => { console.error("Waited in vain"); process.exit(1); }, ${DEADLINE_MS}).unref();
function connect(path, options = {}) {
  const socket = new WebSocket(url.replace("http", "ws") + path, options);
  const events = [], waiting = [];
  const push = (event) => waiting.length > 0 ? waiting.shift()(event) : events.push(event);
  const show = (data, isBinary) => data.toString(isBinary ? "hex" : "utf8");
  socket.on("message", (data, isBinary) => push([isBinary ? "binary" : "text", show(data, isBinary)]));
  socket.on("pong", (data) => push(["pong", data.toString()]));
  const next = () => events.length > 0
    ? Promise.resolve(events.shift())
    : new Promise((resolve) => waiting.push(resolve));
  const closed = new Promise((resolve) =>
    socket.on("close", (code, reason) => resolve([code, reason.toString()])));
  const opened = new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
  return { socket, next, closed, opened };
}
async function open(path, options) {
  const client = connect(path, options);
  await client.opened;
  return client;
}
const report = (value) => console.log(JSON.stringify(value));
`;

/** Runs a script in Node against the service, and returns what it reports. */
async function report(node: Program, parley: Parley, script: string): Promise<unknown> {
  const flags = ["--input-type=module", "--eval", PRELUDE + script];
  const args = [...flags, import.meta.resolve("ws"), parley.url];
  const command = new Deno.Command(node.path, { args });
  const { success, stdout, stderr } = await command.output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

const ECHOES = [
  {
    name: "text as text and bytes as bytes",
    script: `
      socket.send("Grüße, 世界 👋");
      socket.send(Buffer.from([0, 255, 128, 10]));
      socket.send("");
      socket.send(Buffer.alloc(0));
      report([await next(), await next(), await next(), await next()]);`,
    expected: [["text", "Grüße, 世界 👋"], ["binary", "00ff800a"], ["text", ""], ["binary", ""]],
  },
  {
    name: "fragments as one message, cut inside a character",
    script: `
      const bytes = Buffer.from("one 世界 two");
      socket.send(bytes.subarray(0, 5), { binary: false, fin: false });
      socket.send(bytes.subarray(5, 6), { binary: false, fin: false });
      socket.send(Buffer.alloc(0), { binary: false, fin: false });
      socket.send(bytes.subarray(6), { binary: false, fin: true });
      socket.send(Buffer.from([1, 2]), { fin: false });
      socket.send(Buffer.from([3]), { fin: true });
      report([await next(), await next()]);`,
    expected: [["text", "one 世界 two"], ["binary", "010203"]],
  },
  {
    name: "a ping at once, between the fragments of a message",
    script: `
      socket.send("first ", { fin: false });
      socket.ping("are you there?");
      const pong = await next();
      socket.send("second", { fin: true });
      report([pong, await next()]);`,
    expected: [["pong", "are you there?"], ["text", "first second"]],
  },
  {
    name: "a pong with each ping's payload, and none for an unsolicited pong",
    script: `
      socket.pong("nobody asked");
      socket.ping("");
      socket.ping("x".repeat(125));
      socket.send("after");
      report([await next(), await next(), await next()]);`,
    expected: [["pong", ""], ["pong", "x".repeat(125)], ["text", "after"]],
  },
  {
    name: "65,535 bytes, whether text, characters of three bytes, or binary",
    script: `
      socket.send("a".repeat(65535));
      socket.send("世".repeat(21845));
      socket.send(Buffer.alloc(65535, 7));
      const sizes = [];
      for (const character of ["a", "世", "07"]) {
        const [kind, value] = await next();
        sizes.push([kind, value.length, value === character.repeat(value.length / character.length)]);
      }
      report(sizes);`,
    expected: [["text", 65_535, true], ["text", 21_845, true], ["binary", 131_070, true]],
  },
] as const;

for (const { name, script, expected } of ECHOES) {
  programTest(NODE, `Node's ws gets back ${name}`, async (node) => {
    const parley = sharedParley();
    const all = `const { socket, next, closed } = await open("/s"); ${script}
      socket.close(1000); await closed;`;
    assert.deepEqual(await report(node, parley, all), expected);
  });
}

const CLOSINGS = [
  { args: [1000], answered: 1000 },
  { args: [1000, "bye"], answered: 1000 },
  { args: [1001], answered: 1001 },
  { args: [3000, "a library says so"], answered: 3000 },
  { args: [4321, "as it likes"], answered: 4321 },
  // Without a code in the close frame, the answer must not have one either (RFC 6455 §5.5.1, §7.1.5).
  { args: [], answered: 1005 },
] as const;

programTest(NODE, "Node's ws is answered with the code that it closes with", async (node) => {
  const parley = sharedParley();
  for (const path of ["/s", "/ws"]) {
    const script = `const codes = [];
      for (const { args } of ${JSON.stringify(CLOSINGS)}) {
        const { socket, closed } = await open("${path}");
        socket.close(...args);
        codes.push((await closed)[0]);
      }
      report(codes);`;
    const expected = CLOSINGS.map(({ answered }) => answered);
    assert.deepEqual(await report(node, parley, script), expected, path);
  }
});

const TOO_LARGE = [
  ["text", `"a".repeat(65536)`],
  ["text of three-byte characters", `"世".repeat(21846)`],
  ["binary", `Buffer.alloc(65536)`],
] as const;

for (const [name, message] of TOO_LARGE) {
  programTest(NODE, `Node's ws receives 1009 for 65,536 bytes or more of ${name}`, async (node) => {
    const parley = sharedParley();
    for (const path of ["/s", "/ws"]) {
      const script = `const { socket, closed } = await open("${path}");
        socket.send(${message});
        report(await closed);`;
      assert.deepEqual(await report(node, parley, script), [1009, TOO_LARGE_REASON]);
    }
  });
}

programTest(
  NODE,
  "Node's ws receives 1009 for a fragmented message that is too large",
  async (node) => {
    const parley = sharedParley();
    const script = `const { socket, closed } = await open("/s");
    for (let i = 0; i < 64; i++) socket.send("a".repeat(1024), { fin: false });
    socket.send("a", { fin: true });
    report(await closed);`;
    assert.deepEqual(await report(node, parley, script), [1009, TOO_LARGE_REASON]);
  },
);

programTest(NODE, "Node's ws may offer compression, and gets its message back", async (node) => {
  const parley = sharedParley();
  // Deno negotiates no extension. If it ever does, ws checks the terms and inflates messages itself.
  const script = `const { socket, next, closed } = await open("/s", {
      perMessageDeflate: { threshold: 0, clientMaxWindowBits: 10, serverNoContextTakeover: true },
    });
    const text = "again and again ".repeat(4000);
    socket.send(text);
    const [kind, value] = await next();
    const agreed = ["", "permessage-deflate"].some((it) => socket.extensions.split(";")[0] === it);
    socket.close(1000);
    await closed;
    report([agreed, kind, value === text]);`;
  assert.deepEqual(await report(node, parley, script), [true, "text", true]);
});

const REFUSED = [
  ["from a foreign page", `{ origin: "https://elsewhere.example" }`, 403],
  ["with draft version 8", `{ protocolVersion: 8 }`, 426],
] as const;

for (const [name, options, status] of REFUSED) {
  programTest(NODE, `Node's ws ${name} is refused with ${status}`, async (node) => {
    const parley = sharedParley();
    const script = `const { opened } = connect("/ws", ${options});
      report(await opened.then(() => "let in", (error) => error.message));`;
    assert.equal(await report(node, parley, script), `Unexpected server response: ${status}`);
  });
}

programTest(NODE, "Node's ws talks to others in a room", async (node) => {
  const parley = sharedParley();
  await using ben = await TestClient.open(`${parley.url}/ws?name=Ben&room=den`);
  // Its own line has come back: the client is in the room.
  ben.send("first");
  assert.equal(await ben.next(), "Ben: first");
  const received = report(
    node,
    parley,
    `const { socket, next, closed } = await open("/ws?name=Ann&room=den");
    socket.send("hello\\nBen: I owe you");
    const lines = [await next(), await next()];
    socket.send(Buffer.from("not text"));
    report([...lines, await closed]);`,
  );
  assert.equal(await ben.next(), "Ann: hello\n  Ben: I owe you");
  ben.send("welcome");
  assert.deepEqual(await received, [
    ["text", "Ann: hello\n  Ben: I owe you"],
    ["text", "Ben: welcome"],
    [1003, "text only"],
  ]);
});

/** A wscat with a user at its terminal. */
class Wscat implements AsyncDisposable {
  output = "";
  readonly #child: Deno.ChildProcess;
  readonly #keyboard: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #read: Promise<unknown>;

  constructor(...args: readonly string[]) {
    const permissions = ["net", "read", "env", "sys"].map((it) => `--allow-${it}`);
    const flags = ["--config", "tests/deno.json", "--frozen", "--quiet", "--no-prompt"];
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", ...flags, ...permissions, "npm:wscat@6.1.0", ...args],
      cwd: ROOT,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#keyboard = this.#child.stdin.getWriter();
    const { stdout, stderr } = this.#child;
    this.#read = Promise.all([stdout, stderr].map((it) => this.#follow(it)));
  }

  /** Types a line. */
  async type(line: string): Promise<void> {
    await this.#keyboard.write(new TextEncoder().encode(`${line}\n`));
  }

  /** Waits until wscat has printed this line, perhaps after a prompt, which it prints for each typed line. */
  async printed(line: string): Promise<void> {
    await until(`wscat to print ${line}`, () => {
      const lines = this.output.split("\n").map((it) => it.replace(/^(> )+/, ""));
      return Promise.resolve(lines.includes(line));
    });
  }

  /** Waits until wscat has ended by itself. */
  async ended(): Promise<number> {
    await this.#read;
    return (await this.#child.status).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGTERM");
    } catch {
      // Already ended.
    }
    await this.ended();
    // It may have ended without reading all input.
    await this.#keyboard.close().catch(() => {});
  }

  async #follow(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const part of stream.pipeThrough(new TextDecoderStream())) this.output += part;
  }
}

async function connectionsOf({ adminUrl }: TestService): Promise<number> {
  const { connections } = await (await fetch(`${adminUrl}/healthz`)).json();
  return connections.open;
}

Deno.test("wscat sends and receives messages in a room", async () => {
  await using service = await startTestService();
  await using ben = await TestClient.open(`${service.url}/ws?name=Ben`);
  await using ann = new Wscat("-c", `${service.url.replace("http", "ws")}/ws?name=Ann`);
  // wscat reports the connection only on a terminal, and drops input typed before: so Ben writes first.
  await until("wscat to connect", async () => await connectionsOf(service) === 2);
  ben.send("hello Ann");
  await ann.printed("Ben: hello Ann");
  await ann.type("hello");
  await ann.printed("Ann: hello");
  await ann.type("世界 👋");
  await ann.printed("Ann: 世界 👋");
  const received = await ben.take(3);
  assert.deepEqual(received, ["Ben: hello Ann", "Ann: hello", "Ann: 世界 👋"]);
});

Deno.test("wscat pings, receives its echo, closes, and exits by itself", async () => {
  await using service = await startTestService();
  const url = `${service.url.replace("http", "ws")}/s`;
  await using wscat = new Wscat("-c", url, "-x", "first", "-w", "-1");
  await wscat.printed("first");
  // With -x it ignores the keyboard; the next one types once it is known to be connected.
  await using other = new Wscat("--slash", "--show-ping-pong", "-c", url);
  await until("wscat to connect", async () => await connectionsOf(service) === 2);
  await until("wscat to print a pong", async () => {
    await other.type("/ping there?");
    return other.output.includes(`Received pong (data: "there?")`);
  });
  await other.type("/close 4321 enough");
  assert.equal(await other.ended(), 0);
});
