/**
 * What operators do about webhooks. It only changes records: whichever process owns a webhook follows them.
 * @module
 */
import { type DeliveryState, redeliveryCursor } from "../../core/webhooks/delivery_state.ts";
import { MAX_WEBHOOKS, type Webhook } from "../../core/webhooks/webhook.ts";
import { BusUnavailable, type RoomHistory } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { DirectoryStore, RecordChange, RecordKey } from "../ports/directory_store.ts";
import type {
  RedeliveryStart,
  WebhookAdmin,
  WebhookAnswer,
  WebhookCommand,
} from "../ports/webhook_admin.ts";
import {
  cursorsOf,
  readState,
  readWebhook,
  stateChange,
  webhookChange,
} from "./webhook_records.ts";

/** What {@linkcode WebhookRegistry} needs from the process. */
export interface RegistryContext {
  /** Where the webhooks are. */
  readonly store: Pick<DirectoryStore, "list" | "read" | "commit">;
  /** Reads where a log ends, and whether it has a position. */
  readonly log: Pick<RoomHistory, "page" | "replay">;
  /** Current date, for the time at which a webhook is added. */
  readonly clock: Pick<Clock, "date">;
  /** Draws a unique id. */
  readonly newId: () => string;
  /** Draws the secret of a webhook. */
  readonly newSecret: () => string;
  /** Called after each change. */
  readonly onChanged: () => void;
}

/** A webhook's records as they were read. */
interface Found {
  readonly webhook: Webhook;
  readonly record: string;
  readonly state: DeliveryState | undefined;
  readonly stateText: string | undefined;
}

type Refused = Extract<WebhookAnswer, { readonly kind: "refused" }>;
type Attempt = Refused | { readonly changes: readonly RecordChange[]; readonly webhook: Webhook };

/** The owner changes the record about once a second. */
const MAX_ATTEMPTS = 50;

/** The webhooks of a store. */
export class WebhookRegistry implements WebhookAdmin {
  readonly #context: RegistryContext;

  /** Reads nothing yet. */
  constructor(context: RegistryContext) {
    this.#context = context;
  }

  async manageWebhooks(command: WebhookCommand): Promise<WebhookAnswer> {
    switch (command.kind) {
      case "list":
        return await this.#list();
      case "add":
        return await this.#add(command);
      case "remove":
        return await this.#remove(command.id);
      case "enable":
        return await this.#enable(command.id);
      case "redeliver":
        return await this.#redeliver(command.id, command.start);
    }
  }

  async #list(): Promise<WebhookAnswer> {
    const { store } = this.#context;
    const records = await store.list("webhook");
    const states = await store.list("webhook_state");
    const reports = [...records].flatMap(([id, record]) => {
      const webhook = readWebhook(record);
      return webhook ? [{ webhook, rooms: readState(states.get(id))?.rooms ?? new Map() }] : [];
    });
    const byAge = reports.toSorted((a, b) => a.webhook.createdAt - b.webhook.createdAt);
    return { kind: "listed", reports: byAge };
  }

  async #add(
    { url, rooms, events }: Pick<Webhook, "url" | "rooms" | "events">,
  ): Promise<WebhookAnswer> {
    const { store, log, clock, newId, newSecret } = this.#context;
    if ((await store.list("webhook")).size >= MAX_WEBHOOKS) {
      return {
        kind: "refused",
        problem: "full",
        why: `there are ${MAX_WEBHOOKS} webhooks already`,
      };
    }
    const id = `wh_${newId()}`;
    const createdAt = clock.date();
    const webhook = { id, url, rooms, events, secret: newSecret(), createdAt };
    const state = { owner: null, beat: 0, rooms: await cursorsOf(webhook, undefined, log) };
    const changes = [webhookChange(id, undefined, webhook), stateChange(id, undefined, state)];
    return await this.#change(() => Promise.resolve({ changes, webhook }));
  }

  async #remove(id: string): Promise<WebhookAnswer> {
    return await this.#changeFound(id, ({ webhook, record, stateText }) => ({
      changes: [
        webhookChange(id, record, undefined),
        ...(stateText === undefined ? [] : [stateChange(id, stateText, undefined)]),
      ],
      webhook,
    }));
  }

  async #enable(id: string): Promise<WebhookAnswer> {
    return await this.#changeFound(id, ({ webhook: { disabled, ...webhook }, record }) => {
      if (disabled === undefined) return conflict("the webhook is not disabled");
      return { changes: [webhookChange(id, record, webhook)], webhook };
    });
  }

  async #redeliver(id: string, start: RedeliveryStart | undefined): Promise<WebhookAnswer> {
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
  ): Promise<WebhookAnswer> {
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

  /** Makes changes, and repeats them until no other change interferes. */
  async #change(attempt: () => Promise<Attempt>): Promise<WebhookAnswer> {
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
