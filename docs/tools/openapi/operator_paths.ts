/**
 * The operations for operators in `openapi.yaml`, with the schemas against which the service checks their bodies. Some have the
 * path and the method of an operation for users; then `ADMIN_TOKEN` decides which of them it is.
 * @module
 */
import type { GenericSchema } from "valibot";
import { MAX_AUDIT_ENTRIES } from "../../../lib/core/command_line/audit_flags.ts";
import { AUDIT_PATH } from "../../../lib/io/api/audit.ts";
import { KEY_REQUEST, KEYS_PATH } from "../../../lib/io/api/keys.ts";
import {
  INVITE_REQUEST,
  INVITES_PATH,
  ROLE_REQUEST,
  USERS_PATH,
} from "../../../lib/io/api/members.ts";
import {
  MODERATION_PATH,
  MODERATION_REQUEST,
  SANCTIONS_PATH,
} from "../../../lib/io/api/moderation.ts";
import { REVOCATION_REQUEST, REVOCATIONS_PATH } from "../../../lib/io/api/revocations.ts";
import { WEBHOOK_REQUEST, WEBHOOKS_PATH } from "../../../lib/io/api/webhooks.ts";
import { jsonSchema } from "./json_schema.ts";
import { ANSWER_EXAMPLES as SHOWN } from "./operator_answers.ts";
import { problemRefs } from "./problems.ts";
import { jsonContent, objectSchema, type OperationPart, type Part, schemaRef } from "./schema.ts";
import { DEVICE, HELD_MESSAGE, INVITE, MESSAGE, OTHER_USER } from "./user_examples.ts";

/** The only way in which operators say who they are. */
export const OPERATOR_SECURITY: OperationPart["security"] = [{ adminToken: [] }];

/** One way to use an operation. */
interface Use {
  /** Names the example; begins with `operator`. */
  readonly name: string;
  readonly status: number;
  /** The body of the request. */
  readonly body?: Part;
  /** The schema of the answer. */
  readonly schema: Part;
  readonly answer: unknown;
}

interface OperatorOperation {
  readonly id: string;
  readonly method: "get" | "post";
  readonly path: string;
  readonly summary: string;
  readonly body?: GenericSchema;
  readonly query?: readonly Part[];
  readonly uses: readonly Use[];
}

const NOTHING = objectSchema({});

