/**
 * JSON Schemas as tables of fields.
 * @module
 */
import type { OpenApi } from "./document.ts";
import { html, type Markup, markup } from "./markup.ts";
import type { Part } from "./schema.ts";

/** Objects in objects in objects are named, but not described. */
const MAX_DEPTH = 2;

/** A table of the fields of a schema; with several, one for each. */
export function fieldTable(schema: unknown, document: OpenApi): Markup {
  if (!isPart(schema)) return markup("");
  if (Array.isArray(schema.anyOf)) {
    const choices = schema.anyOf.filter((it) => isPart(it) && it.$ref === undefined);
    return html`${
      choices.map((it, index) =>
        html`${
          index === 0 ? markup("") : html`
            <p>or</p>
          `
        }${fieldTable(it, document)}`
      )
    }`;
  }
  const rows = rowsOf(resolved(schema, document), "", 0);
  if (rows.length === 0) return markup("");
  return html`
    <table>
    <tr><th scope="col">field</th><th scope="col">type</th><th scope="col">meaning</th></tr>
    ${rows}</table>
  `;
}

function rowsOf(schema: Part, prefix: string, depth: number): readonly Markup[] {
  const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : [];
  const properties = isPart(schema.properties) ? schema.properties : {};
  return Object.entries(properties).flatMap(([name, field]) => {
    if (!isPart(field)) return [];
    const isOptional = !required.includes(name);
    const type = `${typeOf(field)}${isOptional ? ", optional" : ""}`;
    const row = html`
      <tr>
        <th scope="row"><code>${prefix}${name}</code></th>
        <td>${type}</td>
        <td>${field.description ?? ""}</td>
      </tr>
    `;
    const isList = field.type === "array" && isPart(field.items);
    const inner = isList && isPart(field.items) ? field.items : field;
    const more = depth < MAX_DEPTH
      ? rowsOf(inner, `${prefix}${name}${isList ? "[]" : ""}.`, depth + 1)
      : [];
    return [row, ...more];
  });
}

/** The type of a value, in words. */
export function typeOf(schema: unknown): string {
  if (!isPart(schema)) return "any";
  const { type, const: only, enum: choices, items, anyOf, $ref, format } = schema;
  if (typeof $ref === "string") return $ref.split("/").at(-1) ?? "";
  if (only !== undefined) return JSON.stringify(only);
  if (Array.isArray(choices)) return choices.join(" | ");
  if (Array.isArray(anyOf)) return anyOf.map(typeOf).join(" or ");
  if (type === "array") return `list of ${typeOf(items)}`;
  if (format === "date-time") return "time in ISO 8601";
  return Array.isArray(type) ? type.join(" or ") : String(type ?? "any");
}

/** What a part refers to, or the part itself. */
export function resolved(part: Part, document: OpenApi): Part {
  if (typeof part.$ref !== "string") return part;
  const [, , kind = "", name = ""] = part.$ref.split("/");
  const found = document.components[kind]?.[name];
  if (!isPart(found)) throw new RangeError(`Cannot resolve a reference: received ${part.$ref}`);
  return found;
}

/** Whether a value is an object of the document. */
export function isPart(value: unknown): value is Part {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
