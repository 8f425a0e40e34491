/**
 * Draws bars with whiskers as SVG: plain shapes and a style sheet of its own, so that they are readable on light and
 * dark backgrounds.
 * @module
 */
import { formatNumber } from "./format.ts";
import type { Spread } from "./statistics.ts";

/** One bar. */
export interface Bar {
  /** The label. */
  readonly label: string;
  /** Its length and that of its whisker. */
  readonly spread: Spread;
  /** Whether it is drawn in the accent color. */
  readonly isOurs: boolean;
}

/** Bars that are compared with each other, under a heading. */
export interface Panel {
  /** The heading. */
  readonly title: string;
  /** From top to bottom. */
  readonly bars: readonly Bar[];
}

const WIDTH = 760;
const MARGIN = 16;
const LABEL_WIDTH = 250;
const VALUE_WIDTH = 70;
const ROW = 22;
const BAR = 14;
const HEAD = 34;
const TITLE = 44;
const LEFT = MARGIN + LABEL_WIDTH;
const ROOM = WIDTH - LEFT - VALUE_WIDTH - MARGIN;

const STYLE = `
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.title { font-size: 16px; font-weight: 600; }
.head { font-weight: 600; }
.label { text-anchor: end; }
.back { fill: #ffffff; }
.ours { fill: #0b7a75; }
.other { fill: #9aa5b1; }
.whisker { stroke: #1f2328; stroke-width: 1.5; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .back { fill: #0d1117; }
  .ours { fill: #2dd4bf; }
  .other { fill: #5b6673; }
  .whisker { stroke: #e6edf3; }
}`;

/** An image of panels below each other, each with its own scale from 0. */
export function plot(title: string, panels: readonly Panel[]): string {
  let top = TITLE;
  const drawn = panels.map((panel) => {
    const at = top;
    top += HEAD + panel.bars.length * ROW + MARGIN;
    return drawPanel(panel, at);
  });
  const head =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" width="${WIDTH}" height="${top}" role="img" aria-label="${
      escape(title)
    }">`;
  return [
    head,
    `<style>${STYLE}\n</style>`,
    `<rect class="back" width="${WIDTH}" height="${top}"/>`,
    text(MARGIN, 28, "title", title),
    ...drawn,
    "</svg>\n",
  ].join("\n");
}

function drawPanel({ title, bars }: Panel, top: number): string {
  const most = Math.max(...bars.map(({ spread }) => spread.max), Number.MIN_VALUE);
  const rows = bars.map((bar, nth) => drawBar(bar, top + HEAD + nth * ROW, ROOM / most));
  return [text(MARGIN, top + 20, "head", title), ...rows].join("\n");
}

/** @param scale Pixels per unit. */
function drawBar({ label, spread, isOurs }: Bar, top: number, scale: number): string {
  const x = (value: number) => (LEFT + value * scale).toFixed(1);
  const middle = top + BAR / 2;
  const length = (spread.median * scale).toFixed(1);
  const whisker = [
    line(x(spread.min), middle, x(spread.max), middle),
    line(x(spread.min), middle - 4, x(spread.min), middle + 4),
    line(x(spread.max), middle - 4, x(spread.max), middle + 4),
  ];
  const after = Math.max(spread.max, spread.median) * scale + LEFT + 8;
  return [
    text(LEFT - 8, middle + 4, "label", label),
    `<rect class="${
      isOurs ? "ours" : "other"
    }" x="${LEFT}" y="${top}" width="${length}" height="${BAR}" rx="2"/>`,
    ...whisker,
    text(Number(after.toFixed(1)), middle + 4, "value", formatNumber(spread.median)),
  ].join("\n");
}

function line(x1: string, y1: number, x2: string, y2: number): string {
  return `<line class="whisker" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`;
}

function text(x: number, y: number, kind: string, words: string): string {
  return `<text class="${kind}" x="${x}" y="${y}">${escape(words)}</text>`;
}

function escape(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
