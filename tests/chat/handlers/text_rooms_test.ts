import assert from "node:assert/strict";
import { NOT_ALLOWED } from "../../../lib/core/protocol/close_codes.ts";
import { TextHandler } from "../../../lib/chat/handlers/text_handler.ts";
import { BusUnavailable } from "../../../lib/chat/ports/bus.ts";
import { user } from "../../contract/fixtures.ts";
import { FakeSocket, flushMicrotasks, name } from "../../support/fakes.ts";
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
    `* Mia has a direct room with you: /join ${room}`,
    `* 2 rooms\n  ${room}: Mia (1 unread)\n  tea: Tea: Black`,
  ]);
});

Deno.test("/msg opens the direct room with a person who is here, and says the text there", async () => {
  const { scene, ann, bob } = await open();
  using _scene = scene;
  const lines = await ann.say("/msg Bob how are you?");
  const [, room] = /^\* to Bob, in the direct room (_direct\.\w+)$/.exec(String(lines[0])) ?? [];
  const shown = [`* joined ${room}`, "* Ann created the direct room", "Ann: how are you?"];
  assert.deepEqual(lines.slice(1), shown);
  assert.deepEqual(await bob.say(), [`* Ann has a direct room with you: /join ${room}`]);
  assert.deepEqual(await bob.say(`/join ${room}`), shown);
  assert.deepEqual(await ann.say("/leave"), ["* joined lobby"]);
  assert.deepEqual(await ann.say("/msg Bob again"), ["! no one here has this name: try /who"]);
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
    "! /msg needs the name of a user in this room, and a text",
  ]);
  assert.deepEqual(await ann.say("hello"), ["Ann: hello"]);
});

/** Lets a user whom an app has signed in enter the lobby. */
async function enterAs(scene: RoomsScene, called: string): Promise<TextClient> {
  const token = called.toLowerCase();
  const known = { user: user(`a_${scene.authenticator.users.size}000000`), name: name(called) };
  const rest = { role: undefined, rights: null, issuedAt: 0, tokenId: undefined };
  scene.authenticator.users.set(token, { ...known, ...rest, expiresAt: Infinity });
  const client = new TextClient(scene, { token });
  await client.say();
  return client;
}

/** The texts that clients find in their direct rooms, after they have joined them. */
async function readDirect(client: TextClient): Promise<readonly unknown[]> {
  const [invitation] = await client.say();
  const [, room] = / with you: \/join (.+)$/.exec(String(invitation)) ?? [];
  if (room === undefined) return [];
  const lines = await client.say(`/join ${room}`);
  return lines.filter((line) => !String(line).startsWith("*"));
}

Deno.test("Of two /msg at once, the second is refused, and its text goes to nobody", async () => {
  const { scene, ann, bob } = await open();
  using _scene = scene;
  const eve = await enterAs(scene, "Eve");
  const lines = await ann.say("/msg Bob the key is 1234", "/msg Eve Bob must not read this");
  assert.equal(lines[0], "! not sent: still moving to the direct room with Bob");
  assert.deepEqual(await readDirect(bob), ["Ann: the key is 1234"]);
  assert.deepEqual(await readDirect(eve), []);
});

Deno.test("/join is refused while a direct room is opened, and /msg while another room is joined", async () => {
  const { scene, ann, bob } = await open();
  using _scene = scene;
  const [first] = await ann.say("/msg Bob hello", "/join attic");
  assert.equal(first, "! already moving to the direct room with Bob");
  assert.deepEqual(await readDirect(bob), ["Ann: hello"]);
  assert.deepEqual(await ann.say("/leave", "/msg Bob psst"), [
    "! not sent: still moving to lobby",
    "* joined lobby",
  ]);
});

for (const mayHaveApplied of [false, true]) {
  const outcome = mayHaveApplied ? "is not known" : "is that it was not opened";
  Deno.test(`A direct room whose outcome ${outcome} leaves no text behind`, async () => {
    const { scene, ann, bob } = await open();
    using _scene = scene;
    const eve = await enterAs(scene, "Eve");
    scene.chat.bus.state = () => {
      throw new BusUnavailable("the store is away", { mayHaveApplied });
    };
    assert.deepEqual(await ann.say("/msg Bob the key is 1234"), ["! not sent: the store is away"]);
    Reflect.deleteProperty(scene.chat.bus, "state");
    await ann.say("/msg Eve hello");
    assert.deepEqual(await readDirect(eve), ["Ann: hello"]);
    assert.deepEqual(await readDirect(bob), []);
  });
}

Deno.test("Nobody intercepts a /msg by a name that goes on as the text does", async () => {
  const { scene, ann, bob } = await open();
  using _scene = scene;
  const eve = await enterAs(scene, "Bob meet");
  assert.deepEqual(await ann.say("/msg Bob meet me at 9"), [
    '! nothing was done, since several people here fit: "Bob", "Bob meet"; write the name in double quotes',
  ]);
  const [notice] = await ann.say('/msg "Bob" meet me at 9');
  assert.match(String(notice), /^\* to Bob, in the direct room /);
  assert.deepEqual(await readDirect(bob), ["Ann: meet me at 9"]);
  assert.deepEqual(await readDirect(eve), []);
});

Deno.test("Nobody intercepts or prevents a /msg by a name that has the double quotes, too", async () => {
  const { scene, ann, bob } = await open();
  using _scene = scene;
  const [eve] = [await enterAs(scene, '"Bob"'), await enterAs(scene, "Bob meet")];
  const [notice] = await ann.say('/msg "Bob" meet me at 9');
  assert.match(String(notice), /^\* to Bob, in the direct room /);
  assert.deepEqual(await readDirect(bob), ["Ann: meet me at 9"]);
  await ann.say("/leave");
  await ann.say('/msg """Bob""" hello');
  assert.deepEqual(await readDirect(eve), ["Ann: hello"]);
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

Deno.test("/lockdown closes the service to guests and /unlock opens it, for those who may, as often as needed", async () => {
  const { scene, ann } = await open();
  using _scene = scene;
  const mia = new TextClient(scene, { token: "mia" });
  await mia.say();
  await ann.say();
  const guest = new TextClient(scene, { name: "Guy" });
  await guest.say();
  for (const command of ["/lockdown", "/unlock"]) {
    assert.deepEqual(await ann.say(command), ["! you may not do this"]);
    assert.deepEqual(await mia.say(`${command} off`), [
      `! ${command} concerns the whole service, and nothing may follow it`,
    ]);
  }
  for (const text of ["one", "two"]) {
    assert.deepEqual(await mia.say("/lockdown"), ["* the service is closed to guests"]);
    assert.deepEqual(await guest.say(text), ["! the service is closed to guests at the moment"]);
    assert.deepEqual(await mia.say("/unlock"), ["* the service is open to guests"]);
    assert.deepEqual(await guest.say(text), [`Guy: ${text}`]);
    await mia.say();
  }
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
  assert.deepEqual(await ann.say(`/invite Zoe ${room}`), ["! no one here has this name: try /who"]);
  assert.deepEqual(await ann.say("/invite Bob"), [
    "! /invite needs the name of a user in this room, and a private room",
  ]);
  const other = await enterAs(scene, "Bob meet");
  assert.deepEqual(await ann.say(`/invite Bob meet ${room}`), [`* added to ${room}`]);
  assert.deepEqual(await other.say(), [`* you are in the room ${room} now: /join ${room}`]);
  assert.deepEqual(await ann.say(`/invite "Bob" ${room}`), [`* added to ${room}`]);
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
