/**
 * The same random steps run on a bus and on the simplest one that follows the rules, and must give the same answers.
 * Targets are drawn near the top and ids from a small pool, so that repetitions, edits by other users and trimmed targets
 * occur; fast-check prints the seed and the shortest failing sequence of steps.
 * @module
 */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { systemClock } from "../../../lib/chat/ports/clock.ts";
import { EmbeddedBus } from "../../../lib/chat/bus/embedded_bus.ts";
import { MemoryStore } from "../../../lib/chat/bus/memory_store.ts";
import { contentOf } from "../../../lib/core/log/content.ts";
import type { Action, Draft } from "../../../lib/core/log/entry.ts";
import type { RoomId } from "../../../lib/core/names/names.ts";
import type { Position } from "../../../lib/core/log/position.ts";
import { FOREVER, type RoomEvent } from "../../../lib/core/log/room_event.ts";
import { name, room } from "../../support/fakes.ts";
import { AnnouncementReader } from "./announcement_reader.ts";
import { ODD_METADATA } from "./content.ts";
import { ann, bob, type Test, type TestedBus } from "../fixtures.ts";

const RETENTION = { messages: 4, entries: 7, ageMs: Infinity };
const RUNS = 60;

/** A bus during a run. */
interface Scene {
  readonly bus: TestedBus;
  readonly room: RoomId;
  /** Of the room, currently. */
  readonly top: Position;
  /** All receipts so far. */
  readonly drafts: Draft[];
}

/** An operation on a bus; returns its answer. */
type Step = (scene: Scene) => Promise<unknown>;
/** A value that depends on the top of the room. */
type Later<T> = (top: Position) => T;

const author = fc.constantFrom(ann, bob);
const text = fc.constantFrom("a", "b", "");
const id = fc.integer({ min: 1, max: 60 }).map((n) => `id${n}`);
const back = fc.integer({ min: -1, max: 10 });
// Mostly the current epoch: in another one everything is gone.
const epoch = fc.constantFrom("", "", "", "", "", "", "another");

const position: fc.Arbitrary<Later<Position>> = fc.tuple(epoch, back).map(
  ([era, steps]) => (top) => ({
    epoch: era || top.epoch,
    seq: Math.max(0, top.seq - steps),
  }),
);

const target = fc.constantFrom(ann, bob);
const event: fc.Arbitrary<RoomEvent> = fc.oneof(
  fc.record({
    kind: fc.constant("room" as const),
    created: fc.constantFrom(true as const, undefined),
    access: fc.constantFrom(undefined, undefined, "open", "private"),
    topic: fc.constantFrom(undefined, "", 'a\n"b'),
    readOnly: fc.constantFrom(undefined, false, false, true),
    slowSeconds: fc.constantFrom(undefined, 0, 0, 600),
    archived: fc.constantFrom(undefined, false, false, true),
  }),
  fc.tuple(fc.constantFrom("mute" as const, "ban" as const), target, fc.constantFrom(1, FOREVER))
    .map(([kind, by, until]) => ({ kind, ...by, until, rank: "owner" as const })),
  fc.tuple(fc.constantFrom("unmute" as const, "unban" as const), target)
    .map(([kind, by]) => ({ kind, ...by })),
  target.map((by) => ({ kind: "kick" as const, ...by, rank: "owner" as const })),
  fc.tuple(target, fc.boolean()).map(([by, on]) => ({ kind: "member" as const, ...by, on })),
  fc.constantFrom<RoomEvent>({ kind: "clear" }, { kind: "clear", room: room("elsewhere") }),
);

const mentions = fc.constantFrom([ann.user], [bob.user, ann.user], undefined);
const metadata = fc.constantFrom(undefined, {}, { a: "b" }, ODD_METADATA);

const action: fc.Arbitrary<Later<Action>> = fc.oneof(
  { weight: 5, arbitrary: text.map((it) => () => ({ kind: "said", text: it }) as const) },
  fc.tuple(text, position).map(([it, to]) => (top: Position) =>
    ({ kind: "said", text: it, reply: to(top) }) as const
  ),
  fc.tuple(text, mentions, metadata).map(([text, mentions, metadata]) => () =>
    ({ kind: "said", ...contentOf({ text, mentions, metadata }) }) as const
  ),
  fc.tuple(position, text).map(([of, it]) => (top: Position) =>
    ({ kind: "edited", of: of(top), text: it }) as const
  ),
  event.map((it) => () => ({ kind: "said", text: "", event: it }) as const),
  position.map((of) => (top: Position) => ({ kind: "deleted", of: of(top) }) as const),
  position.map((of) => (top: Position) =>
    ({ kind: "deleted", of: of(top), reason: "spam", asModerator: true }) as const
  ),
  {
    weight: 2,
    arbitrary: fc.tuple(position, fc.constantFrom("👍", "❤️"), fc.boolean()).map(
      ([of, emoji, on]) => (top: Position) =>
        ({ kind: "reacted", of: of(top), emoji, on }) as const,
    ),
  },
  fc.constant(() => ({ kind: "renamed", from: name("Eve") }) as const),
);

