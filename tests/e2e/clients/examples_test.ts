/**
 * The examples in `examples/`, with a real service: the hook in React's own renderer, the script under Node.
 * @module
 */
import assert from "node:assert/strict";
import { createElement, StrictMode } from "react";
import { create } from "react-test-renderer";
import { useRoom } from "../../../examples/react-hook/use_room.js";
import { connect } from "../../../static/client.js";
import { SECRET } from "../../support/app.ts";
import { TestClient } from "../../support/clients/test_client.ts";
import { programTest, type RequiredProgram, until } from "../../support/provision.ts";
import { startTestService } from "../../support/service.ts";
import { QuickPlatform } from "../../static/client/quick_platform.ts";

const NODE: RequiredProgram = { names: ["node"], install: "Node 20 or later" };
const SCRIPT = new URL("../../../examples/server/post_message.js", import.meta.url).pathname;

/** What `useRoom()` returned last. */
type View = ReturnType<typeof useRoom>;

async function nextMessage(client: TestClient): Promise<string> {
  const line = String(await client.next());
  return line.startsWith("* ") ? await nextMessage(client) : line;
}

for (const [mode, isStrict] of [["", false], [" in strict mode", true]] as const) {
  Deno.test(`The React hook shows a room, sends, and leaves with its component${mode}`, async () => {
    await using service = await startTestService();
    await using bob = await TestClient.open(`${service.url}/ws?name=Bob&notices=1`);
    await using platform = new QuickPlatform(1);
    using chat = connect(`${service.url}/ws`, { name: "Ann", platform });
    let view: View | undefined;
    const Lobby = () => {
      view = useRoom(chat, "lobby");
      return null;
    };
    const lobby = createElement(Lobby);
    const shown = create(isStrict ? createElement(StrictMode, null, lobby) : lobby);
    const shows = (what: string, isShown: (view: View) => boolean) =>
      until(what, () => Promise.resolve(view !== undefined && isShown(view)));
    await shows("the room", ({ state }) => state.kind === "joined");
    bob.send("hello");
    await shows("Bob's message", ({ messages }) => messages.at(-1)?.text === "hello");
    view?.say("hello, Bob");
    await shows("her own", ({ messages }) => messages.at(-1)?.text === "hello, Bob");
    await shows("nothing unsent", ({ unsent }) => unsent.length === 0);
    shown.unmount();
    await until("Ann to leave", () => Promise.resolve(chat.rooms.value.length === 0));
  });
}

programTest(NODE, "The script for servers posts a message as a user of the app", async (node) => {
  await using service = await startTestService({ JWT_SECRET: SECRET });
  await using bob = await TestClient.open(`${service.url}/ws?name=Bob&room=team-red`);
  const { success, stdout, stderr } = await new Deno.Command(node.path, {
    args: [SCRIPT, "team-red", "The build has passed"],
    env: { CHAT_URL: service.url, JWT_SECRET: SECRET },
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  assert.match(new TextDecoder().decode(stdout), /^\w+:\d+\n$/);
  assert.equal(await nextMessage(bob), "Build server: The build has passed");
});
