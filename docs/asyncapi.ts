/**
 * Makes `asyncapi.yaml` (AsyncAPI 3.0) from the schemas that the server checks with and the examples of `protocol.md`. It
 * is described as the server sees it: `receive` is what a client asks, `send` what the server says. Run by
 * `deno task asyncapi`; a test holds that the file is what comes out here.
 * @module
 */
import { type JsonSchema, toJsonSchema } from "@valibot/to-json-schema";
import type { GenericSchema } from "valibot";
import { stringify } from "yaml";
import * as farewells from "../lib/core/farewells.ts";
import { FAULTS } from "../lib/core/faults.ts";
import { FRAMES, type FrameType } from "../lib/core/frames.ts";
import { SUBPROTOCOL } from "../lib/core/protocol.ts";
import { REQUESTS, type RequestType } from "../lib/core/requests.ts";
import { examplesIn, firstByType, protocolPath } from "./examples.ts";

type Side = "request" | "frame";

const CHANNEL = { $ref: "#/channels/chat" } as const;

/** What answers each request, beside a fault; `protocol.md` has the same as a table. */
export const ANSWERS: Readonly<Record<RequestType, FrameType | undefined>> = {
  hello: "hello",
  join: "joined",
  leave: "left",
  say: "ack",
  edit: "ack",
  delete: "ack",
  react: "ack",
  typing: "ack",
  read: "ack",
  who: "members",
  history: "history",
  name: "ack",
  ping: "pong",
  pong: undefined,
};

/** The document, as YAML. @param markdown What `protocol.md` holds. */
export function asyncapi(markdown: string): string {
  const examples = examplesIn(markdown);
  const messages = {
    ...messagesOf("request", REQUESTS, firstByType(examples, "client")),
    ...messagesOf("frame", FRAMES, firstByType(examples, "server")),
  };
  const document = {
    asyncapi: "3.0.0",
    info: INFO,
    defaultContentType: "application/json",
    servers: SERVERS,
    channels: { chat: channel(Object.keys(messages)) },
    operations: operations(),
    components: { schemas: { FaultCode: faultCode() }, messages },
  };
  const made = "# Made by `deno task asyncapi` from lib/core and docs/protocol.md: do not edit.\n";
  return made + stringify(document, { aliasDuplicateObjects: false, lineWidth: 100 });
}

const INFO = {
  title: `Parley, ${SUBPROTOCOL}`,
  version: "1",
  description:
    "Rooms that lose nothing. Clients must pass over fields and types of frames that they do not know. " +
    "What all of it means, and what is promised, stands in protocol.md.",
  license: { name: "MIT" },
};

const SERVERS = {
  local: {
    host: "127.0.0.1:8080",
    protocol: "ws",
    protocolVersion: "13",
    description: "As `deno task start` begins it.",
  },
};

function channel(messages: readonly string[]): Readonly<Record<string, unknown>> {
  const refs = messages.map((name) => [name, { $ref: `#/components/messages/${name}` }]);
  return {
    address: "/ws",
    title: "Chat",
    description:
      "One WebSocket. Each of its text messages holds one or more frames of JSON, separated by line feeds, both ways.",
    messages: Object.fromEntries(refs),
    bindings: {
      ws: {
        method: "GET",
        headers: {
          type: "object",
          properties: { "Sec-WebSocket-Protocol": { type: "string", examples: [SUBPROTOCOL] } },
          required: ["Sec-WebSocket-Protocol"],
        },
        bindingVersion: "0.1.0",
      },
    },
    "x-close-codes": closeCodes(),
  };
}

function closeCodes(): readonly unknown[] {
  return Object.values(farewells).toSorted((one, other) => one.code - other.code)
    .map(({ code, reason }) => ({ code, reason, band: bandOf(code) }));
}

function bandOf(code: number): string {
  if (code < 4000) return "as RFC 6455 says";
  return code < 4500 ? "come back" : "do not come back like this";
}

function messagesOf(
  side: Side,
  schemas: Readonly<Record<string, GenericSchema>>,
  examples: ReadonlyMap<string, unknown>,
): Readonly<Record<string, unknown>> {
  const entries = Object.entries(schemas).map(([type, schema]) => {
    const { description, ...payload } = jsonSchema(schema);
    const example = examples.get(type);
    const message = { name: type, title: type, summary: description, payload };
    return [`${side}.${type}`, {
      ...message,
      ...(example ? { examples: [{ payload: example }] } : {}),
    }];
  });
  return Object.fromEntries(entries);
}

/** What goes over the wire: positions are texts there. */
function jsonSchema(schema: GenericSchema): JsonSchema {
  const { $schema: _, ...made } = toJsonSchema(schema, {
    typeMode: "input",
    // In JSON Schema every pattern is read with the flag u; others could not be said in it.
    overrideAction: ({ valibotAction: action, jsonSchema }) =>
      isUnicodeRegex(action) ? { ...jsonSchema, pattern: action.requirement.source } : undefined,
  });
  const code = made.properties?.["code"];
  if (code === undefined) return made;
  const faultCode = { $ref: "#/components/schemas/FaultCode" };
  return { ...made, properties: { ...made.properties, code: faultCode } };
}

function isUnicodeRegex(
  action: { readonly type: string; readonly requirement?: unknown },
): action is { readonly type: "regex"; readonly requirement: RegExp } {
  const { requirement } = action;
  return action.type === "regex" && requirement instanceof RegExp && requirement.flags === "u";
}

function faultCode(): Readonly<Record<string, unknown>> {
  const faults = Object.entries(FAULTS);
  return {
    type: "string",
    description: "What can go wrong with a request. More may come: go by `retry` then.",
    enum: faults.map(([code]) => code),
    "x-enum-descriptions": Object.fromEntries(faults.map(([code, { message }]) => [code, message])),
    "x-retry": faults.filter(([, { retry }]) => retry).map(([code]) => code),
  };
}

function operations(): Readonly<Record<string, unknown>> {
  const received = Object.entries(ANSWERS).map(([type, answer]) => {
    const answers = answer &&
      { channel: CHANNEL, messages: [use("frame", answer), use("frame", "fault")] };
    return operation("receive", "request", type, REQUESTS, answers ? { reply: answers } : {});
  });
  const sent = Object.keys(FRAMES).map((type) => operation("send", "frame", type, FRAMES, {}));
  return Object.fromEntries([...received, ...sent]);
}

function operation(
  action: "receive" | "send",
  side: Side,
  type: string,
  schemas: Readonly<Record<string, GenericSchema>>,
  more: Readonly<Record<string, unknown>>,
): readonly [string, unknown] {
  const schema = schemas[type];
  const summary = schema && jsonSchema(schema).description;
  return [
    `${side}.${type}`,
    { action, channel: CHANNEL, summary, messages: [use(side, type)], ...more },
  ];
}

function use(side: Side, type: string): { readonly $ref: string } {
  return { $ref: `#/channels/chat/messages/${side}.${type}` };
}

if (import.meta.main) {
  const markdown = Deno.readTextFileSync(protocolPath);
  Deno.writeTextFileSync(new URL("asyncapi.yaml", import.meta.url), asyncapi(markdown));
}
