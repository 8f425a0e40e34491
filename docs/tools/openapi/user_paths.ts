/**
 * The operations for users in `openapi.yaml`, made from their table and from the schemas of requests and frames.
 * @module
 */
import type { JsonSchema } from "@valibot/to-json-schema";
import { type Operation, OPERATIONS } from "../../../lib/core/api/operations.ts";
import { FRAMES, type FrameType } from "../../../lib/core/protocol/frames.ts";
import { REQUESTS } from "../../../lib/core/protocol/requests.ts";
import { ANSWERS } from "../asyncapi.ts";
import { jsonSchema } from "./json_schema.ts";
import { BODY_PROBLEMS, CHANGE_PROBLEMS, COMMON_PROBLEMS, problemRefs } from "./problems.ts";
import {
  type BodyPart,
  componentRef,
  jsonContent,
  type MediaPart,
  namedExamples,
  type OperationPart,
  type Part,
  schemaRef,
} from "./schema.ts";
import { exampleOf, type OperationExample, PARAMETERS } from "./user_examples.ts";

/** The ways in which users say who they are; the first one is not to. */
export const USER_SECURITY: OperationPart["security"] = [
  {},
  { accessToken: [] },
  { sessionToken: [] },
  { apiKey: [] },
  { ticket: [] },
  { cookie: [] },
];

/** Frames whose fields are answers. */
const ANSWERED: readonly FrameType[] = [
  ...new Set([
    ...OPERATIONS.flatMap(({ type, typeInClosed }) => [
      ANSWERS[type],
      typeInClosed && ANSWERS[typeInClosed],
    ]),
  ].filter((it) => it !== undefined)),
];

/** The operations, by path and method. @param frames The examples of frames in `protocol.md`, by type. */
export function userOperations(
  frames: ReadonlyMap<string, Part>,
): readonly (readonly [path: string, method: string, OperationPart])[] {
  return OPERATIONS.map((operation) =>
    [
      operation.path,
      operation.method.toLowerCase(),
      operationPart(operation, exampleOf(operation, frames)),
    ] as const
  );
}

/** The schemas of the answers, by name. */
export function answerSchemas(): Readonly<Record<string, unknown>> {
  return Object.fromEntries(ANSWERED.map((type) => [answerName(type), answerSchema(type)]));
}

/** The fields of a frame but for those that only matter on a connection. */
function answerSchema(type: FrameType): JsonSchema {
  const { properties: { type: _type, id: _id, ...properties } = {}, required, ...schema } =
    jsonSchema(FRAMES[type]);
  return {
    ...schema,
    properties,
    required: required?.filter((it) => it !== "type" && it !== "id") ?? [],
  };
}

function answerName(type: FrameType): string {
  return `${type[0]?.toUpperCase()}${type.slice(1)}`;
}

function operationPart(
  operation: Operation,
  example: OperationExample & { readonly answer: Part },
): OperationPart {
  const { id, path, method, summary, status } = operation;
  const requestBody = bodyOf(operation, example);
  const isChange = method !== "GET";
  const problems = [
    ...COMMON_PROBLEMS,
    ...(requestBody ? BODY_PROBLEMS : []),
    ...(isChange ? CHANGE_PROBLEMS : []),
    ...(id === "sendMessage" ? [202] : []),
  ];
  return {
    operationId: id,
    summary,
    tags: [tagOf(path)],
    security: USER_SECURITY,
    parameters: parametersOf(operation, example),
    ...(requestBody && { requestBody }),
    responses: {
      [status]: answerOf(operation, example.answer),
      ...(id === "listMessages" && { 304: NOT_MODIFIED }),
      ...problemRefs(problems),
    },
  };
}

const NOT_MODIFIED = {
  description: "Nothing has happened in the room since.",
  headers: { ETag: componentRef("headers", "ETag") },
};

function tagOf(path: string): string {
  if (path.includes("/messages") || path.endsWith("/read")) return "Messages";
  if (path.includes("/moderation") || path.startsWith("/reports")) return "Moderation";
  return /^\/(?:rooms|direct)/.test(path) ? "Rooms" : "Users";
}

function answerOf({ type, typeInClosed, id }: Operation, answer: Part): Part {
  const types = [type, typeInClosed].flatMap((it) => it ? [ANSWERS[it]] : [])
    .filter((it) => it !== undefined);
  const [first, ...others] = types.map((it) => schemaRef(answerName(it)));
  const schema = others.length === 0 ? first : { anyOf: [first, ...others] };
  return {
    description: "It was carried out.",
    ...(id === "listMessages" && { headers: { ETag: componentRef("headers", "ETag") } }),
    content: jsonContent(schema ?? {}, { user: answer }),
  };
}

function parametersOf(operation: Operation, example: OperationExample): readonly Part[] {
  const { type, path, parameters: names = {}, query = [], isAction, id } = operation;
  const properties = propertiesOf(operation);
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => ({
    name,
    in: "path",
    required: true,
    ...described(properties[names[name] ?? name] ?? {}),
    example: example.parameters?.[name] ?? PARAMETERS[name],
  }));
  const inQuery = query.map((name) => ({
    name,
    in: "query",
    ...(type === "history" && name === "at" ? AT : described(properties[name] ?? {})),
    ...(name === "limit" && { example: 50 }),
  }));
  return [
    ...inPath,
    ...inQuery,
    componentRef("parameters", "name"),
    ...(isAction ? [componentRef("parameters", "IdempotencyKey")] : []),
    ...(id === "listMessages" ? [componentRef("parameters", "IfNoneMatch")] : []),
  ];
}

/** A time can also be written for people, unlike in frames. */
const AT = {
  description: "Messages before and after this time.",
  schema: {
    anyOf: [
      { type: "string", format: "date-time" },
      { type: "integer", description: "Milliseconds since 1970." },
    ],
  },
};

function described({ description, ...schema }: JsonSchema): Part {
  return { ...(description !== undefined && { description }), schema };
}

function propertiesOf({ type }: Operation): Readonly<Record<string, JsonSchema>> {
  const properties: Record<string, JsonSchema> = {};
  for (const [name, schema] of Object.entries(jsonSchema(REQUESTS[type]).properties ?? {})) {
    if (typeof schema === "object") properties[name] = schema;
  }
  return properties;
}

function bodyOf(operation: Operation, { body }: OperationExample): BodyPart | undefined {
  const { method, path, parameters: names = {}, query = [], fixed = {}, type, takesText } =
    operation;
  if (method === "GET" || method === "DELETE") return undefined;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => names[name] ?? name);
  const others = new Set(["type", "id", ...inPath, ...query, ...Object.keys(fixed)]);
  // What happens in the whole service has no room.
  if (operation.id === "moderateService") others.add("room");
  const own = Object.entries(propertiesOf(operation)).filter(([name]) => !others.has(name));
  if (own.length === 0) return undefined;
  const required = jsonSchema(REQUESTS[type]).required?.filter((it) => !others.has(it)) ?? [];
  const schema = {
    type: "object",
    properties: Object.fromEntries(own),
    ...(required.length > 0 && { required }),
  };
  return {
    required: required.length > 0,
    content: {
      ...jsonContent(schema, { user: body ?? {} }),
      ...(takesText && { "text/plain": textContent(body) }),
    },
  };
}

function textContent(body: Part = {}): MediaPart {
  return { schema: { type: "string" }, examples: namedExamples({ user: body.text }) };
}
