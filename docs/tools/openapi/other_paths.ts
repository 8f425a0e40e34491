/**
 * The operations in `openapi.yaml` that are not in the table of operations: events, tickets and incoming webhooks.
 * @module
 */
import {
  EVENT_STREAM_TYPE,
  idText,
  retryText,
  serverSentEvent,
} from "../../../lib/core/protocol/event_protocol.ts";
import { FRAMES, type FrameType } from "../../../lib/core/protocol/frames.ts";
import { frameSchema } from "./json_schema.ts";
import { problemRefs } from "./problems.ts";
import {
  componentRef,
  jsonContent,
  listSchema,
  namedExamples,
  objectSchema,
  type OperationPart,
  type Part,
  schemaRef,
  textSchema,
} from "./schema.ts";
import { USER_SECURITY } from "./user_paths.ts";

/** The secret in the examples of hooks. */
export const HOOK_SECRET = "parley_Zk0cVw2mPz5h9TqA1xYgLk1sWe7AhTgV0mXrQ9cYb4x";

/** The events of a stream that have a frame as their data. */
const EVENT_FRAMES = [
  "said",
  "edited",
  "deleted",
  "reacted",
  "renamed",
  "hidden",
  "lost",
  "left",
  "fault",
] as const satisfies readonly FrameType[];

/** The text of a stream. OpenAPI 3.1 describes media types of several parts as JSON Schema does: by what the text stands for. */
const STREAM_SCHEMA: Part = {
  type: "string",
  contentMediaType: EVENT_STREAM_TYPE,
  contentSchema: listSchema(
    {
      oneOf: [...EVENT_FRAMES, "closed"].map((type) =>
        objectSchema({
          event: { const: type },
          data: {
            ...{ type: "string", contentMediaType: "application/json" },
            contentSchema: schemaRef(eventName(type)),
          },
        }, { id: textSchema("The position, or a list of positions by room.") })
      ),
    },
    "The events. Blocks without one set only the id, or the time after which a client reconnects.",
  ),
};

const STREAM_PROBLEMS = problemRefs([400, 401, 403, 404, 421, 429, 503]);

/** The operations, by path and method. @param frames The examples of frames in `protocol.md`, by type. */
export function otherOperations(
  frames: ReadonlyMap<string, Part>,
): readonly (readonly [path: string, method: string, OperationPart])[] {
  const said = { ...frames.get("said"), position: "k3j9f2:129" };
  return [
    ["/api/v1/rooms/{room}/events", "get", {
      ...stream("followRoom", "Sends what happens in a room, as server-sent events."),
      parameters: [
        { ...ROOM, example: "attic" },
        ...RESUMING,
        componentRef("parameters", "name"),
      ],
      responses: {
        200: streamResponse([
          idText("k3j9f2:128"),
          serverSentEvent("said", { ...said, room: "attic" }, "k3j9f2:129"),
        ]),
        ...STREAM_PROBLEMS,
      },
    }],
    ["/api/v1/events", "get", {
      ...stream("followRooms", "Sends what happens in several rooms, as server-sent events."),
      parameters: [
        ROOMS,
        ...RESUMING,
        componentRef("parameters", "name"),
      ],
      responses: {
        200: streamResponse([
          idText("attic=k3j9f2:41"),
          idText("attic=k3j9f2:41,lobby=k3j9f2:128"),
          serverSentEvent("said", { ...said, room: "lobby" }, "attic=k3j9f2:41,lobby=k3j9f2:129"),
        ]),
        ...STREAM_PROBLEMS,
      },
    }],
    ["/api/v1/tickets", "post", TICKETS],
    ["/hooks/{key}", "post", HOOK],
  ];
}

const ROOM = { ...{ name: "room", in: "path", required: true }, schema: { type: "string" } };
const ROOMS = {
  ...{ name: "rooms", in: "query", required: true },
  description: "The rooms, separated by commas.",
  schema: { type: "string" },
  example: "attic,lobby",
};
const RESUMING: readonly Part[] = [
  {
    ...{ name: "Last-Event-ID", in: "header" },
    description: "The id of the last event that you have received: the stream goes on after it.",
    schema: { type: "string" },
  },
  {
    ...{ name: "after", in: "query" },
    description: "The same, for clients that cannot set the header. The header counts first.",
    schema: { type: "string" },
  },
];

