import assert from "node:assert/strict";
import { NOT_ALLOWED } from "../../../lib/core/protocol/close_codes.ts";
import { TextHandler } from "../../../lib/chat/handlers/text_handler.ts";
import { FakeSocket, flushMicrotasks } from "../../support/fakes.ts";
import { ANN, RoomsScene } from "../../support/chat/rooms_scene.ts";

/** A client that speaks plain text. */
class TextClient {
  readonly socket = new FakeSocket();
  readonly #handler: TextHandler;
  #seen = 0;

  constructor(
    scene: RoomsScene,
    options: { readonly token?: string; readonly name?: string; readonly room?: string },
  ) {
    const { token, name, room } = options;
    const nothing = { since: undefined, history: undefined, notices: undefined };
    this.#handler = new TextHandler(this.socket, scene.chat.context, { ...nothing, name, room }, {
      token,
    });
  }

  /** Sends lines; returns those received since the last time. */
  async say(...lines: readonly string[]): Promise<readonly unknown[]> {
    for (const line of lines) this.#handler.onMessage(line);
    for (let turn = 0; turn < 5; turn++) await flushMicrotasks();
    const fresh = this.socket.sent.slice(this.#seen);
    this.#seen = this.socket.sent.length;
    return fresh;
  }
}

/** Ann and Bob in the lobby. */
async function open(): Promise<{ scene: RoomsScene; ann: TextClient; bob: TextClient }> {
  const scene = new RoomsScene();
  const [ann, bob] = [
    new TextClient(scene, { token: "ann" }),
    new TextClient(scene, { token: "bob" }),
  ];
  for (const client of [ann, bob]) await client.say();
  await scene.beat(1_000);
  return { scene, ann, bob };
}

Deno.test("/rooms lists the rooms with their titles, topics and what is unread", async () => {
  const { scene, ann } = await open();
  using _scene = scene;
  assert.deepEqual(await ann.say("/rooms"), ["* no rooms are listed"]);
  const mia = await scene.enter("mia");
  await scene.ask(mia, {
    type: "create",
    kind: "listed",
    room: "tea",
    title: "Tea",
    topic: "Black",
  });
  const { room } = await scene.ask(mia, { type: "open", user: ANN, name: "Ann" });
  scene.chat.context.roomList.onListedChanged();
  assert.deepEqual(await ann.say("/rooms"), [
    `* you are in the room ${room} now: /join ${room}`,
    `* 2 rooms\n  ${room}: Mia (1 unread)\n  tea: Tea: Black`,
  ]);
});

Deno.test("/msg opens the direct room with a person who is here, and says the text there", async () => {
  const { scene, ann, bob } = await open();
  using _scene = scene;
  const lines = await ann.say("/msg Bob how are you?");
  const [, room] = /^\* joined (_direct\.\w+)$/.exec(String(lines[0])) ?? [];
  assert.deepEqual(lines.slice(1), ["Ann: how are you?"]);
  assert.deepEqual(await bob.say(), [`* you are in the room ${room} now: /join ${room}`]);
  await bob.say(`/join ${room}`);
  const answers = await bob.say("/history");
  assert.ok(answers.includes("Ann: how are you?"));
  assert.deepEqual(await ann.say("/leave"), ["* joined lobby"]);
  assert.deepEqual(await ann.say("/msg Bob again"), ["! nobody here has this name: try /who"]);
});

Deno.test("/msg says why it was not sent", async () => {
  const { scene, ann } = await open();
  using _scene = scene;
  const guest = new TextClient(scene, { name: "Guy" });
  await guest.say();
  assert.deepEqual(await guest.say("/msg Ann hello"), [
    "! you may not begin private conversations",
  ]);
  assert.deepEqual(await ann.say("/msg Ann myself"), ["! open needs the id of another user"]);
  assert.deepEqual(await ann.say("/msg Bob"), [
    "! /msg needs the name of somebody who is here, and a text",
  ]);
  assert.deepEqual(await ann.say("hello"), ["Ann: hello"]);
});

