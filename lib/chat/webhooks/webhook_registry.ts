/**
 * What operators do about webhooks. It only changes records: whichever process owns a webhook follows them.
 * @module
 */
import type { Position } from "../../core/log/position.ts";
import type { RoomId } from "../../core/names/names.ts";
import {
  type DeliveryState,
  redeliveryCursor,
  type RoomCursor,
} from "../../core/webhooks/delivery_state.ts";
import { MAX_WEBHOOKS, type Webhook } from "../../core/webhooks/webhook.ts";
import { BusUnavailable, type RoomHistory } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { DirectoryStore, RecordChange, RecordKey } from "../ports/directory_store.ts";
import {
  cursorsOf,
  readState,
  readWebhook,
  stateChange,
  webhookChange,
} from "./webhook_records.ts";

/** What the registry needs. */
export interface RegistryContext {
  /** Where the webhooks are. */
  readonly store: Pick<DirectoryStore, "list" | "read" | "commit">;
  /** The rooms. */
  readonly log: Pick<RoomHistory, "page" | "replay">;
  /** For times. */
  readonly clock: Pick<Clock, "date">;
  /** Draws a unique id. */
  readonly newId: () => string;
  /** Draws the secret of a webhook. */
  readonly newSecret: () => string;
  /** Called after each change. */
  readonly onChanged: () => void;
}

/** A webhook and how far it was told about its rooms. */
export interface WebhookReport {
  /** The webhook. */
  readonly webhook: Webhook;
  /** The rooms. */
  readonly rooms: ReadonlyMap<RoomId, RoomCursor>;
}

/** Where deliveries start again. */
export interface RedeliveryStart {
  /** The room. */
  readonly room: RoomId;
  /** The first position to deliver. */
  readonly from: Position;
}

/** What became of a change. */
export type RegistryResult =
  | {
    readonly kind: "done";
    /** After the change; before it if it removes the webhook. */
    readonly webhook: Webhook;
  }
  | {
    readonly kind: "refused";
    /** There is nothing of this id, what was asked for cannot be done, or there are too many. */
    readonly problem: "missing" | "conflict" | "full";
    /** Why, for people. */
    readonly why: string;
  };

/** A webhook's records as they were read. */
interface Found {
  readonly webhook: Webhook;
  readonly record: string;
  readonly state: DeliveryState | undefined;
  readonly stateText: string | undefined;
}

type Refused = Extract<RegistryResult, { readonly kind: "refused" }>;
type Attempt = Refused | { readonly changes: readonly RecordChange[]; readonly webhook: Webhook };

/** The owner changes the record about once a second. */
const MAX_ATTEMPTS = 50;

/** The webhooks of a store. All methods reject with `BusUnavailable`. */
export class WebhookRegistry {
  readonly #context: RegistryContext;

  /** Reads nothing yet. */
  constructor(context: RegistryContext) {
    this.#context = context;
  }

  /** All webhooks, the oldest first. */
  async list(): Promise<readonly WebhookReport[]> {
    const { store } = this.#context;
    const records = await store.list("webhook");
    const states = await store.list("webhook_state");
    const reports = [...records].flatMap(([id, record]) => {
      const webhook = readWebhook(record);
      return webhook ? [{ webhook, rooms: readState(states.get(id))?.rooms ?? new Map() }] : [];
    });
    return reports.toSorted((a, b) => a.webhook.createdAt - b.webhook.createdAt);
  }

