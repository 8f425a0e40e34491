/**
 * The example frames of `protocol.md`. In its code blocks, `→` marks a frame from a client and `←` a frame from the server.
 * They are copied into `asyncapi.yaml`, and the tests check each of them.
 * @module
 */

/** One frame of a conversation. */
export interface Example {
  /** The side that sends it. */
  readonly from: "client" | "server";
  /** The frame as sent, without the arrow. */
  readonly text: string;
}

/** The URL of `protocol.md`. */
export const protocolPath: URL = new URL("../reference/protocol.md", import.meta.url);

/** All frames in a document, in order. Lines of the plain-text protocol are ignored. */
export function examplesIn(markdown: string): readonly Example[] {
  return [...markdown.matchAll(/^([→←]) (\{.*)$/gm)].map(([, arrow, text = ""]) => ({
    from: arrow === "→" ? "client" : "server",
    text,
  }));
}

/** The first example of each type of frame that one side sends, parsed. */
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
