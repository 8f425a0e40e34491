/**
 * Runs `parley audit`: asks the running service what moderators and operators have done.
 * @module
 */
import * as v from "valibot";
import { jsonText } from "../../core/visible_text.ts";
import { AUDIT_PATH } from "../api/audit.ts";
import { askService, type OperatorSettings } from "./operator_client.ts";

const Page = v.object({
  entries: v.array(v.object({
    position: v.string(),
    at: v.string(),
    by: v.object({ user: v.string(), name: v.string() }),
    what: v.string(),
    event: v.optional(v.object({
      room: v.optional(v.string()),
      reason: v.optional(v.string()),
    })),
  })),
  more: v.boolean(),
  reason: v.optional(v.string()),
});

/**
 * Lists the entries; resolves with the exit status: see {@linkcode askService}.
 *
 * @param query The fields of the query.
 * @param isJson Whether to print the response as it is.
 */
export async function runAuditCommand(
  query: Readonly<Record<string, string>>,
  isJson: boolean,
  settings: OperatorSettings,
): Promise<number> {
  const search = new URLSearchParams(query).toString();
  const path = search === "" ? AUDIT_PATH : `${AUDIT_PATH}?${search}`;
  return await askService({ path }, settings, (response, exact) => {
    const text = describeAudit(response);
    return isJson && text !== undefined ? `${jsonText(exact)}\n` : text;
  });
}

/**
 * The entries as text, one in a line, oldest first; undefined if the response has none. The id of the user who acted comes
 * first, since operators have one of their own, while names may be like theirs.
 */
export function describeAudit(response: unknown): string | undefined {
  const parsed = v.safeParse(Page, response);
  if (!parsed.success) return undefined;
  const { entries, more, reason } = parsed.output;
  const rows = entries.map(({ at, by, what, event: { room, reason = "" } = {} }) =>
    [at, by.user, by.name, what, room === undefined ? "-" : `#${room}`, reason].join("\t").trimEnd()
  );
  if (rows.length === 0) return "There are no entries\n";
  const older = more ? [`For older entries, add --before ${entries[0]?.position}`] : [];
  const newest = reason === undefined
    ? []
    : [`The log does not know this position (${reason}). The newest entries:`];
  return `${[...newest, ...rows, ...older].join("\n")}\n`;
}