Deno.test("/topic shows the topic, and sets it for those who may", async () => {
  const { scene, ann } = await open();
  using _scene = scene;
  assert.deepEqual(await ann.say("/topic"), ["* there is no topic"]);
  assert.deepEqual(await ann.say("/topic Tea"), ["! you may not do this"]);
  const mia = new TextClient(scene, { token: "mia" });
  await mia.say();
  await mia.say("/topic Tea and cake");
  const lines = await ann.say("/topic");
  assert.deepEqual(lines, ["* Mia set the topic: Tea and cake", "* the topic is Tea and cake"]);
});

Deno.test("/leave goes back to the lobby, and takes no argument", async () => {
  const { scene, ann } = await open();
  using _scene = scene;
  await ann.say("/join attic");
  assert.deepEqual(await ann.say("/leave"), ["* joined lobby"]);
  assert.deepEqual(await ann.say("/leave"), ["* you are in lobby"]);
  assert.deepEqual(await ann.say("/leave attic"), [
    "! /leave takes you from this room to the lobby, and nothing may follow it",
  ]);
});

Deno.test("A connection to a private room of others is closed like one to a room that does not exist", async () => {
  const { scene } = await open();
  using _scene = scene;
  const room = await scene.createPrivate(await scene.enter("ann"));
  const answers = [];
  for (const it of [room, `_private.${"a".repeat(26)}`]) {
    const stranger = new TextClient(scene, { token: "cat", room: it });
    answers.push([await stranger.say(), stranger.socket.closeStatuses]);
  }
  assert.deepEqual(answers[0], [["! you may not do this"], [NOT_ALLOWED]]);
  assert.deepEqual(answers[0], answers[1]);
  const member = new TextClient(scene, { token: "ann", room });
  assert.deepEqual([await member.say("hello"), member.socket.closeStatuses], [["Ann: hello"], []]);
});

Deno.test("/topic takes what the request `room` takes as a topic", async () => {
  const { scene, ann } = await open();
  using _scene = scene;
  await scene.ask(await scene.enter("ann"), { type: "create", kind: "open", room: "tea" });
  await ann.say("/join tea");
  for (const topic of ["\u202ekcalB", "Black\x1b[2K", "x".repeat(501)]) {
    assert.deepEqual(await ann.say(`/topic ${topic}`), [
      "! a topic is one line of at most 500 characters",
    ]);
    assert.deepEqual(await ann.say("/topic"), ["* there is no topic"]);
  }
  await ann.say("/topic Black");
  assert.deepEqual(await ann.say("/topic"), ["* the topic is Black"]);
});

Deno.test("/invite adds somebody who is here to a private room", async () => {
  const { scene, ann, bob } = await open();
  using _scene = scene;
  const room = await scene.createPrivate(await scene.enter("ann"));
  await ann.say();
  assert.deepEqual(await ann.say(`/invite Zoe ${room}`), ["! nobody here has this name: try /who"]);
  assert.deepEqual(await ann.say("/invite Bob"), [
    "! /invite needs the name of somebody who is here, and a private room",
  ]);
  assert.deepEqual(await ann.say(`/invite Bob ${room}`), [`* added to ${room}`]);
  assert.deepEqual(await bob.say(), [`* you are in the room ${room} now: /join ${room}`]);
  assert.deepEqual(await bob.say(`/join ${room}`), [`* joined ${room}`]);
});

Deno.test("/invite adds nobody to a room in which one is not", async () => {
  const { scene, ann, bob } = await open();
  using _scene = scene;
  const room = await scene.createPrivate(await scene.enter("ann"));
  await ann.say();
  assert.deepEqual(await bob.say(`/invite Ann ${room}`), ["! you may not do this"]);
  assert.deepEqual(await ann.say("/invite Bob lobby"), [
    "! only private and direct rooms have members",
  ]);
});
