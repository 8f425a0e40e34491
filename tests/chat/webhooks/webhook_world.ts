/**
 * Processes that deliver to webhooks, on one bus and one store, with a receiver that answers as the test wants.
 * @module
 */
import assert from "node:assert/strict";
import { MemoryDirectoryStore } from "../../../lib/chat/members/memory_directory_store.ts";
import type { WebhookSender } from "../../../lib/chat/ports/webhook_sender.ts";
import type { WebhookObserver } from "../../../lib/chat/webhooks/webhook_context.ts";
import { WebhookDispatcher } from "../../../lib/chat/webhooks/webhook_dispatcher.ts";
import type {
  WebhookAnswer,
  WebhookCommand,
  WebhookReport,
} from "../../../lib/chat/ports/webhook_admin.ts";
import { WebhookRegistry } from "../../../lib/chat/webhooks/webhook_registry.ts";
import type { AttemptOutcome } from "../../../lib/core/webhooks/delivery_rules.ts";
import type { Webhook, WebhookEvent } from "../../../lib/core/webhooks/webhook.ts";
import type { WebhookMessage } from "../../../lib/core/webhooks/webhook_message.ts";
import { lobby, mustPublish, say } from "../../contract/fixtures.ts";
import { counter, FakeBus, FakeClock, flushMicrotasks } from "../../support/fakes.ts";

export const OK: AttemptOutcome = { kind: "answered", status: 200 };
export const ERROR: AttemptOutcome = { kind: "answered", status: 500 };

/** One attempt. */
export interface Attempt {
  readonly url: string;
  readonly message: WebhookMessage;
  readonly at: number;
}

/** What the receivers do with an attempt. */
export type Answer = (attempt: Attempt) => AttemptOutcome | Promise<AttemptOutcome>;

/** What a message is about, in a word: the text of a message, or its type. */
export function wordOf({ data, type }: WebhookMessage): string {
  return data.type === "said" ? data.text : type;
}

/** A process. */
export interface Process extends AsyncDisposable {
  readonly dispatcher: WebhookDispatcher;
  /** Stops it at once, as a crash does: it stores nothing more. */
  crash(): void;
}

export class WebhookWorld implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly bus = new FakeBus(this.clock);
  readonly store = new MemoryDirectoryStore();
  readonly attempts: Attempt[] = [];
  readonly observed: string[] = [];
  answer: Answer = () => OK;
  readonly registry: WebhookRegistry;
  readonly #isShared: boolean;
  readonly #newId = counter("id");
  readonly #processes = new Set<WebhookDispatcher>();
  readonly #life = new AbortController();
  readonly #pump: Promise<void>;

  constructor(isShared = false) {
    this.#isShared = isShared;
    this.registry = new WebhookRegistry({
      ...{ store: this.store, log: this.bus, clock: this.clock },
      newId: this.#newId,
      newSecret: () => "whsec_AAAA",
      // Other processes are not told.
      onChanged: () => !isShared && this.#processes.forEach((it) => it.onChanged()),
    });
    this.#pump = this.#announce();
  }

  /** Starts a process that delivers. */
  start(): Process {
    const life = new AbortController();
    let isCrashed = false;
    const { store } = this;
    const reachable: Pick<MemoryDirectoryStore, "list" | "commit"> = {
      list: (kind) => store.list(kind),
      commit: (changes) => isCrashed ? Promise.resolve(false) : store.commit(changes),
    };
    const dispatcher = new WebhookDispatcher({
      ...{ bus: this.bus, clock: this.clock, store: reachable, isShared: this.#isShared },
      sender: this.#sender(),
      random: () => 0,
      newId: this.#newId,
      observer: this.#observer(),
    });
    this.#processes.add(dispatcher);
    const running = dispatcher.run(life.signal);
    return {
      dispatcher,
      crash: () => {
        isCrashed = true;
        life.abort();
      },
      [Symbol.asyncDispose]: async () => {
        life.abort();
        await running;
        this.#processes.delete(dispatcher);
      },
    };
  }

  /** Adds a webhook and waits until it is delivered to. */
  async add(
    url: string,
    { rooms = [lobby], events = ["said"] }: Partial<Pick<Webhook, "rooms">> & {
      readonly events?: readonly WebhookEvent[];
    } = {},
  ): Promise<Webhook> {
    const webhook = done(await this.manage({ kind: "add", url, rooms, events }));
    await this.clock.advance(0);
    return webhook;
  }

  /** Does what an operator asks for. */
  async manage(command: WebhookCommand): Promise<WebhookAnswer> {
    return await this.registry.manageWebhooks(command);
  }

  /** All webhooks. */
  async list(): Promise<readonly WebhookReport[]> {
    const answer = await this.manage({ kind: "list" });
    return answer.kind === "listed" ? answer.reports : assert.fail();
  }

  /** Publishes texts, one after the other. */
  async say(texts: readonly string[], room = lobby): Promise<void> {
    for (const text of texts) await mustPublish(this.bus, say(text, { room }));
    await this.settle();
  }

  /** Lets everything happen that takes no time. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await flushMicrotasks();
  }

  /** What was attempted, in order. @param url To this URL only. */
  words(url?: string): readonly string[] {
    return this.attempts.filter((it) => url === undefined || it.url === url).map(({ message }) =>
      wordOf(message)
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#life.abort();
    await this.#pump;
  }

  #sender(): WebhookSender {
    return {
      send: async ({ url }, message, signal) => {
        const attempt = { url, message, at: this.clock.now() };
        this.attempts.push(attempt);
        const stopped = new Promise<AttemptOutcome>((resolve) => {
          const stop = () => resolve({ kind: "failed", why: "stopped" });
          signal.addEventListener("abort", stop);
        });
        return await Promise.race([this.answer(attempt), stopped]);
      },
    };
  }

  #observer(): WebhookObserver {
    const note = (what: string) => () => void this.observed.push(what);
    return {
      onAttempt: () => {},
      onFailing: note("failing"),
      onRecovered: note("recovered"),
      onDead: note("dead"),
      onLost: note("lost"),
      onDisabled: note("disabled"),
      onDamaged: note("damaged"),
    };
  }

  async #announce(): Promise<void> {
    for await (const batch of this.bus.announcements(this.#life.signal)) {
      for (const dispatcher of this.#processes) {
        for await (const _ of dispatcher.observe(once(batch)));
      }
    }
  }
}

async function* once<T>(item: T): AsyncGenerator<T> {
  yield await Promise.resolve(item);
}

/** The webhook after a change that must have been made. */
export function done(result: WebhookAnswer): Webhook {
  assert.ok(result.kind === "done", JSON.stringify(result));
  return result.webhook;
}
