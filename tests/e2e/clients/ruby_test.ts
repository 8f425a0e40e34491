/**
 * Ruby's faye-websocket on EventMachine, which older tutorials use. It implements framing and the closing handshake
 * independently. The script is what a user would write from its README.
 * @module
 */
import assert from "node:assert/strict";
import { TOO_LARGE_REASON } from "../../support/engine.ts";
import { TestClient } from "../../support/clients/test_client.ts";
import { type Parley, shareParley } from "../../support/parley.ts";
import { findProgram, type Program, programTest } from "../../support/provision.ts";

const INSTALL = "the Debian package ruby-faye-websocket";
/** Ruby if it has the library; otherwise a name that no program has. */
const RUBY = await hasLibrary()
  ? { names: ["ruby"], install: INSTALL }
  : { names: ["faye-websocket for ruby"], install: INSTALL };

const sharedParley = shareParley();

/**
 * Executes the arguments after the address in order: send a text or bytes, ping, wait for an event and print it, close.
 * At the end it prints the received close code and reason.
 */
const SCRIPT = `
require "eventmachine"
require "faye/websocket"
$stdout.sync = true
address, *steps = ARGV

EM.run do
  EM.add_timer(20) { abort "Waited 20 s in vain" }
  ws = Faye::WebSocket::Client.new(address)
  go_on = lambda do
    next if steps.first == "hear"
    step, value = steps.shift&.split(" ", 2)
    case step
    when "say" then ws.send(value); go_on.call
    when "bytes" then ws.send(value.split.map(&:to_i)); go_on.call
    when "fill" then ws.send("a" * value.to_i); go_on.call
    when "ping" then ws.ping(value) { puts "pong: #{value}"; go_on.call }
    when "close" then ws.close(value.to_i, "enough")
    end
  end
  ws.on(:open) { |event| go_on.call }
  ws.on(:message) do |event|
    p event.data
    go_on.call if steps.first == "hear" && steps.shift
  end
  ws.on(:error) { |event| warn event.message }
  ws.on(:close) do |event|
    p [event.code, event.reason]
    EM.stop
  end
end
`;

async function hasLibrary(): Promise<boolean> {
  const ruby = await findProgram(["ruby"]);
  if (ruby === undefined) return false;
  const args = ["-e", 'require "faye/websocket"'];
  return (await new Deno.Command(ruby, { args }).output()).success;
}

/** Connects with Ruby, executes these steps, and returns the printed lines. */
async function talk(
  ruby: Program,
  parley: Parley,
  path: string,
  steps: readonly string[],
): Promise<readonly string[]> {
  const args = ["-e", SCRIPT, parley.url.replace("http", "ws") + path, ...steps];
  // Ruby's arguments and output use the encoding of the locale.
  const command = new Deno.Command(ruby.path, { args, env: { LC_ALL: "C.UTF-8" } });
  const { success, stdout, stderr } = await command.output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trimEnd().split("\n");
}

const TALKS = [
  {
    name: "gets its text back on /s, and the code that it closes with",
    path: "/s",
    steps: ["say Hello, world!", "hear", "say 世界", "hear", "close 1000"],
    expected: ['"Hello, world!"', '"世界"', '[1000, "enough"]'],
  },
  {
    name: "gets its bytes back on /s/ as bytes",
    path: "/s/",
    steps: ["bytes 0 255 128", "hear", "close 3210"],
    expected: ["[0, 255, 128]", '[3210, "enough"]'],
  },
  {
    name: "gets its ping back",
    path: "/s",
    steps: ["ping there?", "close 1000"],
    expected: ["pong: there?", '[1000, "enough"]'],
  },
  {
    name: "reads its own line in the chat, under the name in the address",
    path: "/ws?name=Ann",
    steps: ["say hello", "hear", "close 1000"],
    expected: ['"Ann: hello"', '[1000, "enough"]'],
  },
  {
    name: "receives 1009 for a message that is too large",
    path: "/s",
    steps: ["fill 65536"],
    expected: [`[1009, "${TOO_LARGE_REASON}"]`],
  },
  {
    name: "receives 1003 for bytes in the chat",
    path: "/ws",
    steps: ["bytes 1 2 3"],
    expected: ['[1003, "text only"]'],
  },
] as const;

for (const { name, path, steps, expected } of TALKS) {
  programTest(RUBY, `Ruby's faye-websocket ${name}`, async (ruby) => {
    const parley = sharedParley();
    assert.deepEqual(await talk(ruby, parley, path, steps), expected);
  });
}

programTest(RUBY, "Ruby's faye-websocket talks to others in a room", async (ruby) => {
  const parley = sharedParley();
  await using ben = await TestClient.open(`${parley.url}/ws?name=Ben&room=den`);
  // Its own line has come back: the client is in the room.
  ben.send("first");
  assert.equal(await ben.next(), "Ben: first");
  const steps = ["say hello", "hear", "hear", "close 1000"];
  const received = talk(ruby, parley, "/ws?name=Ann&room=den", steps);
  assert.equal(await ben.next(), "Ann: hello");
  ben.send("hello Ann");
  assert.deepEqual(await received, ['"Ann: hello"', '"Ben: hello Ann"', '[1000, "enough"]']);
});

programTest(RUBY, "Ruby's faye-websocket is notified that its name is taken", async (ruby) => {
  const parley = sharedParley();
  await using ann = await TestClient.open(`${parley.url}/ws?name=Ann&room=attic`);
  ann.send("first");
  assert.equal(await ann.next(), "Ann: first");
  const expected = ['"! the name Ann is taken"', '[4501, "name taken"]'];
  assert.deepEqual(await talk(ruby, parley, "/ws?name=Ann&room=attic", []), expected);
});
