/**
 * A bus and the simplest one that keeps the rules are done the same things to, drawn at random, and must answer the same.
 * Targets are drawn near the top and ids from a small pool, so that repetitions, strangers' edits and trimmed targets
 * come about; fast-check prints the seed and the shortest row of steps that fails.
 * @module
 */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { systemClock } from "../../lib/chat/clock.ts";
import { EmbeddedBus } from "../../lib/chat/embedded_bus.ts";
import { MemoryStore } from "../../lib/chat/memory_store.ts";
import type { Deed, Draft } from "../../lib/core/entries.ts";
import type { RoomId } from "../../lib/core/names.ts";
import type { Position } from "../../lib/core/positions.ts";
import { name, room } from "../fakes.ts";
import { Ear } from "./ear.ts";
import { ann, bob, type Test, type TestedBus } from "./given.ts";

const RETENTION = { messages: 4, entries: 7, ageMs: Infinity };
const RUNS = 60;

/** A bus in the middle of a run. */
interface Scene {
  readonly bus: TestedBus;
  readonly room: RoomId;
  /** Of the room, now. */
  readonly top: Position;
  /** All that were published so far. */
  readonly drafts: Draft[];
}

/** Something to be done to a bus; what it answers. */
type Step = (scene: Scene) => Promise<unknown>;
/** Something that is known when it is known how far the room has come. */
type Later<T> = (top: Position) => T;

const author = fc.constantFrom(ann, bob);
const text = fc.constantFrom("a", "b", "");
const id = fc.integer({ min: 1, max: 60 }).map((n) => `id${n}`);
const back = fc.integer({ min: -1, max: 10 });
// Mostly the present epoch: in another one everything is gone.
const epoch = fc.constantFrom("", "", "", "", "", "", "another");

const position: fc.Arbitrary<Later<Position>> = fc.tuple(epoch, back).map(
  ([era, steps]) => (top) => ({
    epoch: era || top.epoch,
    seq: Math.max(0, top.seq - steps),
  }),
);

const deed: fc.Arbitrary<Later<Deed>> = fc.oneof(
  { weight: 5, arbitrary: text.map((it) => () => ({ kind: "said", text: it }) as const) },
  fc.tuple(text, position).map(([it, to]) => (top: Position) =>
    ({ kind: "said", text: it, reply: to(top) }) as const
  ),
  fc.tuple(position, text).map(([of, it]) => (top: Position) =>
    ({ kind: "edited", of: of(top), text: it }) as const
  ),
  position.map((of) => (top: Position) => ({ kind: "deleted", of: of(top) }) as const),
  {
    weight: 2,
    arbitrary: fc.tuple(position, fc.constantFrom("👍", "❤️"), fc.boolean()).map(
      ([of, emoji, on]) => (top: Position) =>
        ({ kind: "reacted", of: of(top), emoji, on }) as const,
    ),
  },
  fc.constant(() => ({ kind: "renamed", from: name("Eve") }) as const),
);

const publish = fc.tuple(author, id, deed).map(([by, id, it]): Step => (scene) => {
  const draft: Draft = { room: scene.room, ...by, id, deed: it(scene.top) };
  scene.drafts.push(draft);
  return scene.bus.publish(draft);
});

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

const read = fc.tuple(author, back).map(
  ([{ user }, steps]): Step => async ({ bus, room, top }) => {
    // How far somebody has read is never beyond the top.
    const seq = Math.max(0, top.seq - Math.max(0, steps));
    await bus.markRead(room, user, { ...top, seq });
    return bus.standing(room, user);
  },
);

const step = fc.oneof({ weight: 8, arbitrary: publish }, repeat, replay, page, read);

/** The same but for what no two buses have in common: epochs and times. */
function likened(answer: unknown, { epoch }: Position): unknown {
  return JSON.parse(JSON.stringify(answer ?? null), (key, value) => {
    if ((key === "at" || key === "edited") && typeof value === "number") return "some time";
    return key === "epoch" && value === epoch ? "present" : value;
  });
}

/** What a bus answers to the steps, one after another, and what it announced. */
async function live(bus: TestedBus, ear: Ear, room: RoomId, steps: readonly Step[]) {
  await bus.follow(room);
  const drafts: Draft[] = [];
  const answers: unknown[] = [];
  for (const step of steps) {
    const { top } = await bus.page(room, undefined, 0);
    answers.push(likened(await step({ bus, room, top, drafts }), top));
  }
  const { top } = await bus.page(room, undefined, 0);
  const announced = likened(await ear.entries(top.seq), top);
  bus.unfollow(room);
  return { answers, announced };
}

/** Registers the one test. */
export function modelPromise(test: Test): void {
  test(
    "answers and announces as a bus in memory does, whatever is done to it",
    async (bus, ear) => {
      let runs = 0;
      const steps = fc.array(step, { maxLength: 80, size: "max" });
      const property = fc.asyncProperty(steps, async (steps) => {
        // A room that has never been, each time.
        const where = room(`model-${++runs}`);
        const model = new EmbeddedBus(
          new MemoryStore(systemClock, RETENTION, () => "model"),
          systemClock,
        );
        using modelEar = new Ear(model);
        const expected = await live(model, modelEar, where, steps);
        assert.deepEqual(await live(bus, ear, where, steps), expected);
      });
      await fc.assert(property, { numRuns: RUNS });
    },
    RETENTION,
  );
}