function stream(
  operationId: string,
  summary: string,
): Omit<OperationPart, "parameters" | "responses"> {
  return {
    operationId,
    summary,
    description:
      "The type of an event is that of its frame, and its data is the frame, as JSON; `closed` has EventClosed. An id says how much you have received: see http-api.md.",
    tags: ["Events"],
    security: USER_SECURITY,
  };
}

/** @param beginning What follows the time after which a client reconnects. */
function streamResponse(beginning: readonly string[]): Part {
  return {
    description: "The stream, which lasts until either side ends it.",
    content: {
      [EVENT_STREAM_TYPE]: {
        schema: STREAM_SCHEMA,
        examples: namedExamples({ user: [retryText(1_830), ...beginning].join("") }),
      },
    },
  };
}

/** The schemas of the data of events, by name. */
export function eventSchemas(): Readonly<Record<string, unknown>> {
  return {
    ...Object.fromEntries(EVENT_FRAMES.map((type) => [eventName(type), frameSchema(FRAMES[type])])),
    EventClosed: {
      ...objectSchema({
        code: { type: "integer", description: "A close code of the protocol." },
        reason: textSchema("Why, for people."),
      }),
      description: "The server has ended the stream.",
    },
  };
}

function eventName(type: string): string {
  return `Event${type[0]?.toUpperCase()}${type.slice(1)}`;
}

const TICKETS: OperationPart = {
  operationId: "createTicket",
  summary: "Exchanges an access token for a ticket, which can be in a URL and works once.",
  tags: ["Users"],
  security: [{ accessToken: [] }],
  parameters: [],
  responses: {
    201: {
      description: "The ticket.",
      content: jsonContent(schemaRef("Ticket"), {
        user: { ticket: "q7Zk0cVw2mPz5h9TqA1xYg", expiresInMs: 30_000 },
      }),
    },
    ...problemRefs([400, 401, 403, 421, 429, 503]),
  },
};

/** The schema of a ticket. */
export const TICKET_SCHEMA: Part = objectSchema({
  ticket: textSchema("For the query, as `ticket`."),
  expiresInMs: { type: "integer", minimum: 0, description: "Milliseconds until it expires." },
});

const nullableText = { type: ["string", "null"] };
const MESSAGE = {
  type: "object",
  properties: {
    text: { ...nullableText, description: "The message; with blocks, only theirs is sent." },
    username: { ...nullableText, description: "The sender's name, unless another user has it." },
    blocks: { type: "array", items: { type: "object" } },
    attachments: { type: "array", items: { type: "object" } },
  },
};

const HOOK: OperationPart = {
  operationId: "postHook",
  summary: "Sends a message in the format of Slack's incoming webhooks.",
  description:
    "The secret of an API key that may send in exactly one room is all that a sender needs. Colors, buttons and images are left out.",
  tags: ["Hooks"],
  security: [{}],
  parameters: [{
    ...{ name: "key", in: "path", required: true, description: "The secret of an API key." },
    ...{ schema: { type: "string" }, example: HOOK_SECRET },
  }],
  requestBody: {
    required: true,
    content: {
      ...jsonContent(MESSAGE, {
        user: { username: "Grafana", text: "CPU is above 90 % on <https://db.example|db-1>" },
      }),
      "application/x-www-form-urlencoded": {
        schema: objectSchema({ payload: textSchema("The same as JSON.") }),
      },
    },
  },
  responses: {
    200: {
      description: "The message was sent.",
      content: {
        "text/plain": { schema: { const: "ok" }, examples: namedExamples({ user: "ok" }) },
      },
    },
    ...problemRefs([202, 400, 403, 404, 408, 413, 421, 422, 429, 503, 507]),
  },
};
