import assert from "node:assert/strict";
import { hueOf } from "../../../../static/page/base/elements.js";
import { NAMES } from "./hues.ts";

const HUES = 8;

/** The number of names with each hue. */
function spread(names: readonly string[]): readonly number[] {
  const counts = Array.from({ length: HUES }, () => 0);
  for (const name of names) counts[hueOf(name)] = (counts[hueOf(name)] ?? 0) + 1;
  return counts;
}

const numbered = (word: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${word}${i}`);

for (const word of ["u", "user", "User ", "Guest ", "网友", "a"]) {
  Deno.test(`hueOf() spreads ${word}0 to ${word}99 over all hues`, () => {
    const ten = spread(numbered(word, 10));
    assert.ok(Math.min(...ten) >= 1 && Math.max(...ten) <= 2, String(ten));
    const hundred = spread(numbered(word, 100));
    assert.ok(Math.min(...hundred) >= 8 && Math.max(...hundred) <= 17, String(hundred));
  });
}

Deno.test("hueOf() spreads names with a common prefix or suffix", () => {
  const letters = [..."abcdefghijklmnopqrstuvwxyz"];
  for (
    const form of [(it: string) => `${it}nn`, (it: string) => `Jo${it}n`, (it: string) => `王${it}`]
  ) {
    const counts = spread(letters.map(form));
    assert.ok(Math.max(...counts) <= 8, String(counts));
  }
});

Deno.test("hueOf() always gives a name the same hue", () => {
  assert.deepEqual(["Ann", "Ben", "网友42", ""].map(hueOf), [4, 5, hueOf("网友42"), hueOf("")]);
  assert.equal(new Set(NAMES.map(hueOf)).size, HUES);
});

/** The contrast of two colors as defined by WCAG 2. */
function contrast(one: string, other: string): number {
  const [bright = 0, dark = 0] = [one, other].map(luminance).toSorted((a, b) => b - a);
  return (bright + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

Deno.test("Each hue is readable on all backgrounds of names, in both themes", async () => {
  const styles = await Deno.readTextFile(new URL("../../../../static/parley.css", import.meta.url));
  const colours = new Map(
    [...styles.matchAll(/--([\w-]+): var\(--light, (#\w{6})\) var\(--dark, (#\w{6})\)/g)]
      .map(([, name = "", light = "", dark = ""]) => [name, [light, dark]]),
  );
  for (let hue = 0; hue < HUES; hue++) {
    for (const ground of ["surface", "own", "raised", "friendly"]) {
      for (const theme of [0, 1]) {
        const pair = [`hue-${hue}`, ground].map((it) => colours.get(it)?.[theme] ?? "");
        assert.ok(contrast(pair[0] ?? "", pair[1] ?? "") >= 4.5, `${pair} in theme ${theme}`);
      }
    }
  }
});
