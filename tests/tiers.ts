/**
 * The tiers of the test suite: which test file belongs to which, by its path alone. The first pattern that matches counts, so
 * every file is in exactly one tier, and a new file needs no entry anywhere. Tests of sockets run again with the second engine.
 * @module
 */

/** A part of the suite. All parts with one name have a task together. */
export interface Tier {
  readonly name: string;
  /** Matches paths from the root. */
  readonly pattern: RegExp;
  /** Number of files that share a process. */
  readonly filesPerProcess: number;
  /** Whether the files of a process share an isolate, so that what they import is loaded once, and a browser is started once. */
  readonly sharesIsolate?: boolean;
  /** Whether its tests may start programs other than Deno. */
  readonly usesPrograms: boolean;
  /** Folders whose documentation has examples to run. */
  readonly examples: readonly string[];
  /** Environment variables of its processes. */
  readonly env?: Readonly<Record<string, string>>;
}

const ALONE = { filesPerProcess: 1, usesPrograms: true, examples: [] };
const TOGETHER = { filesPerProcess: 12, usesPrograms: false, examples: [], sharesIsolate: true };
/** Whole services: a process of its own for each file would take longer to start than many of their tests. */
const END_TO_END = { ...ALONE, filesPerProcess: 5, sharesIsolate: true };

/**
 * In the order in which they start: long ones first, so that the small ones fill the gaps at the end. Parts with one
 * name belong to one tier: whole services that a test's own process runs need no other program.
 */
export const TIERS: readonly Tier[] = [
  { ...ALONE, name: "simulation", pattern: /^tests\/simulation\// },
  // By themselves, because they share a browser.
  { ...END_TO_END, name: "e2e", pattern: /^tests\/e2e\/page\// },
  { ...END_TO_END, name: "e2e", pattern: /^tests\/e2e\// },
  {
    ...TOGETHER,
    name: "e2e",
    pattern: /^tests\/(?:entrances|io\/http|load)\/|^tests\/static\/client\/service_test\.ts$/,
  },
  { ...ALONE, name: "redis", pattern: /^tests\/io\/redis\/client\// },
  {
    ...ALONE,
    name: "redis",
    pattern: /^tests\/io\/redis\//,
    filesPerProcess: 8,
    sharesIsolate: true,
  },
  {
    ...TOGETHER,
    name: "unit",
    pattern: /^/,
    filesPerProcess: 36,
    examples: ["lib", "static/client", "static/page"],
  },
];

const WITH_NODE = { name: "node", env: { TEST_ENGINE: "node" } };

/**
 * What runs again with WEBSOCKET_ENGINE=node: sockets, proxies, foreign clients, the library, and the page's connection. No engine
 * can make a difference to the rest: to functions (`entrances/`), to what the page shows or keeps (the other folders of
 * `e2e/page/`), to a store (`e2e/faults/storage/`), or to what workers and instances share (`e2e/instances/`).
 */
export const NODE_TIERS: readonly Tier[] = [
  { ...END_TO_END, ...WITH_NODE, pattern: /^tests\/e2e\/page\/connection\// },
  {
    ...END_TO_END,
    ...WITH_NODE,
    pattern: /^tests\/e2e\/(?:clients|proxies|faults\/(?!storage\/))/,
  },
  {
    ...TOGETHER,
    ...WITH_NODE,
    pattern:
      /^tests\/(?:io\/http(?:\/api)?|load)\/[^/]*$|^tests\/static\/client\/service_test\.ts$/,
  },
];

/** All tiers, in the order in which they start: what has the shortest processes comes last. */
export const ALL_TIERS: readonly Tier[] = [
  ...TIERS.slice(0, -1),
  ...NODE_TIERS,
  ...TIERS.slice(-1),
];

/** The tiers of a test file: the one that it is in, and the one in which it runs again. @param path From the root. */
export function tiersOf(path: string): readonly Tier[] {
  const [first, again] = [TIERS, NODE_TIERS].map((tiers) =>
    tiers.find(({ pattern }) => pattern.test(path))
  );
  if (first === undefined) throw new RangeError(`Cannot find the tier of a test: received ${path}`);
  return again === undefined ? [first] : [first, again];
}

/** All test files, as paths from the root. */
export function testFiles(root: URL, folder = "tests"): readonly string[] {
  const entries = [...Deno.readDirSync(new URL(folder, root))];
  return entries.flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    if (isDirectory) return testFiles(root, path);
    return name.endsWith("_test.ts") ? [path] : [];
  }).sort();
}
