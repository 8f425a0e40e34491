/**
 * What the chat page is made of, as it is served: that all of it is there, is the server's own, and is light.
 * @module
 */
import assert from "node:assert/strict";
import { openPages, type Page } from "../../lib/io/pages.ts";

const MAX_KB = 60;
const PAGES = await openPages(65535);
const text = (path: string) => new TextDecoder().decode(PAGES.get(path)?.body);
const INDEX = text("/");
const named = (look: RegExp, source = INDEX) =>
  [...source.matchAll(look)].map(([, it]) => `/${it}`);
// Not the links to other pages.
const PARTS = named(/<(?:link|script|img)[^>]* (?:href|src)="([^"]+)"/g);
const ICONS = named(/"src": "([^"]+)"/g, text("/manifest.webmanifest"));

Deno.test("Whatever the chat page and its manifest name is served", () => {
  assert.ok(PARTS.length >= 6 && ICONS.length === 2, "they were found");
  const paths = [...PARTS, ...ICONS, "/sw.js", ...named(/<a href="([^"#]+)"/g)];
  for (const path of paths) assert.ok(PAGES.has(path), path);
});

Deno.test("The chat page asks once for its modules, and waits for none that another one names", () => {
  assert.deepEqual(PARTS.filter((path) => path.startsWith("/page/")), ["/page/main.js"]);
  assert.doesNotMatch(text("/page/main.js"), /^import\b|\bimport\(/m);
});

Deno.test("The chat page has no script and no style in it, which its content policy refuses", () => {
  assert.doesNotMatch(INDEX, /<style|\sstyle=|\son\w+=|<script>|javascript:/);
  assert.doesNotMatch(INDEX, /(?:href|src)="(?:https?:)?\/\//, "nothing from elsewhere");
});

Deno.test(`The chat page with all that it loads is lighter than ${MAX_KB} KB`, () => {
  const pages = ["/", ...new Set(PARTS)].flatMap((path): readonly Page[] => {
    const page = PAGES.get(path);
    return page ? [page] : [];
  });
  const bytes = pages.reduce((sum, { zipped }) => sum + zipped.length, 0);
  assert.ok(bytes < MAX_KB * 1000, `${bytes} bytes`);
});
