/**
 * Every example of openapi.yaml, sent to a running service: the status and the answer are what the document says.
 * @module
 */
import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import { protocolPath } from "../../../../docs/tools/examples.ts";
import { openapi } from "../../../../docs/tools/openapi/document.ts";
import type { MediaPart, OperationPart, Part } from "../../../../docs/tools/openapi/schema.ts";
import { EVENT_STREAM_TYPE } from "../../../../lib/core/protocol/event_protocol.ts";
import { withinDeadline } from "../../../support/provision.ts";
import { ApiWorld } from "./api_world.ts";

type Fields = Readonly<Record<string, unknown>>;

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

/** The first blocks of a stream, after a message in the room of the event in the example. */
async function checkStream(
  id: string,
  world: ApiWorld,
  { answer: { value, schema } }: Shown,
  response: Response,
): Promise<void> {
  assert.equal(response.headers.get("content-type"), EVENT_STREAM_TYPE);
  const expected = eventsIn(String(value));
  await world.sayAsAnn(String(Object(expected.at(-1)?.get("data")).room));
  const received = eventsIn(
    await withinDeadline("the event of the message", firstBlocks(response, expected.length)),
  );
  assert.deepEqual(received.map(shapeOfEvent), expected.map(shapeOfEvent), id);
  const events = received.filter((it) => it.has("event"));
  assert.ok(events.length > 0, id);
  const { items } = Object(schema.contentSchema);
  for (const event of events) {
    const known: readonly Fields[] = items.oneOf.map((it: Fields) => it.properties);
    const fields = known.find((it) => Object(it.event).const === event.get("event"));
    const { $ref } = Object(Object(fields?.data).contentSchema);
    const data: Fields = Object(event.get("data"));
    const check = ajv.compile({ $ref: `doc${$ref}` });
    assert.ok(check(data), `${id}: ${JSON.stringify(check.errors)} ${JSON.stringify(data)}`);
    const { room, position } = data;
    const parts = String(event.get("id")).split(",");
    assert.ok(parts.includes(parts.length > 1 ? `${room}=${position}` : String(position)), id);
  }
}

async function firstBlocks(response: Response, count: number): Promise<string> {
  let text = "";
  // Leaving the loop ends the stream.
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    const blocks = text.split("\n\n");
    if (blocks.length > count) return blocks.slice(0, count).join("\n\n");
  }
  throw new Error(`The stream has ended after ${text}`);
}

/** The fields of each block; data is parsed. */
function eventsIn(text: string): readonly ReadonlyMap<string, unknown>[] {
  return text.trimEnd().split("\n\n").map((block) =>
    new Map(
      block.split("\n").map((line) => {
        const [name = ""] = line.split(": ", 1);
        const value = line.slice(name.length + 2);
        return [name, name === "data" ? JSON.parse(value) : value] as const;
      }),
    )
  );
}

/** The fields in their order: the type of the event, the rooms of its id, and the fields of its data. */
function shapeOfEvent(event: ReadonlyMap<string, unknown>): unknown {
  return [...event].map(([name, value]) => {
    if (name === "data") return [name, shapeOf(value)];
    if (name === "event") return [name, value];
    return [name, String(value).replaceAll(/\w+:\d+/g, "position").replace(/^\d+$/, "number")];
  });
}

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
  if (shown.answer.type === EVENT_STREAM_TYPE) return await checkStream(id, world, shown, response);
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
