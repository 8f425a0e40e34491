/**
 * Generates `lib/core/names/confusables_table.ts` from Unicode's `confusables.txt`, which is at
 * <https://www.unicode.org/Public/security/>; run by `deno task confusables PATH`. Mappings that compatibility
 * decomposition makes equal anyway are omitted, which halves the table.
 * @module
 */
import { type Prototypes, skeleton } from "../../lib/core/names/confusables.ts";

const TABLE = new URL("../../lib/core/names/confusables_table.ts", import.meta.url);
const LINE_LENGTH = 98;

/** All mappings of the file that apply after canonical decomposition. */
export function readConfusables(text: string): Prototypes {
  const fields = text.split("\n").map((line) => line.split("#", 1)[0]?.split(";") ?? []);
  const mappings = fields.filter(({ length }) => length >= 3)
    .map(([from = "", to = ""]) => [charactersOf(from), charactersOf(to)] as const);
  return new Map(mappings.filter(([from]) => from.normalize("NFD") === from));
}

function charactersOf(codes: string): string {
  return codes.trim().split(" ").map((code) => String.fromCodePoint(parseInt(code, 16))).join("");
}

/** The mappings that `skeleton()` needs, each prototype in its last form. */
export function reduce(all: Prototypes): Prototypes {
  const last = (text: string): string => {
    const next = skeleton(text, all);
    return next === text ? text : last(next);
  };
  // One prototype contains a tab, which separates keys on a line.
  const needed = [...all].map(([from, to]) => [from, last(to).replace(/\p{Cc}/gu, "")] as const)
    .filter(([from, to]) => {
      const plain = from.normalize("NFKD");
      return plain === from || last(plain) !== to;
    });
  return new Map(needed);
}

/** The mappings in the form of `confusables_table.ts`; `confusables.ts` describes the form. */
export function pack(prototypes: Prototypes): string {
  const sources = Map.groupBy(prototypes, ([, to]) => to);
  const records = [...sources].map(([to, mappings]) => {
    const codes = mappings.map(([from]) => from.codePointAt(0) ?? 0).sort((one, two) => one - two);
    const steps = codes.map((code, index) => spell(code - (codes[index - 1] ?? 0)));
    return `${[...to].map((it) => spell(it.codePointAt(0) ?? 0)).join(".")}:${steps.join(",")}`;
  });
  const lines = [""];
  for (const record of records.sort()) {
    const line = lines.at(-1) ?? "";
    if (line.length + record.length < LINE_LENGTH) lines[lines.length - 1] = `${line} ${record}`;
    else lines.push(record);
  }
  return lines.map((line) => line.trim()).join("\n");
}

function spell(code: number): string {
  return code.toString(36);
}

function moduleOf(version: string, packed: string): string {
  return `/**
 * Unicode's list of confusable characters, version ${version}, packed. Made by \`deno task confusables\`: do not edit.
 * @module
 */

/** The mappings, in the form that \`confusables.ts\` describes. */
export const CONFUSABLES = \`
${packed}
\`;
`;
}

if (import.meta.main) {
  const text = await Deno.readTextFile(Deno.args[0] ?? "confusables.txt");
  const version = /^# Version: ([\d.]+)/m.exec(text)?.[1] ?? "unknown";
  await Deno.writeTextFile(TABLE, moduleOf(version, pack(reduce(readConfusables(text)))));
}
