/**
 * Tests that download packages.
 * @module
 */

/** Why nothing can be downloaded, if so. */
async function findFault(): Promise<string | undefined> {
  try {
    const { success } = await new Deno.Command("npm", {
      args: ["ping", "--fetch-retries=1"],
      ...{ stdin: "null", stdout: "null", stderr: "null" },
    }).output();
    return success ? undefined : "the npm registry does not answer";
  } catch {
    return "npm is not on PATH";
  }
}

const fault = await findFault();

/**
 * Registers a test that needs an npm registry. When none answers, the test is ignored and its name says why; with
 * `CI=true` it runs, and fails.
 */
export function registryTest(name: string, fn: () => Promise<void>): void {
  if (fault === undefined || Deno.env.get("CI") === "true") Deno.test(name, fn);
  else Deno.test({ name: `${name} (ignored: ${fault})`, ignore: true, fn: () => {} });
}
