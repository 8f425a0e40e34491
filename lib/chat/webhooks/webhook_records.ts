/**
 * Reads the records of webhooks and of their deliveries.
 * @module
 */
import type { Position } from "../../core/log/position.ts";
import type { RoomId } from "../../core/names/names.ts";
import {
  type DeliveryState,
  formatDeliveryState,
  parseDeliveryState,
  type RoomCursor,
} from "../../core/webhooks/delivery_state.ts";
import { parseStoredWebhook, type Webhook } from "../../core/webhooks/webhook.ts";
import type { RoomHistory } from "../ports/bus.ts";
import type { RecordChange } from "../ports/directory_store.ts";

/** The webhook that a record describes; undefined if it is damaged. */
export function readWebhook(text: string): Webhook | undefined {
  return parseStoredWebhook(parseJson(text));
}

/** The state that a record describes; undefined if there is none, or if it is damaged. */
export function readState(text: string | undefined): DeliveryState | undefined {
  return text === undefined ? undefined : parseDeliveryState(parseJson(text));
}

/** Changes a webhook. @param from The record as it was read. */
export function webhookChange(
  id: string,
  from: string | undefined,
  webhook: Webhook | undefined,
): RecordChange {
  return { kind: "webhook", id, from, to: webhook && JSON.stringify(webhook) };
}

/** Changes the state of a webhook's deliveries. @param from The record as it was read. */
export function stateChange(
  id: string,
  from: string | undefined,
  state: DeliveryState | undefined,
): RecordChange {
  return { kind: "webhook_state", id, from, to: state && formatDeliveryState(state) };
}

/** The cursors of a webhook's rooms; of those that have none, at the end of the log. Rejects with `BusUnavailable`. */
export async function cursorsOf(
  { rooms }: Pick<Webhook, "rooms">,
  state: DeliveryState | undefined,
  log: Pick<RoomHistory, "page">,
): Promise<ReadonlyMap<RoomId, RoomCursor>> {
  const cursors = rooms.map(async (room) => {
    const cursor = state?.rooms.get(room) ?? { after: await topOf(room, log) };
    return [room, cursor] as const;
  });
  return new Map(await Promise.all(cursors));
}

async function topOf(room: RoomId, log: Pick<RoomHistory, "page">): Promise<Position> {
  return (await log.page(room, undefined, 0)).top;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
