/**
 * Messages in the format of Slack's incoming webhooks, as plain text: that is what Grafana, GitHub actions and many others can
 * send. Only texts are taken over; colors, buttons and images are not.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const message = { username: "CI", text: "<https://ci.example/7|Build 7> passed &amp; deployed" };
 * assert.deepEqual(readSlackMessage(message), {
 *   name: "CI",
 *   text: "Build 7 (https://ci.example/7) passed & deployed",
 * });
 * assert.equal(readSlackMessage({ username: "CI" }), undefined);
 * ```
 * @module
 */
import * as v from "valibot";

/** A message for a room. */
export interface HookMessage {
  /** The name that the sender states; not checked. */
  readonly name: string | undefined;
  /** Not empty, but perhaps invisible, or too long. */
  readonly text: string;
}

// Senders differ, and an alert must not be lost for one field: what is not as expected counts as missing, alone.
const text = v.optional(v.pipe(v.unknown(), v.transform(textOf)));
const TextObject = v.object({ text });
const blockText = v.optional(v.fallback(v.union([TextObject, text]), undefined));
const elements = v.optional(v.fallback(v.array(v.unknown()), []));
const Block = v.object({
  type: text,
  text: blockText,
  fields: listOf(TextObject),
  elements,
});
const Field = v.object({ title: text, value: text });
const Attachment = v.object({
  fallback: text,
  pretext: text,
  title: text,
  title_link: text,
  text,
  fields: listOf(Field),
  blocks: listOf(Block),
});
const Message = v.object({
  text,
  username: text,
  blocks: listOf(Block),
  attachments: listOf(Attachment),
});

/** A text, or a number as text. */
function textOf(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" ? value : undefined;
}

/** A list without the items that are none. */
function listOf<T>(
  item: v.GenericSchema<unknown, T>,
): v.GenericSchema<unknown, readonly T[] | undefined> {
  const items = (value: unknown): readonly T[] =>
    (Array.isArray(value) ? value : []).flatMap((it) => {
      const parsed = v.safeParse(item, it);
      return parsed.success ? [parsed.output] : [];
    });
  return v.optional(v.pipe(v.unknown(), v.transform(items)));
}

type Block = v.InferOutput<typeof Block>;
type Attachment = v.InferOutput<typeof Attachment>;

/** Maximum depth of elements in elements: lists in rich text have four. */
const MAX_DEPTH = 6;

/** Reads a message; undefined if it is none, or has no text. */
export function readSlackMessage(body: unknown): HookMessage | undefined {
  const parsed = v.safeParse(Message, body);
  if (!parsed.success) return undefined;
  const { text, username, blocks = [], attachments = [] } = parsed.output;
  const own = blocks.flatMap(blockLines);
  // With blocks, the text is what notifications show.
  const lines = own.length > 0 ? own : [text ?? ""];
  const all = [...lines, ...attachments.flatMap(attachmentLines)].map(plainText);
  const whole = all.filter((line) => line.trim() !== "").join("\n");
  return whole === "" ? undefined : { name: username, text: whole };
}

function blockLines({ type, text, fields = [], elements = [] }: Block): readonly string[] {
  // Buttons and menus.
  if (type === "actions") return [];
  const own = typeof text === "object" ? text.text : text;
  return [own ?? "", ...fields.map((it) => it.text ?? ""), elementText(elements, 0)];
}

/** The texts of elements in one line, as of links within a sentence; sections of rich text are lines of their own. */
function elementText(elements: readonly unknown[], depth: number): string {
  if (depth > MAX_DEPTH) return "";
  return elements.map((element) => {
    const parsed = v.safeParse(Element, element);
    if (!parsed.success) return "";
    const { type, text, url, name, elements: inner = [] } = parsed.output;
    const line = (typeof text === "object" ? text.text : text) ?? "";
    if (type === "link") return url === undefined ? line : linkText(url, line);
    if (type === "emoji") return name === undefined ? "" : `:${name}:`;
    const below = elementText(inner, depth + 1);
    return type.startsWith("rich_text") ? `${line}${below}\n` : `${line}${below}`;
  }).join("").trimEnd();
}

const Element = v.object({
  type: v.string(),
  text: blockText,
  url: text,
  name: text,
  elements,
});

function attachmentLines(attachment: Attachment): readonly string[] {
  const { pretext, title, title_link: link, text, fallback, fields = [], blocks = [] } = attachment;
  const heading = title && link ? linkText(link, title) : title;
  const about = fields.map(({ title, value }) => [title, value].filter(Boolean).join(": "));
  const lines = [pretext, heading, text, ...about, ...blocks.flatMap(blockLines)];
  const found = lines.filter((line): line is string => Boolean(line));
  return found.length > 0 ? found : [fallback ?? ""];
}

/** Without Slack's markup for links and mentions, and its three escapes. */
function plainText(text: string): string {
  return text
    .replace(
      /<(https?:[^|<>]{1,2000}|mailto:[^|<>]{1,500})(?:\|([^<>]{0,1000}))?>/g,
      (_, url, label) => linkText(url, label ?? ""),
    )
    .replace(/<[!@#]([^|<>]{1,100})(?:\|([^<>]{0,200}))?>/g, (_, id, label) => `@${label ?? id}`)
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}

function linkText(url: string, label: string): string {
  const address = url.replace(/^mailto:/, "");
  return label === "" || label === address || label === url ? address : `${label} (${address})`;
}