const exempt = fc.constantFrom(true as const, undefined);

const publish = fc.tuple(author, id, action, exempt).map(
  ([by, id, it, isExempt]): Step => (scene) => {
    const draft: Draft = { room: scene.room, ...by, id, action: it(scene.top), isExempt };
    scene.drafts.push(draft);
    return scene.bus.publish(draft);
  },
);

const repeat = fc.nat({ max: 30 }).map((steps): Step => ({ bus, drafts }) => {
  const draft = drafts.at(-1 - steps);
  return draft ? bus.publish(draft) : Promise.resolve();
});

const replay = fc.tuple(position, fc.nat({ max: 9 })).map(
  ([since, limit]): Step => ({ bus, room, top }) => bus.replay(room, since(top), limit),
);

const page = fc.tuple(fc.option(back), fc.integer({ min: 1, max: 6 })).map(
  ([steps, limit]): Step => ({ bus, room, top }) =>
    bus.page(room, steps === null ? undefined : top.seq - steps, limit),
);

const pageAfter = fc.tuple(back, fc.integer({ min: 1, max: 6 })).map(
  ([steps, limit]): Step => ({ bus, room, top }) => bus.pageAfter(room, top.seq - steps, limit),
);

const read = fc.tuple(author, back, back).map(
  ([{ user }, steps, hidden]): Step => async ({ bus, room, top }) => {
    // A read marker is never beyond the top.
    const seq = Math.max(0, top.seq - Math.max(0, steps));
    const isFurther = await bus.markRead(room, user, { ...top, seq });
    const after = Math.max(0, top.seq - hidden);
    return [isFurther, await bus.readState(room, user, 0), await bus.readState(room, user, after)];
  },
);

const state = fc.constant<Step>(async ({ bus, room }) => {
  const { top, fields } = await bus.state(room);
  const texts = [...fields].map(([field, text]) => [field, /^sent:/.test(field) ? "a time" : text]);
  return { top, fields: texts.toSorted() };
});

const step = fc.oneof(
  { weight: 8, arbitrary: publish },
  repeat,
  replay,
  page,
  pageAfter,
  read,
  state,
);

/** Without what differs between any two buses: epochs and times. */
function comparable(answer: unknown, { epoch }: Position): unknown {
  return JSON.parse(JSON.stringify(answer ?? null), (key, value) => {
    if (/^(at|edited|afterMs)$/.test(key) && typeof value === "number") return "some time";
    return key === "epoch" && value === epoch ? "present" : value;
  });
}

/** The answers of a bus to the steps, one after another, and its announcements. */
async function run(
  bus: TestedBus,
  reader: AnnouncementReader,
  room: RoomId,
  steps: readonly Step[],
) {
  await bus.subscribe(room);
  const drafts: Draft[] = [];
  const answers: unknown[] = [];
  for (const step of steps) {
    const { top } = await bus.page(room, undefined, 0);
    answers.push(comparable(await step({ bus, room, top, drafts }), top));
  }
  const { top } = await bus.page(room, undefined, 0);
  const announced = comparable(await reader.entries(top.seq), top);
  bus.unsubscribe(room);
  return { answers, announced };
}

/** Registers the test. */
export function modelPromise(test: Test): void {
  test(
    "answers and announces like a bus in memory, for any steps",
    async (bus, reader) => {
      let runs = 0;
      const steps = fc.array(step, { maxLength: 80, size: "max" });
      const property = fc.asyncProperty(steps, async (steps) => {
        // A new room each time.
        const where = room(`model-${++runs}`);
        const model = new EmbeddedBus(
          new MemoryStore(systemClock, RETENTION, () => "model"),
          systemClock,
        );
        using modelEar = new AnnouncementReader(model);
        const expected = await run(model, modelEar, where, steps);
        assert.deepEqual(await run(bus, reader, where, steps), expected);
      });
      await fc.assert(property, { numRuns: RUNS });
    },
    RETENTION,
  );
}
