/**
 * Reads the files of the pages from the `static` folder, which a compiled binary embeds. Text imports would work too,
 * but need Deno 2.8.
 * @module
 */

const FOLDER = new URL("../../../static/", import.meta.url);
/** Leaves out what editors and operating systems add to a folder. */
const SERVED = /^[\w-]+(?:\.d)?\.(?:css|html|js|svg|ts|webmanifest)$/;

/** Texts of the files, by the path at which each is served. */
export type PageFiles = Readonly<Record<string, string>>;

/**
 * Reads every file; `index.html` is served at `/`, and a page in a folder without its ending. Needs permission to read the folder, so call it before permissions
 * are revoked. Throws the runtime's error if a file cannot be read.
 */
export function readPageFiles(): PageFiles {
  return Object.fromEntries(filesIn(FOLDER, "/"));
}

/** Links to `echo.html` are older than pages in folders. */
function servedAt(folder: string, name: string): string {
  if (folder !== "/") return `${folder}${name.replace(/\.html$/, "")}`;
  return name === "index.html" ? "/" : `/${name}`;
}

/** Reads one file after the other: asynchronous reads took longer (`docs/internals/decisions/0019-files-instead-of-text-imports.md`). */
function* filesIn(folder: URL, path: string): Generator<readonly [string, string]> {
  // Folders list their entries in no particular order.
  const entries = [...Deno.readDirSync(folder)].sort((one, other) =>
    one.name < other.name ? -1 : 1
  );
  for (const { name, isDirectory } of entries) {
    if (name.startsWith(".")) continue;
    if (isDirectory) yield* filesIn(new URL(`${name}/`, folder), `${path}${name}/`);
    else if (SERVED.test(name)) {
      const text = Deno.readTextFileSync(new URL(name, folder));
      yield [servedAt(path, name), text];
    }
  }
}