  /** Adds a webhook, which is told what happens from now on. */
  async add(wanted: Pick<Webhook, "url" | "rooms" | "events">): Promise<RegistryResult> {
    const { store, log, clock, newId, newSecret } = this.#context;
    if ((await store.list("webhook")).size >= MAX_WEBHOOKS) {
      return {
        kind: "refused",
        problem: "full",
        why: `there are ${MAX_WEBHOOKS} webhooks already`,
      };
    }
    const id = `wh_${newId()}`;
    const webhook = { id, ...wanted, secret: newSecret(), createdAt: clock.date() };
    const state = { owner: null, beat: 0, rooms: await cursorsOf(webhook, undefined, log) };
    return await this.#change(() =>
      Promise.resolve({
        changes: [webhookChange(id, undefined, webhook), stateChange(id, undefined, state)],
        webhook,
      })
    );
  }

  /** Removes a webhook with everything that was to be delivered to it. */
  async remove(id: string): Promise<RegistryResult> {
    return await this.#changeFound(id, ({ webhook, record, stateText }) => ({
      changes: [
        webhookChange(id, record, undefined),
        ...(stateText === undefined ? [] : [stateChange(id, stateText, undefined)]),
      ],
      webhook,
    }));
  }

  /** Delivers again to a webhook whose receiver has answered 410, from where it stopped. */
  async enable(id: string): Promise<RegistryResult> {
    return await this.#changeFound(id, ({ webhook: { disabled, ...webhook }, record }) => {
      if (disabled === undefined) return conflict("the webhook is not disabled");
      return { changes: [webhookChange(id, record, webhook)], webhook };
    });
  }

  /**
   * Delivers again from a position of one room. Without one, from the first message that was given up, in each room that has
   * one, and at once where a message waits to be tried again.
   */
  async redeliver(id: string, start: RedeliveryStart | undefined): Promise<RegistryResult> {
    return await this.#changeFound(id, async ({ webhook, state, stateText }) => {
      if (state === undefined) return conflict("nothing is known of its deliveries");
      const rooms = start
        ? await this.#startingAt(webhook, state, start)
        : startedAgain(state.rooms);
      if ("kind" in rooms) return rooms;
      // The cursors may be those that are stored, while the owner is further. The beat shows that it was changed.
      const changed = { ...state, rooms, beat: state.beat + 1 };
      return { changes: [stateChange(id, stateText, changed)], webhook };
    });
  }

  async #startingAt(
    webhook: Webhook,
    state: DeliveryState,
    { room, from }: RedeliveryStart,
  ): Promise<DeliveryState["rooms"] | Refused> {
    if (!webhook.rooms.includes(room)) return conflict(`the webhook is not about ${room}`);
    const cursor = redeliveryCursor(state.rooms.get(room) ?? { after: from }, from);
    if (cursor === undefined) return conflict("there is no such position");
    const { lossReason } = await this.#context.log.replay(room, cursor.after, 0);
    if (lossReason === "unknown_epoch" || lossReason === "rewound") {
      return conflict(`${room} has no such position`);
    }
    return new Map([...state.rooms, [room, cursor]]);
  }

  async #changeFound(
    id: string,
    attempt: (found: Found) => Attempt | Promise<Attempt>,
  ): Promise<RegistryResult> {
    return await this.#change(async () => {
      const keys: readonly RecordKey[] = [{ kind: "webhook", id }, { kind: "webhook_state", id }];
      const [record, stateText] = await this.#context.store.read(keys);
      const webhook = record === undefined ? undefined : readWebhook(record);
      if (record === undefined || webhook === undefined) {
        return { kind: "refused", problem: "missing", why: "there is no webhook with this id" };
      }
      return await attempt({ webhook, record, state: readState(stateText), stateText });
    });
  }

  /** Makes changes once nobody interferes. */
  async #change(attempt: () => Promise<Attempt>): Promise<RegistryResult> {
    for (let left = MAX_ATTEMPTS; left > 0; left--) {
      const wanted = await attempt();
      if ("kind" in wanted) return wanted;
      if (!(await this.#context.store.commit(wanted.changes))) continue;
      this.#context.onChanged();
      return { kind: "done", webhook: wanted.webhook };
    }
    throw new BusUnavailable("too many changes at the same time, try again", {
      mayHaveApplied: false,
    });
  }
}

function startedAgain(rooms: DeliveryState["rooms"]): DeliveryState["rooms"] | Refused {
  const isNone = rooms.values().every(({ dead, failing }) => !dead && !failing);
  if (isNone) return conflict("no message has failed: state a room and a position");
  return new Map(
    rooms.entries().map(([room, cursor]) => {
      const { failing: _, ...calm } = cursor;
      return [room, redeliveryCursor(cursor, undefined) ?? calm];
    }),
  );
}

function conflict(why: string): Refused {
  return { kind: "refused", problem: "conflict", why };
}
