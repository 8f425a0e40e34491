/**
 * `/api/v1/webhooks`: adds, lists and changes webhooks. For operators only. The secret of a webhook is in the answer that adds
 * it, and in no other.
 * @module
 */
import * as v from "valibot";
import type {
  WebhookAdmin,
  WebhookAnswer,
  WebhookCommand,
  WebhookReport,
} from "../../chat/ports/webhook_admin.ts";
import { formatPosition, parsePosition, POSITION_RULE } from "../../core/log/position.ts";
import { parseRoom, ROOM_RULE, type RoomId } from "../../core/names/names.ts";
import type { RoomCursor } from "../../core/webhooks/delivery_state.ts";
import {
  type AllowedTargets,
  checkWebhookUrl,
  MAX_WEBHOOK_ROOMS,
  type Webhook,
  WEBHOOK_EVENTS,
} from "../../core/webhooks/webhook.ts";
import { jsonResponse, problemResponse } from "../http/responses.ts";
import { type OperatorHandler, readFields, RequestProblem } from "./operator.ts";

/** Path at which operators list, add and change webhooks. */
export const WEBHOOKS_PATH = "/api/v1/webhooks";

const EXPECTED =
  'The body must be JSON with "url", "rooms" and "events", or with one of "remove", ' +
  '"enable" and "redeliver" and the id of a webhook; with "redeliver" also "room" and "from"';

const Body = v.union([
  v.strictObject({
    url: v.string(),
    rooms: v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(MAX_WEBHOOK_ROOMS)),
    events: v.pipe(v.array(v.picklist(WEBHOOK_EVENTS)), v.minLength(1)),
  }),
  v.strictObject({ remove: v.string() }),
  v.strictObject({ enable: v.string() }),
  v.strictObject({ redeliver: v.string() }),
  v.strictObject({ redeliver: v.string(), room: v.string(), from: v.string() }),
]);

/** Schema of a POST's body, for the OpenAPI document. */
export const WEBHOOK_REQUEST = { body: Body } as const;

/** Creates the handler of {@linkcode WEBHOOKS_PATH}. @param allowed Where webhooks may lead. */
export function webhooksHandler(webhooks: WebhookAdmin, allowed: AllowedTargets): OperatorHandler {
  return async (request) => {
    if (request.method === "GET") {
      return answerOf(await webhooks.manageWebhooks({ kind: "list" }), "list");
    }
    if (request.method !== "POST") {
      const detail = "Webhooks are read with GET and changed with POST";
      return problemResponse({ status: 405, detail, headers: { allow: "GET, POST, HEAD" } });
    }
    const command = commandOf(await readFields(request, Body, EXPECTED), allowed);
    return answerOf(await webhooks.manageWebhooks(command), command.kind);
  };
}

function commandOf(
  output: v.InferOutput<typeof Body>,
  allowed: AllowedTargets,
): WebhookCommand {
  if ("remove" in output) return { kind: "remove", id: output.remove };
  if ("enable" in output) return { kind: "enable", id: output.enable };
  if ("redeliver" in output) {
    const { redeliver: id } = output;
    if (!("room" in output)) return { kind: "redeliver", id };
    const from = parsePosition(output.from);
    if (from === undefined) throw refusal(`from: ${POSITION_RULE}`);
    return { kind: "redeliver", id, start: { room: roomOf(output.room, "room"), from } };
  }
  const checked = checkWebhookUrl(output.url, allowed);
  if (checked.kind === "bad") throw refusal(`The URL ${checked.why}`);
  const rooms = [...new Set(output.rooms.map((it, index) => roomOf(it, `rooms.${index}`)))];
  return { kind: "add", url: checked.url.href, rooms, events: [...new Set(output.events)] };
}

function roomOf(text: string, field: string): RoomId {
  const room = parseRoom(text);
  if (room !== undefined) return room;
  const detail = `${field}: ${ROOM_RULE}`;
  throw new RequestProblem({ status: 400, code: "bad_room", detail });
}

function refusal(detail: string): RequestProblem {
  return new RequestProblem({ status: 400, code: "bad_frame", detail });
}

const STATUSES = { missing: 404, conflict: 409, full: 409 } as const;

function answerOf(answer: WebhookAnswer, kind: WebhookCommand["kind"]): Response {
  switch (answer.kind) {
    case "refused": {
      const { problem, why } = answer;
      return problemResponse({ status: STATUSES[problem], detail: why });
    }
    case "listed":
      return jsonResponse({ webhooks: answer.reports.map(describeReport) });
    case "done": {
      const { webhook } = answer;
      const secret = kind === "add" && { secret: webhook.secret };
      return jsonResponse({ webhook: describe(webhook), ...secret });
    }
  }
}

function describe(
  { id, url, rooms, events, createdAt, disabled }: Webhook,
): Readonly<Record<string, unknown>> {
  return {
    ...{ webhook: id, url, rooms, events, createdAt: timeOf(createdAt) },
    ...(disabled && { disabled }),
  };
}

function describeReport({ webhook, rooms }: WebhookReport): Readonly<Record<string, unknown>> {
  const deliveries = webhook.rooms.flatMap((room) => {
    const cursor = rooms.get(room);
    return cursor ? [describeCursor(room, cursor)] : [];
  });
  return { ...describe(webhook), deliveries };
}

function describeCursor(
  room: RoomId,
  { after, failing, dead }: RoomCursor,
): Readonly<Record<string, unknown>> {
  return {
    ...{ room, delivered: formatPosition(after) },
    ...(failing && { failing: { ...failing, since: timeOf(failing.since) } }),
    ...(dead && { gaveUp: dead.count }),
  };
}

function timeOf(date: number): string {
  return new Date(date).toISOString();
}
