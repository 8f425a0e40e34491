/**
 * A list in memory finds an item without examining all of them.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { PositionList } from "../../../lib/chat/bus/position_list.ts";

/** A value that counts how often its number is read. */
class Probe {
  static looks = 0;
  readonly #seq: number;
  readonly text: string;

  constructor(seq: number, text = "") {
    this.#seq = seq;
    this.text = text;
  }

  get position(): { epoch: string; seq: number } {
    Probe.looks++;
    return { epoch: "a", seq: this.#seq };
  }
}

const list = () => new PositionList<Probe>(({ text }) => text.length);

Deno.test("PositionList finds, counts and weighs like a plain list", () => {
  const steps = fc.array(fc.record({
    skip: fc.integer({ min: 1, max: 3 }),
    wait: fc.nat(2),
    drop: fc.nat(2),
    text: fc.string({ maxLength: 3 }),
    edits: fc.nat(9),
  }));
  fc.assert(fc.property(steps, (steps) => {
    const kept = list();
    let plain: { seq: number; ranMs: number; text: string }[] = [];
    let [seq, ranMs] = [0, 0];
    for (const { skip, wait, drop, text, edits } of steps) {
      [seq, ranMs] = [seq + skip, ranMs + wait];
      kept.set(new Probe(seq, text), ranMs);
      plain.push({ seq, ranMs, text });
      const edited = plain[edits];
      if (edited) {
        edited.text = "edited";
        kept.set(new Probe(edited.seq, "edited"), ranMs);
      }
      kept.dropFirst(drop - 1);
      plain = plain.slice(Math.max(0, drop - 1));
      assert.equal(kept.length, plain.length);
      assert.equal(kept.totalSize, plain.reduce((sum, { text }) => sum + text.length, 0));
      for (let at = 0; at <= seq + 1; at++) {
        const index = plain.findIndex((it) => it.seq >= at);
        assert.equal(kept.indexOf(at), index < 0 ? plain.length : index);
        const one = plain.find((it) => it.seq === at);
        assert.equal(kept.get(at, -Infinity)?.text, one?.text);
        assert.equal(kept.get(at, (one?.ranMs ?? 0) + 1), undefined);
      }
      for (let since = 0; since <= ranMs + 1; since++) {
        const index = plain.findIndex((it) => it.ranMs >= since);
        assert.equal(kept.firstSince(since), index < 0 ? plain.length : index);
      }
    }
  }));
});

Deno.test("PositionList examines about twenty of 100,000 items to find one", () => {
  const kept = list();
  for (let seq = 1; seq <= 100_000; seq++) kept.set(new Probe(seq), seq);
  for (
    const find of [() => kept.indexOf(50_000), () => kept.get(70_000, 0), () => kept.firstSince(9)]
  ) {
    Probe.looks = 0;
    find();
    assert.ok(Probe.looks <= 20, String(Probe.looks));
  }
});
