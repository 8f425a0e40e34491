/**
 * HTML from templates: what is inserted is escaped, unless it is markup itself.
 * @module
 */

/** Text that is HTML. */
export interface Markup {
  /** The HTML. */
  readonly text: string;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** Marks a text as HTML. */
export function markup(text: string): Markup {
  return { text };
}

/** Creates HTML, without the indentation of the template. Lists are joined; all values that are no markup are escaped. */
export function html(parts: TemplateStringsArray, ...values: readonly unknown[]): Markup {
  const texts = parts.map((part, index) =>
    part.replaceAll(/\n\s*/g, "\n") + inserted(values[index])
  );
  return markup(texts.join("").replaceAll(/^\n+|\n(?=\n)/g, ""));
}

function inserted(value: unknown): string {
  if (value === undefined) return "";
  if (Array.isArray(value)) return value.map(inserted).join("");
  return isMarkup(value) ? value.text : escaped(String(value));
}

function isMarkup(value: unknown): value is Markup {
  return typeof value === "object" && value !== null && "text" in value;
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (it) => ESCAPES[it] ?? it);
}
