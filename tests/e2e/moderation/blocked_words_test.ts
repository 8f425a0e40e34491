/** The word list of a whole service, whose file changes while people chat. */
import assert from "node:assert/strict";
import { type Frame, JsonClient } from "../../support/clients/json_client.ts";
import { TestClient } from "../../support/clients/test_client.ts";
import { readExposition } from "../../core/metrics/prometheus_reader.ts";
import { inviteAsOperator, MEMBER_SETTINGS } from "../../support/identity/member_links.ts";
import { type Parley, runArguments, spawn, startParley } from "../../support/parley.ts";
import { until } from "../../support/provision.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

/** What became of the texts with words of the list, added up for all workers. */
async function countsOf({ adminUrl }: Parley): Promise<Readonly<Record<string, number>>> {
  const response = await fetch(`${adminUrl}/metrics`);
  const lines = readExposition(await response.text()).flatMap(({ lines }) => lines);
  return Object.fromEntries(
    lines.filter(({ name }) => name === "parley_blocked_texts_total").map((
      { labels, value },
    ) => [labels.outcome, value]),
  );
}

/** Opens a connection that may say something in the lobby. @param name Of the user. */
async function enter(parley: Parley, name: string) {
  const client = await JsonClient.open(parley);
  client.send({ type: "hello", name }, { type: "join", room: "lobby" });
  await client.next("joined");
  let count = 0;
  const say = async (text: string): Promise<Frame> => {
    client.send({ type: "say", id: `${name}-${++count}`, room: "lobby", text });
    return await client.next("ack", "fault");
  };
  return { client, say };
}

for (const workers of ["0", "1", "2"]) {
  Deno.test(`A service with WORKERS=${workers} refuses and masks words, and uses a new list`, async () => {
    await using folder = new TemporaryFolder();
    const path = `${folder.path}/words.txt`;
    await Deno.writeTextFile(path, "old\n/o[l1]der/\nmask: darn\n");
    await using parley = await startParley({ BLOCKED_WORDS_FILE: path, WORKERS: workers });
    await parley.printed(/words\.loaded.*"entries":3/);
    await using held = new AsyncDisposableStack();
    // Eight, so that hardly any worker has none of them.
    const people = await Promise.all(
      Array.from({ length: 8 }, (_, index) => enter(parley, `Ann${index}`)),
    );
    for (const { client } of people) held.use(client);
    const plain = held.use(await TestClient.open(`${parley.url}/ws?name=Bob`));
    for (const { say } of people) {
      assert.equal((await say("an Old word")).code, "blocked_words");
      assert.equal((await say("an o1der word")).code, "blocked_words");
      assert.equal((await say("darn")).type, "ack");
      assert.equal((await say("new")).type, "ack");
    }
    assert.equal(await plain.next(), "Ann0: ****");
    plain.send("old");
    while (await plain.next() !== "! the text contains words that are not allowed here");
    await until("all workers to report what they refused", async () => {
      const { refused, masked } = await countsOf(parley);
      return refused === 17 && masked === 8;
    });

    // A list with a mistake changes nothing.
    await Deno.writeTextFile(path, "new\n/(/\n");
    await parley.printed(/words\.reload_failed.*line 2: not a pattern/);
    for (const { say } of people) {
      assert.equal((await say("old")).code, "blocked_words");
      assert.equal((await say("new")).type, "ack");
    }

    await Deno.writeTextFile(path, "new\n");
    await parley.printed(/words\.replaced.*"entries":1/);
    for (const [index, { say }] of people.entries()) {
      await until("the new list", async () => (await say("new")).code === "blocked_words");
      assert.equal((await say(`old ${index}`)).type, "ack");
    }
    assert.doesNotMatch(parley.output, /worker\.(died|recycled)/);
    assert.equal((await parley.stop()).code, 0);
  });
}

Deno.test("A message with a word to be held is sent when a moderator of the service releases it", async () => {
  await using folder = new TemporaryFolder();
  const path = `${folder.path}/words.txt`;
  await Deno.writeTextFile(path, "hold: deal\n");
  const settings = { BLOCKED_WORDS_FILE: path, WORKERS: "1", ...MEMBER_SETTINGS };
  await using parley = await startParley({ ...settings, DATA_DIR: folder.path });
  const invite = await inviteAsOperator(parley, { role: "moderator" });
  const moderator = await JsonClient.open(parley);
  await using _moderator = moderator;
  moderator.send({ type: "hello", invite, name: "Ann" }, { type: "join", room: "_reports" });
  await moderator.next("joined");
  const { client, say } = await enter(parley, "Bob");
  await using _bob = client;
  assert.equal((await say("a deal")).code, "held");
  const { text, event, position } = await moderator.next("said");
  assert.deepEqual([text, Object(event).room], ["a deal", "lobby"]);
  moderator.send({ type: "release", id: "r1", of: position });
  const said = await client.next("said");
  assert.deepEqual([said.name, said.text], ["Bob", "a deal"]);
  assert.equal((await moderator.next("ack", "fault")).room, "lobby");
});

for (
  const [what, content, problem] of [
    [
      "a mistake in the list",
      "fine\n/(/\n",
      /words": allowed: a word list \(line 2: not a pattern/,
    ],
    [
      "a missing list",
      undefined,
      /words": allowed: a text file in UTF-8 that can be read \(No such/,
    ],
  ] as const
) {
  Deno.test(`parley reports ${what} with the file's name, and exits with 2`, async () => {
    await using folder = new TemporaryFolder();
    const path = `${folder.path}/words`;
    if (content !== undefined) await Deno.writeTextFile(path, content);
    await using child = spawn(Deno.execPath(), runArguments("--blocked-words-file", path), {});
    assert.equal((await child.ended).code, 2);
    assert.match(child.output, /^parley: BLOCKED_WORDS_FILE is "/m);
    assert.match(child.output, problem);
    assert.doesNotMatch(child.output, /Parley is on/);
  });
}
