/**
 * Parts of an OpenAPI document, and JSON Schemas as it has them.
 * @module
 */

/** Any object of the document. */
export type Part = Readonly<Record<string, unknown>>;

/** An operation, as far as it is read again. */
export interface OperationPart {
  /** For generated clients. */
  readonly operationId: string;
  /** One sentence. */
  readonly summary: string;
  /** More than that. */
  readonly description?: string;
  /** The group of the operation. */
  readonly tags: readonly string[];
  /** Who may send it; each entry is one way. */
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  /** In the path, the query and the headers. */
  readonly parameters: readonly Part[];
  /** The body, if it has one. */
  readonly requestBody?: BodyPart;
  /** By status. */
  readonly responses: Readonly<Record<string, Part>>;
}

/** The body of a request. */
export interface BodyPart {
  /** Whether it must be there. */
  readonly required: boolean;
  /** By media type. */
  readonly content: Readonly<Record<string, MediaPart>>;
}

/** A body of one media type. */
export interface MediaPart {
  /** A JSON Schema. */
  readonly schema: Part;
  /** By name. */
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

/** A reference to a schema of the document. */
export function schemaRef(name: string): { readonly $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}

/** A reference to another component of the document. */
export function componentRef(
  kind: "parameters" | "responses" | "headers",
  name: string,
): { readonly $ref: string } {
  return { $ref: `#/components/${kind}/${name}` };
}

/** The schema of an object. @param required Fields that it always has. @param optional Others. */
export function objectSchema(required: Part, optional: Part = {}): Part {
  const names = Object.keys(required);
  return {
    type: "object",
    properties: { ...required, ...optional },
    ...(names.length > 0 && { required: names }),
  };
}

/** The schema of a text. */
export function textSchema(description: string): Part {
  return { type: "string", description };
}

/** The schema of a list. */
export function listSchema(items: Part, description?: string): Part {
  return { type: "array", items, ...(description !== undefined && { description }) };
}

/** A response with a JSON body. @param examples Values by name. */
export function jsonContent(
  schema: Part,
  examples: Part,
): Readonly<Record<string, MediaPart>> {
  return { "application/json": { schema, examples: namedExamples(examples) } };
}

/** Examples as the document has them. @param values By name. */
export function namedExamples(values: Part): Readonly<Record<string, { readonly value: unknown }>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
}
