/**
 * Reads and packs the files of the pages, which takes longer than all else at a start. It is done once in a process: the main
 * thread gives its workers what was packed.
 * @module
 */
import { digestOf, packScript, packScripts, packStyles } from "./bundle.ts";
import { readPageFiles } from "./page_files.ts";

// The pages' modules and style sheets are served only packed; the library's modules also as files, for what was written for them.
const PARTS = /^\/page\/|\.css$/;
const CHAT_SCRIPT = "/page/main.js";
/** Scripts that the chat page loads on demand, including the strings of other languages. */
const LATER_SCRIPTS = ["/page/later.js", "/page/i18n/zh.js", "/page/i18n/later_zh.js"];
/** The path of the service worker. */
export const SERVICE_WORKER = "/sw.js";
const SCRIPTS = ["/head.js", SERVICE_WORKER, "/echo.js"];
const STYLES = ["/chat.css", "/docs.css", "/later.css", "/parley.css"];

/** What the pages are made of, the same for all settings. */
export interface PackedFiles {
  /** The chat page, without what depends on settings. */
  readonly source: string;
  /** Texts of the files that are served as they are. */
  readonly files: readonly (readonly [path: string, text: string])[];
  /** Texts of the packed scripts and style sheets. */
  readonly packed: ReadonlyMap<string, string>;
  /** The version of the chat page; see `buildOf()`. */
  readonly build: string;
}

// Files do not change while a service runs.
let packedFiles: PackedFiles | undefined;

/**
 * Reads and packs the files at the first call. Needs permission to read their folder. Throws the runtime's error if one cannot be
 * read.
 */
export function packFiles(): PackedFiles {
  return packedFiles ??= readAndPack();
}

function readAndPack(): PackedFiles {
  const texts = readPageFiles();
  const source = texts["/"];
  if (source === undefined) throw new Error("Cannot serve the pages: static/index.html is missing");
  const packed = new Map([
    ...packScripts(texts, CHAT_SCRIPT, LATER_SCRIPTS),
    ...SCRIPTS.map((path) => [path, packScript(texts, path)] as const),
    ...STYLES.map((path) => [path, packStyles(texts, path)] as const),
  ]);
  const build = digestOf([source, ...packed.values()]);
  // The digest changes the service worker with each build, so that it caches all files again.
  packed.set(SERVICE_WORKER, `${packed.get(SERVICE_WORKER) ?? ""}// ${build}\n`);
  const files = Object.entries(texts).filter(([path]) => !PARTS.test(path));
  return { source, files, packed, build };
}