const OPERATIONS: readonly OperatorOperation[] = [
  {
    ...{ id: "listKeys", method: "get", path: KEYS_PATH },
    summary: "Lists the API keys, without their secrets.",
    uses: [use("operator", 200, "Keys", { keys: [SHOWN.key] })],
  },
  {
    ...{ id: "changeKeys", method: "post", path: KEYS_PATH, body: KEY_REQUEST.body },
    summary: "Adds an API key, or removes one.",
    uses: [
      {
        ...use("operator-add", 201, "AddedKey", { key: SHOWN.key, secret: SHOWN.keySecret }),
        body: { name: "ci", rooms: ["deploys"], allow: ["send"] },
      },
      {
        ...use("operator-remove", 200, "RemovedKey", { removed: SHOWN.key.key }),
        body: { remove: SHOWN.key.key },
      },
    ],
  },
  {
    ...{ id: "operatorListInvites", method: "get", path: INVITES_PATH },
    summary: "Lists the invites that can be used.",
    uses: [use("operator", 200, "OperatorInvites", { invites: [SHOWN.invite] })],
  },
  {
    ...{
      id: "operatorChangeInvites",
      method: "post",
      path: INVITES_PATH,
      body: INVITE_REQUEST.body,
    },
    summary: "Makes an invite or a link that adds a device to a member, or revokes an invite.",
    uses: [
      {
        ...use("operator-invite", 201, "OperatorInvite", SHOWN.invited),
        body: { rooms: ["team"], uses: 20, seconds: 86_400 },
      },
      {
        ...use("operator-device", 201, "OperatorInvite", SHOWN.invitedDevice),
        body: { member: OTHER_USER },
      },
      {
        ...{ name: "operator-revoke", status: 200, schema: NOTHING, answer: {} },
        body: { revoke: INVITE },
      },
    ],
  },
  {
    ...{ id: "operatorListUsers", method: "get", path: USERS_PATH },
    summary: "Lists the members of the service.",
    uses: [use("operator", 200, "OperatorUsers", { users: [SHOWN.user] })],
  },
  {
    ...{ id: "operatorChangeRole", method: "post", path: USERS_PATH, body: ROLE_REQUEST.body },
    summary: "Gives a member another role.",
    uses: [{
      ...{ name: "operator", status: 200, schema: NOTHING, answer: {} },
      body: { user: OTHER_USER, role: "moderator" },
    }],
  },
  {
    ...{ id: "listWebhooks", method: "get", path: WEBHOOKS_PATH },
    summary: "Lists the webhooks, and what each has delivered.",
    uses: [
      use("operator", 200, "Webhooks", {
        webhooks: [{ ...SHOWN.webhook, deliveries: [{ room: "attic", delivered: MESSAGE }] }],
      }),
    ],
  },
  {
    ...{ id: "changeWebhooks", method: "post", path: WEBHOOKS_PATH },
    body: WEBHOOK_REQUEST.body,
    summary: "Adds a webhook, removes or enables one, or delivers again.",
    uses: [
      {
        ...use("operator-add", 200, "ChangedWebhook", {
          ...{ webhook: SHOWN.webhook, secret: SHOWN.webhookSecret },
        }),
        body: { url: SHOWN.webhook.url, rooms: ["attic"], events: ["said"] },
      },
      {
        ...use("operator-redeliver", 200, "ChangedWebhook", { webhook: SHOWN.webhook }),
        body: { redeliver: SHOWN.webhook.webhook, room: "attic", from: MESSAGE },
      },
      {
        ...use("operator-remove", 200, "ChangedWebhook", { webhook: SHOWN.webhook }),
        body: { remove: SHOWN.webhook.webhook },
      },
    ],
  },
  {
    ...{ id: "listAudit", method: "get", path: AUDIT_PATH },
    summary: "Lists what moderators and operators have done, oldest first.",
    query: [
      {
        ...{ name: "limit", in: "query", description: "Maximum number of entries." },
        schema: { type: "integer", minimum: 1, maximum: MAX_AUDIT_ENTRIES, default: 50 },
        example: 50,
      },
      {
        ...{ name: "before", in: "query", description: "Only entries before this position." },
        schema: { type: "string" },
      },
    ],
    uses: [use("operator", 200, "Audit", { entries: [SHOWN.auditEntry], more: false })],
  },
  {
    ...{
      id: "operatorModerate",
      method: "post",
      path: MODERATION_PATH,
      body: MODERATION_REQUEST.body,
    },
    summary: "Does something that only moderators may do, in a room or in the whole service.",
    uses: [{
      ...use("operator", 200, "Moderated", {
        ...{ position: HELD_MESSAGE, user: OTHER_USER, room: "attic" },
        what: "muted Bob for 10 minutes: shouting",
      }),
      body: {
        ...{ action: "mute", room: "attic", user: OTHER_USER, name: "Bob" },
        ...{ seconds: 600, reason: "shouting" },
      },
    }],
  },
  {
    ...{ id: "listSanctions", method: "get", path: SANCTIONS_PATH },
    summary: "Lists who is muted or banned, in a room or in the whole service.",
    query: [{
      ...{ name: "room", in: "query", description: "Without it, in the whole service." },
      schema: { type: "string" },
      example: "attic",
    }],
    uses: [use("operator", 200, "Sanctions", { sanctions: [SHOWN.sanction], lockdown: false })],
  },
  {
    ...{ id: "listRevocations", method: "get", path: REVOCATIONS_PATH },
    summary: "Lists what was revoked within a year, newest first.",
    uses: [use("operator", 200, "Revocations", { revocations: [SHOWN.revocation] })],
  },
  {
    ...{ id: "revoke", method: "post", path: REVOCATIONS_PATH, body: REVOCATION_REQUEST.body },
    summary: "Signs out a user, a device or all users, or ends one token.",
    uses: [{ ...use("operator", 200, "Revocation", SHOWN.revocation), body: { device: DEVICE } }],
  },
];

function use(name: string, status: number, schema: string, answer: unknown): Use {
  return { name, status, schema: schemaRef(schema), answer };
}

/** The operations, by path and method. */
export function operatorOperations(): readonly (readonly [string, string, OperationPart])[] {
  return OPERATIONS.map((operation) =>
    [operation.path, operation.method, operationPart(operation)] as const
  );
}

function operationPart(
  { id, method, summary, body, query = [], uses }: OperatorOperation,
): OperationPart {
  const isChange = method === "post";
  const bodies = uses.flatMap(({ name, body }) => body ? [[name, body] as const] : []);
  return {
    operationId: id,
    summary,
    tags: ["Operators"],
    security: OPERATOR_SECURITY,
    parameters: query,
    ...(body && {
      requestBody: {
        required: true,
        content: jsonContent(asPart(jsonSchema(body)), Object.fromEntries(bodies)),
      },
    }),
    responses: {
      ...Object.fromEntries(uses.map(({ status }) => [status, responseOf(uses, status)])),
      ...problemRefs([400, 401, 403, 421, 503, ...(isChange ? [404, 409, 413, 429] : [])]),
    },
  };
}

function responseOf(uses: readonly Use[], status: number): Part {
  const own = uses.filter((it) => it.status === status);
  const examples = Object.fromEntries(own.map(({ name, answer }) => [name, answer]));
  return {
    description: "It was carried out.",
    content: jsonContent(own[0]?.schema ?? {}, examples),
  };
}

function asPart(schema: object): Part {
  return { ...schema };
}
