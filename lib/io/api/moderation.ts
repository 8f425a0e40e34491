/**
 * `/api/v1/moderation` and `/api/v1/sanctions`: what operators do about users and rooms, and who is muted and banned.
 * Moderators do the same in the page.
 * @module
 */
import * as v from "valibot";
import type { PublishResult } from "../../chat/ports/bus.ts";
import {
  listSanctions,
  moderateAsOperator,
  type OperatorModerationContext,
  type OrderRefusal,
} from "../../chat/moderation/operator_moderation.ts";
import { eventText, FOREVER } from "../../core/log/room_event.ts";
import type { CurrentSanction } from "../../core/log/sanction_fields.ts";
import { FAULTS } from "../../core/protocol/faults.ts";
import { MODERATION_TERMS } from "../../core/protocol/requests.ts";
import { formatPosition } from "../../core/log/position.ts";
import { queryOf } from "../http/query.ts";
import { jsonResponse, type Problem, problemResponse } from "../http/responses.ts";
import { logger } from "../logger.ts";
import { type OperatorHandler, readFields } from "./operator.ts";

/** Path at which operators moderate. Users have an operation of their own there. */
export const MODERATION_PATH = "/api/v1/moderation";
/** Path at which operators list who is muted and banned. */
export const SANCTIONS_PATH = "/api/v1/sanctions";

// Strict: with a misspelled `seconds`, a mute would last for good.
const Body = v.strictObject(MODERATION_TERMS);

/** Schema of the body of a POST at {@linkcode MODERATION_PATH}, for the OpenAPI document. */
export const MODERATION_REQUEST = { body: Body } as const;

const EXPECTED = 'The body must be JSON with "action", and what it needs of "user", "name", ' +
  '"room", "seconds" and "reason"';

/** Creates the handler of {@linkcode MODERATION_PATH}, for operators only: see `forOperators`. */
export function moderationHandler(context: OperatorModerationContext): OperatorHandler {
  return async (request) => {
    if (request.method !== "POST") {
      const detail = "Things are done with POST";
      return problemResponse({ status: 405, detail, headers: { allow: "POST" } });
    }
    const order = await readFields(request, Body, EXPECTED);
    const done = await moderateAsOperator(order, context);
    if (done.kind === "refused") return refusalOf(done);
    const { event, room, result } = done;
    if (result.kind !== "entered") return rejectionOf(result);
    const user = "user" in event ? event.user : undefined;
    logger.info("moderation.done", {
      action: order.action,
      ...(user && { user }),
      ...(room && { room }),
    });
    return jsonResponse({
      position: formatPosition(result.position),
      ...(user && { user }),
      ...(room && { room }),
      what: eventText(event, { seconds: order.seconds }),
    });
  };
}

/** Creates the handler of {@linkcode SANCTIONS_PATH}, for operators only. */
export function sanctionsHandler(context: OperatorModerationContext): OperatorHandler {
  return async ({ method, url }) => {
    if (method !== "GET") {
      const detail = `Mutes and bans are read with GET, and changed at ${MODERATION_PATH}`;
      return problemResponse({ status: 405, detail, headers: { allow: "GET, HEAD" } });
    }
    const listed = await listSanctions(queryOf(url).get("room") ?? undefined, context);
    if (listed.kind === "refused") return refusalOf(listed);
    const { sanctions, isLockedDown } = listed;
    return jsonResponse({ sanctions: sanctions.map(describe), lockdown: isLockedDown });
  };
}

const STATUSES = { wrong: 400, missing: 404, ambiguous: 409 } as const;

function refusalOf({ problem, code, why }: OrderRefusal): Response {
  return problemResponse({ status: STATUSES[problem], code, detail: why });
}

function rejectionOf(result: Extract<PublishResult, { readonly kind: "rejected" }>): Response {
  const { why, afterMs } = result;
  if (why === "slow_down" || why === "slow_mode") return problemResponse(slowDown(afterMs ?? 0));
  return problemResponse({ status: 409, code: why, detail: FAULTS[why].message });
}

function slowDown(afterMs: number): Problem {
  return {
    status: 429,
    code: "slow_down",
    detail: "The room receives more than it can deliver",
    afterMs,
    headers: { "retry-after": String(Math.ceil(afterMs / 1_000)) },
  };
}

function describe(
  { kind, user, name, until, reason, rank, guest }: CurrentSanction,
): Readonly<Record<string, unknown>> {
  return {
    ...{ kind, user, name },
    ...(until !== FOREVER && { until: new Date(until).toISOString() }),
    ...(reason && { reason }),
    rank,
    ...(guest && { guest }),
  };
}
