/**
 * Runs `parley keys`: asks the running service to add an API key, to list the keys, or to remove one.
 * @module
 */
import * as v from "valibot";
import { KEYS_PATH } from "../api/keys.ts";
import { askService, type OperatorSettings } from "./operator_client.ts";

const Key = v.object({
  key: v.string(),
  name: v.string(),
  rooms: v.array(v.string()),
  allow: v.array(v.string()),
  expiresAt: v.optional(v.string()),
  usedAt: v.optional(v.string()),
});
const Added = v.object({ key: Key, secret: v.string() });
const Listed = v.object({ keys: v.array(Key) });
const Removed = v.object({ removed: v.string() });

/** Sends the request; resolves with the exit status: see {@linkcode askService}. @param body Undefined to list the keys. */
export async function runKeysCommand(
  body: Readonly<Record<string, unknown>> | undefined,
  settings: OperatorSettings,
): Promise<number> {
  return await askService({ path: KEYS_PATH, body }, settings, describeKeys);
}

/** A response as text; undefined if it is none. */
export function describeKeys(response: unknown): string | undefined {
  const added = v.safeParse(Added, response);
  if (added.success) {
    const { secret, key: { key, name, rooms, allow, expiresAt } } = added.output;
    const what = `${name} may ${allow.join(", ")} in ${rooms.join(", ")}, ${
      lifetime(expiresAt)
    } (key ${key})`;
    return `${secret}\n${what}\nIt is shown only now: store it where your program finds it\n`;
  }
  const removed = v.safeParse(Removed, response);
  if (removed.success) return `Removed key ${removed.output.removed}\n`;
  const listed = v.safeParse(Listed, response);
  if (!listed.success) return undefined;
  const rows = listed.output.keys.map(({ key, name, rooms, allow, expiresAt, usedAt }) =>
    [
      key,
      name,
      rooms.join(","),
      allow.join(","),
      lifetime(expiresAt),
      usedAt === undefined ? "never used" : `used ${usedAt}`,
    ].join("\t")
  );
  return rows.length === 0 ? "There are no keys\n" : `${rows.join("\n")}\n`;
}

function lifetime(expiresAt: string | undefined): string {
  return expiresAt === undefined ? "until it is removed" : `until ${expiresAt}`;
}
