/**
 * Mentions and metadata of messages: they are there as long as the text is, and go with it.
 * @module
 */
import assert from "node:assert/strict";
import type { Content } from "../../../lib/core/log/content.ts";
import type { Action, Draft } from "../../../lib/core/log/entry.ts";
import { MAX_READ_BYTES } from "../../../lib/core/log/reading/read_size.ts";
import {
  ann,
  bob,
  draft,
  isRejected,
  lobby,
  mustPublish,
  numbers,
  react,
  say,
  type Test,
  type TestedBus,
} from "../fixtures.ts";
import { act } from "../state/room_state.ts";

/** Has what a store could take for its own separators, and keys that an object has by itself. */
export const ODD_METADATA: Readonly<Record<string, unknown>> = JSON.parse(
  `{"__proto__":{"constructor":[null,1.5e3]},"":"\\t,\\n\\"}}","deed":{"kind":"said","id":"\u2028é"},"text":"no text"}`,
);

/** A text with mentions and metadata. */
const CONTENT: Content = {
  text: 'a "quoted"\ttext\n',
  mentions: [bob.user, ann.user],
  metadata: ODD_METADATA,
};

function sayWith(content: Content, other?: Partial<Omit<Draft, "action">>): Draft {
  return draft({ kind: "said", ...content }, other);
}

/** The actions of all entries, and the contents of all messages with what is special about them. */
async function read(bus: TestedBus): Promise<readonly unknown[]> {
  const { top, messages } = await bus.page(lobby, undefined, 100);
  const { entries } = await bus.replay(lobby, { ...top, seq: 0 }, 100);
  const shown = messages.map(({ text, mentions, metadata, deleted }) => ({
    text,
    ...(mentions && { mentions }),
    ...(metadata && { metadata }),
    ...(deleted && { deleted }),
  }));
  return [entries.map(({ action }) => action), shown];
}

const DELETED: Action = { kind: "said", text: "", deleted: true };

export function contentPromises(test: Test): void {
  test(
    "announces, replays and shows mentions and metadata as they were sent",
    async (bus, reader) => {
      await bus.subscribe(lobby);
      const sent = [
        CONTENT,
        { text: "only mentions", mentions: CONTENT.mentions },
        { text: "only metadata", metadata: {} },
        { text: "neither" },
      ];
      await Promise.all(sent.map((it) => mustPublish(bus, sayWith(it))));
      const actions = sent.map((it) => ({ kind: "said", ...it }));
      assert.deepEqual((await reader.entries(4)).map(({ action }) => action), actions);
      assert.deepEqual(await read(bus), [actions, sent]);
      // Keys keep their order, and are those of the object itself.
      const { messages: [first] } = await bus.page(lobby, 2, 1);
      assert.equal(JSON.stringify(first?.metadata), JSON.stringify(ODD_METADATA));
    },
  );

  test("keeps mentions and metadata when a text is edited and when there are reactions", async (bus) => {
    const { position: of } = await mustPublish(bus, sayWith(CONTENT));
    for (const text of ["once", 'twice\t"', ""]) {
      await mustPublish(bus, draft({ kind: "edited", of, text }));
      await mustPublish(bus, react(of, "👍"));
    }
    const [actions, messages] = await read(bus);
    const content = { ...CONTENT, text: "" };
    assert.deepEqual(messages, [content]);
    assert.ok(Array.isArray(actions));
    const { edited, ...said } = actions[0];
    assert.equal(typeof edited, "number");
    assert.deepEqual(said, { kind: "said", ...content });
    assert.deepEqual(actions[1], { kind: "edited", of, text: "" });
  });

  for (const isModerated of [false, true]) {
    const who = isModerated ? "a moderator" : "the author";
    test(`keeps no mentions and metadata of a message that ${who} deletes`, async (bus, reader) => {
      await bus.subscribe(lobby);
      const { position: of } = await mustPublish(bus, sayWith(CONTENT));
      await mustPublish(bus, draft({ kind: "edited", of, text: "edited" }));
      const action = {
        kind: "deleted",
        of,
        ...(isModerated && { asModerator: true as const }),
      } as const;
      await mustPublish(bus, draft(action, isModerated ? bob : ann));
      assert.deepEqual(await read(bus), [
        [DELETED, { kind: "edited", of, text: "", deleted: true }, action],
        [{ text: "", deleted: true }],
      ]);
      assert.deepEqual((await reader.entries(3)).at(-1)?.action, action);
    });
  }

  test("keeps no mentions and metadata of messages that are cleared", async (bus) => {
    await mustPublish(bus, sayWith(CONTENT));
    await mustPublish(bus, act({ kind: "clear" }));
    const [actions, messages] = await read(bus);
    assert.ok(Array.isArray(actions) && Array.isArray(messages));
    assert.deepEqual([actions[0], messages.length], [DELETED, 1]);
  });

  test("recognizes a repeated message with the same mentions and metadata only", async (bus) => {
    const first = sayWith(CONTENT, { id: "same" });
    const receipt = await mustPublish(bus, first);
    assert.deepEqual(await mustPublish(bus, structuredClone(first)), receipt);
    const { text, mentions, metadata } = CONTENT;
    for (
      const other of [
        { text },
        { text, mentions },
        { text, metadata },
        { text, mentions: [bob.user], metadata },
        { text, mentions, metadata: { ...metadata, more: 1 } },
      ]
    ) await isRejected(bus, sayWith(other, { id: "same" }), "id_reused");
    await mustPublish(bus, say(text, { id: "plain" }));
    await isRejected(bus, sayWith({ text, metadata: {} }, { id: "plain" }), "id_reused");
  });

  test("counts metadata when it limits pages and replays by size", async (bus) => {
    const metadata = { log: "x".repeat(2_000) };
    const count = Math.ceil(MAX_READ_BYTES / 2_000) + 10;
    await Promise.all(
      numbers(1, count).map((n) => mustPublish(bus, sayWith({ text: String(n), metadata }))),
    );
    const { messages, more, top } = await bus.page(lobby, undefined, count);
    assert.ok(more && messages.length < count, `${messages.length} of ${count} messages`);
    const { entries } = await bus.replay(lobby, { ...top, seq: 0 }, count);
    assert.ok(entries.length < count, `${entries.length} of ${count} entries`);
  });
}
