/** The chart of the bench. */
import assert from "node:assert/strict";
import { plot } from "../../bench/fanout/report/plot.ts";

const bar = (label: string, median: number, isOurs = false) => ({
  ...{ label, isOurs },
  spread: { median, min: median / 2, max: median * 2 },
});
const PANEL = { title: "K=1", bars: [bar("ours", 2, true), bar('<theirs> & "more"', 4)] };

Deno.test("plot() draws bars in proportion, with whiskers to the minimum and the maximum", () => {
  const picture = plot("cost", [PANEL]);
  const widths = [...picture.matchAll(/class="(?:ours|other)"[^>]* width="([\d.]+)"/g)];
  const [ours = NaN, theirs = NaN] = widths.map(([, width]) => Number(width));
  assert.ok(Math.abs(theirs / ours - 2) < 0.01);
  assert.equal(picture.split('class="whisker"').length - 1, 6);
});

Deno.test("plot() escapes its texts, and supports light and dark", () => {
  const picture = plot("a < b", [PANEL]);
  assert.match(picture, /&lt;theirs> &amp; &quot;more&quot;/);
  assert.match(picture, /prefers-color-scheme: dark/);
  assert.match(picture, /aria-label="a &lt; b"/);
});

Deno.test("plot() draws an empty chart for no values", () => {
  assert.match(plot("nothing", [{ title: "empty", bars: [] }]), /^<svg [^]*<\/svg>\n$/);
});
