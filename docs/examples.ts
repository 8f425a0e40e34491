/**
 * The frames that `protocol.md` shows: they stand in blocks of text, `→` before what a client sends and `←` before what
 * the server says. From here they go into `asyncapi.yaml`, and the tests check each of them.
 * @module
 */

/** What one side says in one line. */
export interface Example {
  /** Who says it. */
  readonly from: "client" | "server";
  /** One frame, as it goes over the wire. */
  readonly text: string;
}

/** The document itself. */
export const protocolPath: URL = new URL("protocol.md", import.meta.url);

/** All frames in a document, in order. Lines of the plain-text conversation are passed over. */
export function examplesIn(markdown: string): readonly Example[] {
  return [...markdown.matchAll(/^([→←]) (\{.*)$/gm)].map(([, arrow, text = ""]) => ({
    from: arrow === "→" ? "client" : "server",
    text,
  }));
}

/** The first example of each type that one side shows, parsed. */
export function firstByType(
  examples: readonly Example[],
  from: Example["from"],
): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
  const found = new Map<string, Readonly<Record<string, unknown>>>();
  for (const { text } of examples.filter((example) => example.from === from)) {
    const frame: Readonly<Record<string, unknown>> = JSON.parse(text);
    const { type } = frame;
    if (typeof type === "string" && !found.has(type)) found.set(type, frame);
  }
  return found;
}
