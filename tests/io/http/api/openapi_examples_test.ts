/**
 * Every example of openapi.yaml, sent to a running service: the status and the answer are what the document says.
 * @module
 */
import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import { protocolPath } from "../../../../docs/tools/examples.ts";
import { openapi } from "../../../../docs/tools/openapi/document.ts";
import type { MediaPart, OperationPart, Part } from "../../../../docs/tools/openapi/schema.ts";
import { ApiWorld } from "./api_world.ts";

const document = openapi(Deno.readTextFileSync(protocolPath));
const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema({ $id: "doc", components: strict(document.components) });

/** The same, where objects have no fields but those that are described. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== "object" || schema === null) return schema;
  const parts = Object.fromEntries(Object.entries(schema).map(([name, it]) => [name, strict(it)]));
  return typeof Object(schema).properties === "object" && Object(schema).type === "object"
    ? { additionalProperties: false, ...parts }
    : parts;
}

/** What one example sends, and the answer that it shows. */
interface Shown {
  readonly name: string;
  readonly body: { readonly type: string; readonly value: unknown } | undefined;
  readonly status: number;
  readonly answer: { readonly type: string; readonly value: unknown; readonly schema: Part };
}

function examplesOf({ requestBody, responses }: OperationPart): readonly Shown[] {
  const answers = Object.entries(responses).flatMap(([status, { content }]) =>
    examplesIn(content).map(({ type, name, value, schema }) => (
      { name, status: Number(status), answer: { type, value, schema } }
    ))
  );
  const bodies = examplesIn(requestBody?.content);
  return answers.flatMap((it): readonly Shown[] => {
    const own = bodies.filter(({ name }) => name === it.name);
    return own.length === 0 ? [{ ...it, body: undefined }] : own.map((body) => ({ ...it, body }));
  });
}

function examplesIn(content: unknown) {
  const parts: readonly (readonly [string, MediaPart])[] = Object.entries(Object(content));
  return parts.flatMap(([type, { schema, examples = {} }]) =>
    Object.entries(examples).map(([name, { value }]) => ({ type, name, value, schema }))
  );
}

function urlOf(path: string, { parameters }: OperationPart): string {
  const query = new URLSearchParams();
  let filled = path;
  for (const { name, in: place, example } of parameters) {
    if (example === undefined) continue;
    if (place === "path") filled = filled.replace(`{${name}}`, encodeURIComponent(String(example)));
    else query.set(String(name), String(example));
  }
  return query.size === 0 ? filled : `${filled}?${query}`;
}

/** The names of the fields of a value, and of those in it. In lists, those of the first item count. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(
    Object.entries(value).toSorted(([one], [other]) => one < other ? -1 : 1)
      .map(([name, it]) => [name, shapeOf(it)]),
  );
}

/** Answers whose fields depend on what else is in the service: only the schema counts. */
const VARIED = /^list|^getMe$/;

function checkAnswer(id: string, { answer }: Shown, received: string): void {
  if (answer.type !== "application/json") return assert.equal(received, answer.value, id);
  const value: unknown = JSON.parse(received);
  const refs = JSON.parse(JSON.stringify(strict(answer.schema)).replaceAll('"#/', '"doc#/'));
  const check = ajv.compile(refs);
  assert.ok(check(value), `${id}: ${JSON.stringify(check.errors)} ${received}`);
  if (!VARIED.test(id)) assert.deepEqual(shapeOf(value), shapeOf(answer.value), id);
}

async function play(
  world: ApiWorld,
  [path, method, operation]: readonly [string, string, OperationPart],
  shown: Shown,
): Promise<void> {
  const id = operation.operationId;
  await world.prepare(id, shown.name);
  const request = { method, url: urlOf(path, operation), body: shown.body };
  const response = await world.send(shown.name, { ...request, usesToken: id === "createTicket" });
  if (shown.answer.type === "text/event-stream") {
    await response.body?.cancel();
    return assert.equal(response.headers.get("content-type"), shown.answer.type);
  }
  const text = await response.text();
  assert.equal(response.status, shown.status, text);
  checkAnswer(id, shown, text);
}

Deno.test("Every example of the API's description is answered as the description says", async (t) => {
  await using world = await ApiWorld.start();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      for (const shown of examplesOf(operation)) {
        const name = `${operation.operationId}: ${shown.name}, ${shown.body?.type}`;
        await t.step(name, () => play(world, [path, method, operation], shown));
      }
    }
  }
});

Deno.test("The API's description has an example of each body that a path takes as JSON", () => {
  for (const methods of Object.values(document.paths)) {
    for (const { operationId, requestBody } of Object.values(methods)) {
      const examples = examplesIn(requestBody?.content);
      assert.ok(requestBody === undefined || examples.length > 0, operationId);
    }
  }
});
