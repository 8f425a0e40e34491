/**
 * Ruby's faye-websocket on EventMachine, the client of the older write-ups: its framing and closing handshake are its own,
 * and a server that is wrong in either is found out by it. The script is what anybody would write from its README.
 * @module
 */
import assert from "node:assert/strict";
import { TestClient } from "../client.ts";
import { type Parley, startParley } from "../parley.ts";
import { findProgram, type Program, programTest } from "../provision.ts";

const INSTALL = "the Debian package ruby-faye-websocket";
/** Ruby, where it has the library; a name that nobody has, where it has not. */
const RUBY = await hasLibrary()
  ? { names: ["ruby"], install: INSTALL }
  : { names: ["faye-websocket for ruby"], install: INSTALL };

/**
 * Does line by line what the arguments after the address say: send a text or bytes, ping, wait for what comes and print
 * it, close. At the end it prints the close code and reason, as received.
 */
const SCRIPT = `
require "eventmachine"
require "faye/websocket"
$stdout.sync = true
address, *deeds = ARGV

EM.run do
  EM.add_timer(20) { abort "Waited 20 s in vain" }
  ws = Faye::WebSocket::Client.new(address)
  go_on = lambda do
    next if deeds.first == "hear"
    deed, value = deeds.shift&.split(" ", 2)
    case deed
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
    go_on.call if deeds.first == "hear" && deeds.shift
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

/** Lets Ruby connect, do these deeds in order, and gives the lines that it printed. */
async function talk(
  ruby: Program,
  parley: Parley,
  path: string,
  deeds: readonly string[],
): Promise<readonly string[]> {
  const args = ["-e", SCRIPT, parley.url.replace("http", "ws") + path, ...deeds];
  // Ruby takes arguments, and what it prints, in the encoding of the locale.
  const command = new Deno.Command(ruby.path, { args, env: { LC_ALL: "C.UTF-8" } });
  const { success, stdout, stderr } = await command.output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trimEnd().split("\n");
}

const TALKS = [
  {
    name: "gets its words back on /s, and the code that it closes with",
    path: "/s",
    deeds: ["say Hello, world!", "hear", "say 世界", "hear", "close 1000"],
    expected: ['"Hello, world!"', '"世界"', '[1000, "enough"]'],
  },
  {
    name: "gets its bytes back on /s/ as bytes, which it shows as numbers",
    path: "/s/",
    deeds: ["bytes 0 255 128", "hear", "close 3210"],
    expected: ["[0, 255, 128]", '[3210, "enough"]'],
  },
  {
    name: "gets its ping back",
    path: "/s",
    deeds: ["ping there?", "close 1000"],
    expected: ["pong: there?", '[1000, "enough"]'],
  },
  {
    name: "reads its own line in the chat, under the name in the address",
    path: "/ws?name=Ann",
    deeds: ["say hello", "hear", "close 1000"],
    expected: ['"Ann: hello"', '[1000, "enough"]'],
  },
  {
    name: "receives 1009 for a message that is too large",
    path: "/s",
    deeds: ["fill 65536"],
    expected: ['[1009, "message too large"]'],
  },
  {
    name: "receives 1003 for bytes in the chat",
    path: "/ws",
    deeds: ["bytes 1 2 3"],
    expected: ['[1003, "text only"]'],
  },
] as const;

for (const { name, path, deeds, expected } of TALKS) {
  programTest(RUBY, `Ruby's faye-websocket ${name}`, async (ruby) => {
    await using parley = await startParley();
    assert.deepEqual(await talk(ruby, parley, path, deeds), expected);
  });
}

programTest(RUBY, "Ruby's faye-websocket talks to others in a room", async (ruby) => {
  await using parley = await startParley();
  await using ben = await TestClient.open(`${parley.url}/ws?name=Ben&room=den`);
  // His own line back: he is in the room.
  ben.send("first");
  assert.equal(await ben.next(), "Ben: first");
  const deeds = ["say hello", "hear", "hear", "close 1000"];
  const heard = talk(ruby, parley, "/ws?name=Ann&room=den", deeds);
  assert.equal(await ben.next(), "Ann: hello");
  ben.send("hello Ann");
  assert.deepEqual(await heard, ['"Ann: hello"', '"Ben: hello Ann"', '[1000, "enough"]']);
});

programTest(RUBY, "Ruby's faye-websocket is told that its name is taken", async (ruby) => {
  await using parley = await startParley();
  await using ann = await TestClient.open(`${parley.url}/ws?name=Ann`);
  ann.send("first");
  assert.equal(await ann.next(), "Ann: first");
  const expected = ['"! the name Ann is taken"', '[4501, "name taken"]'];
  assert.deepEqual(await talk(ruby, parley, "/ws?name=Ann", []), expected);
});
