/**
 * Writes the table of roles and actions in `docs/reference/rights.md` from the code that decides. Run by `deno task rights`; a
 * test compares the file with the code.
 * @module
 */
import { PERMISSIONS, ROLES_OR_GUEST, ROOM_ACTIONS } from "../../lib/core/auth/rights.ts";
import { withTable } from "./marked_table.ts";

/** The document that has the table. */
export const rightsPath: URL = new URL("../reference/rights.md", import.meta.url);

/** The table as Markdown. */
export function rightsTable(): string {
  const head = ["action", ...ROLES_OR_GUEST, "token can grant it", "what it covers"];
  const rows = Object.entries(PERMISSIONS).map(([action, { allowed, about }]) => [
    action,
    ...ROLES_OR_GUEST.map((it) => allowed.includes(it) ? "yes" : "–"),
    ROOM_ACTIONS.some((it) => it === action) ? "yes" : "–",
    about,
  ]);
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

if (import.meta.main) {
  const markdown = Deno.readTextFileSync(rightsPath);
  Deno.writeTextFileSync(rightsPath, withTable(markdown, "rights", rightsTable()));
}
