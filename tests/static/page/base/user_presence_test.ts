/**
 * The page has a single definition of whether the user is looking at it. Its effects are tested in
 * `e2e/page/notifications/attention_test.ts`.
 * @module
 */
import assert from "node:assert/strict";

function scriptsIn(folder: URL): readonly URL[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? scriptsIn(new URL(`${name}/`, folder)) : [new URL(name, folder)]
  );
}

Deno.test("Only page/base/user_presence.js checks whether the page is visible or has the focus", async () => {
  const folder = new URL("../../../../static/page/", import.meta.url);
  const asking =
    /document\.hidden|visibilityState|visibilitychange|document\.hasFocus|(?:globalThis|window)\.on(?:focus|blur)|(?:globalThis|window)\.addEventListener\("(?:focus|blur)"/;
  const found: string[] = [];
  for (const path of scriptsIn(folder)) {
    if (asking.test(await Deno.readTextFile(path))) found.push(path.pathname);
  }
  assert.deepEqual(found, [new URL("base/user_presence.js", folder).pathname]);
});
