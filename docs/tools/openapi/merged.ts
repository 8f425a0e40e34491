/**
 * Operations for users and for operators that have the same path and method. OpenAPI has one for both.
 * @module
 */
import type { BodyPart, MediaPart, OperationPart, Part } from "./schema.ts";

type Content = BodyPart["content"];

/** One operation, which says what differs for operators. */
export function mergedOperation(users: OperationPart, operators: OperationPart): OperationPart {
  const { summary } = operators;
  const requestBody = mergedBody(users.requestBody, operators.requestBody);
  return {
    ...users,
    description: `With ADMIN_TOKEN, it has other fields: ${summary[0]?.toLowerCase()}${
      summary.slice(1)
    }`,
    security: [...users.security, ...operators.security],
    ...(requestBody && { requestBody }),
    responses: mergedResponses(users.responses, operators.responses),
  };
}

function mergedBody(
  one: BodyPart | undefined,
  other: BodyPart | undefined,
): BodyPart | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return { required: true, content: mergedContent(one.content, other.content) };
}

function mergedResponses(
  one: OperationPart["responses"],
  other: OperationPart["responses"],
): OperationPart["responses"] {
  const all: Record<string, Part> = { ...other, ...one };
  for (const [status, response] of Object.entries(one)) {
    const [content, others] = [response.content, other[status]?.content];
    if (isContent(content) && isContent(others)) {
      all[status] = { ...response, content: mergedContent(content, others) };
    }
  }
  return all;
}

function isContent(content: unknown): content is Content {
  return typeof content === "object" && content !== null;
}

function mergedContent(one: Content, other: Content): Content {
  const all: Record<string, MediaPart> = { ...other, ...one };
  for (const [type, { schema, examples }] of Object.entries(one)) {
    const more = other[type];
    if (more === undefined) continue;
    all[type] = {
      schema: { anyOf: [schema, more.schema] },
      examples: { ...examples, ...more.examples },
    };
  }
  return all;
}
