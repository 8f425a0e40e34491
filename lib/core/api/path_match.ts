/**
 * Finds the operations at a path. Templates are split once, and a path is split and decoded once, so the time depends on the
 * length of the path alone.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const table = new PathTable([{ method: "GET", path: "/rooms/{room}/messages" }] as const);
 * const found = table.find("/rooms/caf%C3%A9/messages");
 * assert.deepEqual(found?.parameters, { room: "café" });
 * assert.equal(found?.byMethod.get("GET")?.path, "/rooms/{room}/messages");
 * assert.equal(table.find("/rooms"), undefined);
 * ```
 * @module
 */

/** The entries at a path, and the parameters that the path sets. */
export interface PathMatch<T> {
  /** The values of its parameters, decoded. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The entries, by method in capitals; at least one. */
  readonly byMethod: ReadonlyMap<string, T>;
}

/** Something that a method does at a path. */
export interface Placed {
  /** The method, in capitals. */
  readonly method: string;
  /** Segments separated by slashes. One in braces is a parameter. */
  readonly path: string;
}

interface Node<T> {
  readonly children: Map<string, Node<T>>;
  parameter: { readonly name: string; readonly node: Node<T> } | undefined;
  readonly byMethod: Map<string, T>;
}

/** Entries by their paths. */
export class PathTable<T extends Placed> {
  readonly #root: Node<T> = emptyNode();

  /** Of two entries with the same method and path, the later one counts. */
  constructor(entries: Iterable<T>) {
    for (const entry of entries) {
      let node = this.#root;
      for (const segment of segmentsOf(entry.path)) node = childOf(node, segment);
      node.byMethod.set(entry.method, entry);
    }
  }

  /** What is at a path, as a URL has it; undefined if nothing is. A fixed segment goes before a parameter. */
  find(path: string): PathMatch<T> | undefined {
    const parameters: Record<string, string> = {};
    let node = this.#root;
    for (const segment of segmentsOf(path)) {
      const child = node.children.get(segment);
      if (child) node = child;
      else {
        const value = decoded(segment);
        if (node.parameter === undefined || value === undefined || value === "") return undefined;
        parameters[node.parameter.name] = value;
        node = node.parameter.node;
      }
    }
    return node.byMethod.size === 0 ? undefined : { parameters, byMethod: node.byMethod };
  }
}

function emptyNode<T>(): Node<T> {
  return { children: new Map(), parameter: undefined, byMethod: new Map() };
}

function childOf<T>(node: Node<T>, segment: string): Node<T> {
  if (segment.startsWith("{")) {
    node.parameter ??= { name: segment.slice(1, -1), node: emptyNode() };
    return node.parameter.node;
  }
  const child = node.children.get(segment) ?? emptyNode();
  node.children.set(segment, child);
  return child;
}

function segmentsOf(path: string): readonly string[] {
  return path.split("/").slice(1);
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
