/**
 * Writes the table of settings in `docs/reference/configuration.md` from the settings themselves. Only the lines between the
 * two markers are replaced, so the text around them can be edited by hand. Run by `deno task configuration`; a test compares
 * the file with the code.
 * @module
 */
import { settingsTable } from "../../lib/core/config/command_line.ts";

/** The document that has the table. */
export const configurationPath = new URL("../reference/configuration.md", import.meta.url);

const TABLE = /(<!-- settings:[^>]*-->\n)[^]*(<!-- \/settings -->)/;

/** The same document with the settings of this version. @param markdown Has the markers. */
export function withSettings(markdown: string): string {
  if (!TABLE.test(markdown)) {
    throw new RangeError("Cannot write the table of settings: the markers are missing");
  }
  return markdown.replace(
    TABLE,
    (_, begin: string, end: string) => `${begin}\n${settingsTable()}\n\n${end}`,
  );
}

if (import.meta.main) {
  const markdown = Deno.readTextFileSync(configurationPath);
  Deno.writeTextFileSync(configurationPath, withSettings(markdown));
}
