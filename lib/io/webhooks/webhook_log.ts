/**
 * Records what becomes of webhooks, as metrics and log records. They name webhooks by their ids: a URL can have a secret in
 * its path or query, so only its host is logged, and only when it is added.
 * @module
 */
import type { WebhookMetrics } from "../../chat/metrics.ts";
import type {
  WebhookAdmin,
  WebhookAnswer,
  WebhookCommand,
} from "../../chat/ports/webhook_admin.ts";
import type { WebhookObserver } from "../../chat/webhooks/webhook_context.ts";
import { formatPosition } from "../../core/log/position.ts";
import type { AttemptOutcome } from "../../core/webhooks/delivery_rules.ts";
import { type LogFields, logger } from "../logger.ts";

/** An observer that counts and logs. */
export function recordingObserver(metrics: WebhookMetrics): WebhookObserver {
  return {
    onAttempt(outcome, seconds) {
      metrics.attempts[countedAs(outcome)].add();
      metrics.attemptSeconds.observe(seconds);
    },
    onFailing({ id: webhook }, room, outcome) {
      logger.warn("webhook.failing", { webhook, room, ...fieldsOf(outcome) });
    },
    onRecovered({ id: webhook }, room) {
      logger.info("webhook.recovered", { webhook, room });
    },
    onDead({ id: webhook }, room, position) {
      metrics.deadLetters.add();
      logger.warn("webhook.gave_up", { webhook, room, position: formatPosition(position) });
    },
    onLost({ id: webhook }, room, reason) {
      metrics.losses.add();
      logger.warn("webhook.lost", { webhook, room, reason });
    },
    onDisabled({ id: webhook }) {
      logger.warn("webhook.disabled", { webhook });
    },
    onDamaged(webhook) {
      logger.error("webhook.damaged", { webhook });
    },
  };
}

/** Logs what operators do about webhooks. */
export function loggedWebhooks(webhooks: WebhookAdmin): WebhookAdmin {
  return {
    async manageWebhooks(command) {
      const answer = await webhooks.manageWebhooks(command);
      logChange(command, answer);
      return answer;
    },
  };
}

function logChange(command: WebhookCommand, answer: WebhookAnswer): void {
  if (answer.kind !== "done") return;
  const { id: webhook, url, rooms } = answer.webhook;
  switch (command.kind) {
    case "add":
      return logger.info("webhook.added", {
        webhook,
        host: new URL(url).host,
        rooms: rooms.length,
      });
    case "remove":
      return logger.info("webhook.removed", { webhook });
    case "enable":
      return logger.info("webhook.enabled", { webhook });
    case "redeliver": {
      const room = command.start?.room;
      return logger.info("webhook.redelivering", { webhook, ...(room && { room }) });
    }
  }
}

function countedAs(outcome: AttemptOutcome): keyof WebhookMetrics["attempts"] {
  if (outcome.kind === "failed") return "failed";
  return outcome.status >= 200 && outcome.status < 300 ? "delivered" : "refused";
}

function fieldsOf(outcome: AttemptOutcome): LogFields {
  return outcome.kind === "failed" ? { why: outcome.why } : { status: outcome.status };
}
