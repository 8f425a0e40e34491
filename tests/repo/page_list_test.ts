/**
 * The parts of the chat page as served: all are present, come from the server, and are light.
 * @module
 */
import assert from "node:assert/strict";
import { loadPages, type StaticFile } from "../../lib/io/web/pages.ts";
import { packFiles } from "../../lib/io/web/packed_files.ts";

const MAX_KB = 70;
const MAX_LIBRARY_KB = 20;
const PAGES = loadPages(packFiles(), 65535);
const text = (path: string) => new TextDecoder().decode(PAGES.get(path)?.body);
const INDEX = text("/");
const named = (look: RegExp, source = INDEX) =>
  [...source.matchAll(look)].map(([, it]) => `/${it}`);
// Without the links to other pages.
const PARTS = named(/<(?:link|script|img)[^>]* (?:href|src)="([^"]+)"/g);
const LATER = text("/").match(/<meta name="later" content="([^"]*)"/)?.[1]?.split(" ")
  .map((it) => `/${it}`) ?? [];
const ICONS = named(/"src": "([^"]+)"/g, text("/manifest.webmanifest"));

Deno.test("Everything that the chat page and its manifest name is served", () => {
  assert.ok(PARTS.length >= 6 && ICONS.length === 2, "they were found");
  const paths = [...PARTS, ...LATER, ...ICONS, "/sw.js", ...named(/<a href="([^"#]+)"/g)];
  for (const path of paths) assert.ok(PAGES.has(path), path);
});

Deno.test("The chat page requests its modules once, and waits for none that another one names", () => {
  assert.deepEqual(PARTS.filter((path) => path.startsWith("/page/")), ["/page/main.js"]);
  assert.doesNotMatch(text("/page/main.js"), /\bimport\s*(?:\{|")/);
});

Deno.test("The chat page lists what it loads on demand, so that the service worker keeps it", () => {
  const loaded = named(/\bimport\("\.\/([^"]+)"/g, text("/page/main.js")).map((it) => `/page${it}`);
  const styles = named(/`(later\.css)\$/g, text("/page/main.js"));
  assert.ok(loaded.length === 3 && styles.length === 1, "they were found");
  assert.deepEqual([...loaded, ...styles].sort(), [...LATER].sort());
});

Deno.test("What the chat page loads on demand contains no module of the first script", () => {
  const scripts = LATER.filter((path) => path.endsWith(".js"));
  const classes = ["/page/main.js", ...scripts].flatMap((path) =>
    [...text(path).matchAll(/\bclass (\w+)/g)].map(([, name]) => name)
  );
  assert.ok(classes.length > 50, "they were found");
  assert.equal(new Set(classes).size, classes.length);
});

Deno.test("The chat page contains no inline script and no inline style, which its content policy refuses", () => {
  assert.doesNotMatch(INDEX, /<style|\sstyle=|\son\w+=|<script>|javascript:/);
  assert.doesNotMatch(INDEX, /(?:href|src)="(?:https?:)?\/\//, "nothing from elsewhere");
});

Deno.test(`The chat page with all that it loads is lighter than ${MAX_KB} KB`, () => {
  const pages = ["/", ...new Set(PARTS)].flatMap((path): readonly StaticFile[] => {
    const page = PAGES.get(path);
    return page ? [page] : [];
  });
  const bytes = pages.reduce((sum, { zipped }) => sum + zipped.length, 0);
  assert.ok(bytes < MAX_KB * 1000, `${bytes} bytes`);
});

Deno.test(`The client library is one file, lighter than ${MAX_LIBRARY_KB} KB`, () => {
  const bytes = PAGES.get("/client.js")?.zipped.length ?? Infinity;
  assert.ok(bytes < MAX_LIBRARY_KB * 1000, `${bytes} bytes`);
  assert.doesNotMatch(text("/client.js"), /[;}]import\b|\bimport\(|\bfrom\s?"/);
});
