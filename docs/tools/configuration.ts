/**
 * Writes the table of settings in `docs/reference/configuration.md` from the settings themselves. Only the lines between the
 * two markers are replaced, so the text around them can be edited by hand. Run by `deno task configuration`; a test compares
 * the file with the code.
 * @module
 */
import { settingsTable } from "../../lib/core/command_line/command_line.ts";
import { withTable } from "./marked_table.ts";

/** The document that has the table. */
export const configurationPath = new URL("../reference/configuration.md", import.meta.url);

/** The same document with the settings of this version. @param markdown Has the markers. */
export function withSettings(markdown: string): string {
  return withTable(markdown, "settings", settingsTable());
}

if (import.meta.main) {
  const markdown = Deno.readTextFileSync(configurationPath);
  Deno.writeTextFileSync(configurationPath, withSettings(markdown));
}
