/**
 * The tiers of the test suite: which test file belongs to which, by its path alone. The first pattern that matches counts, so
 * every file is in exactly one tier, and a new file needs no entry anywhere.
 * @module
 */

/** A part of the suite. All parts with one name have a task together. */
export interface Tier {
  readonly name: string;
  /** Matches paths from the root. */
  readonly pattern: RegExp;
  /** Number of files that share a process. */
  readonly filesPerProcess: number;
  /** Whether its tests may start programs other than Deno. */
  readonly usesPrograms: boolean;
  /** Folders whose documentation has examples to run. */
  readonly examples: readonly string[];
}

const ALONE = { filesPerProcess: 1, usesPrograms: true, examples: [] };
const TOGETHER = { filesPerProcess: 12, usesPrograms: false, examples: [] };

/**
 * In the order in which they start: long ones first, so that the small ones fill the gaps at the end. Two parts with one
 * name belong to one tier: whole services that a test's own process runs need no other program.
 */
export const TIERS: readonly Tier[] = [
  { ...ALONE, name: "simulation", pattern: /^tests\/simulation\// },
  { ...ALONE, name: "e2e", pattern: /^tests\/e2e\// },
  {
    ...TOGETHER,
    name: "e2e",
    pattern: /^tests\/(?:entrances|io\/http|load)\/|^tests\/static\/client\/service_test\.ts$/,
  },
  { ...ALONE, name: "redis", pattern: /^tests\/io\/redis\// },
  { ...TOGETHER, name: "unit", pattern: /^/, examples: ["lib", "static/client", "static/page"] },
];

/** The tier of a test file. @param path From the root. */
export function tierOf(path: string): Tier {
  const tier = TIERS.find(({ pattern }) => pattern.test(path));
  if (tier === undefined) throw new RangeError(`Cannot find the tier of a test: received ${path}`);
  return tier;
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
