/**
 * The client library's declarations, compared with the library, and with what a program may do with it and what not.
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { clientTypes } from "../../docs/tools/client_types.ts";
import { startTestService } from "../support/service.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const STATIC = new URL("../../static/", import.meta.url);

/** A program that uses most of the library, and each kind of code that must not compile. */
const PROGRAM = `
const { signal } = new AbortController();
using chat: Chat = connect(new URL("https://chat.example/ws"), { name: "Ann", storage: localStorage, signal });
const lobby: Room = chat.join("lobby", { limit: 10 });
const events: RoomEvent[] = [];
const timeline = new Timeline(100);
lobby.events.subscribe((event) => {
  events.push(event);
  timeline.apply(event);
  if (event.type === "opened") event.messages.map(({ text }: Message): string => text);
  if (event.type === "said") event.text.length + event.at + Number(event.replayed);
  if (event.type === "lost") event.until.length;
  // @ts-expect-error: only a text that was said has one
  event.text;
});
const stop: () => void = chat.state.subscribe((state: ConnectionState) => {
  if (state.kind === "waiting") state.retryAt.toFixed();
  if (state.kind === "closed") state.error?.code.length;
  // @ts-expect-error: there is nothing to wait for in the other states
  state.retryAt;
});
stop();
for await (const { count, members } of lobby.members) count + members.length;
for await (const rooms of chat.rooms) rooms.map(({ name }) => name.length);
const delivery: Delivery = lobby.say("hello", { reply: lobby.read.value ?? undefined });
const { position, at } = await delivery.sent;
at.toFixed();
if (delivery.state.value.kind === "failed") delivery.state.value.error satisfies ChatError;
if (delivery.action.type === "react") delivery.action.emoji.length;
lobby.edit(position, "hi");
lobby.react(position, "👋", false);
lobby.delete(position).discard();
const { messages, more } = await lobby.history({ before: position, limit: 3 });
messages.length + Number(more);
(await lobby.who()).isSampled satisfies boolean;
await timeline.loadOlder(lobby);
lobby.members.value.members.map(({ user, kind }) => (kind satisfies "guest" | "member" | "app") === kindOf(user));
if (chat.me.value?.kind === "app") connect("wss://chat.example/ws", { token: () => "signed" });
connect("wss://chat.example/ws", { token: async () => await (await fetch("/chat-token")).text() });
connect("wss://chat.example/ws", { WebSocket });
const invited = connect("wss://chat.example/ws", { invite: "secret", device: "Firefox on Linux" });
invited.me.value?.role satisfies "owner" | "moderator" | "member" | undefined;
invited.invitedRooms.value.map((room) => invited.join(room));
(await chat.invite({ role: "moderator", rooms: ["team"], uses: 2, seconds: 60 })).secret.length;
(await chat.invite({ device: true, page: "https://chat.example/" })).qr satisfies string | undefined;
for (const { invite } of await chat.invites()) await chat.revoke({ invite });
for (const { device, here } of await chat.devices()) if (!here) await chat.revoke({ device });
// @ts-expect-error: there is no such role
chat.invite({ role: "boss" });
// @ts-expect-error: something has to be revoked
chat.revoke({});
await chat.rename("Ben").catch((error) => error instanceof RefusedError && error.retry);

// @ts-expect-error: an address is needed
connect();
// @ts-expect-error: a function, since tokens expire
connect("ws://chat.example", { token: "signed" });
// @ts-expect-error: a class, not a socket
connect("ws://chat.example", { WebSocket: new WebSocket("ws://chat.example") });
// @ts-expect-error: there is no such option
connect("ws://chat.example", { nick: "Ann" });
// @ts-expect-error: made by connect()
new Chat("ws://chat.example", {});
// @ts-expect-error: made by join()
new Room();
// @ts-expect-error: a text
lobby.say(1);
// @ts-expect-error: only once it is sent
delivery.state.value.position;
// @ts-expect-error: it is the library that changes it
chat.me.set(null);
// @ts-expect-error: it is the library that changes it
chat.me = chat.me;
// @ts-expect-error: the library's own
delivery.record;
// @ts-expect-error: there may be nobody yet
chat.me.value.user;
`;

const NAMES = [
  ...["connect", "kindOf", "Timeline", "ChatError", "RefusedError"],
  ...["Chat", "Delivery", "Message", "Room", "RoomEvent", "ConnectionState"].map((it) =>
    `type ${it}`
  ),
];

/** Runs a command of this Deno in a folder; returns its output, and fails unless it succeeds. */
async function deno(
  folder: string,
  args: readonly string[],
  input = "",
): Promise<string> {
  const env = { DENO_DIR: join(folder, "cache"), NO_COLOR: "1" };
  const child = new Deno.Command(Deno.execPath(), {
    ...{ args: [...args], cwd: folder, env },
    ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test("static/client.d.ts is the output of deno task client-types", async () => {
  const config = new URL("../../deno.json", import.meta.url).pathname;
  await using folder = new TemporaryFolder();
  const made = await deno(
    folder.path,
    ["fmt", "--config", config, "--ext", "ts", "-"],
    clientTypes(),
  );
  const written = await Deno.readTextFile(new URL("client.d.ts", STATIC));
  assert.equal(written, made, "run deno task client-types");
});

Deno.test("The declarations of client.js do not mention the library's internals", async () => {
  const written = await Deno.readTextFile(new URL("client.d.ts", STATIC));
  assert.doesNotMatch(written, /import\(|\b(Link|Stay|Host|Outbox|RoomOutbox|Shelf|DeedRecord)\b/);
  assert.doesNotMatch(written, /@(param|type|returns|internal|typedef) *\{|@internal/);
});

Deno.test("The declarations of client.js accept correct uses and reject wrong ones", async () => {
  await using folder = new TemporaryFolder();
  const library = `// @ts-types="${new URL("client.d.ts", STATIC)}"\nimport { ${
    NAMES.join(", ")
  } } from "${new URL("client.js", STATIC)}";`;
  await Deno.writeTextFile(join(folder.path, "program.ts"), library + PROGRAM);
  await deno(folder.path, ["check", "program.ts"]);
});

Deno.test("Deno has the types of a client.js that it imports from a service", async () => {
  await using service = await startTestService();
  await using folder = new TemporaryFolder();
  const library = `import { ${NAMES.join(", ")} } from "${service.url}/client.js";`;
  await Deno.writeTextFile(join(folder.path, "program.ts"), library + PROGRAM);
  await deno(folder.path, ["check", "--allow-import", "program.ts"]);
});
