/**
 * Runs several test files in one isolate, so that the modules that they import are loaded and compiled once. TEST_FILES names
 * the files, as paths from the root, separated by spaces. `tests/run.ts` starts it.
 * @module
 */
const ROOT = new URL("..", import.meta.url);

for (const path of Deno.env.get("TEST_FILES")?.split(" ") ?? []) {
  await import(new URL(path, ROOT).href);
}
