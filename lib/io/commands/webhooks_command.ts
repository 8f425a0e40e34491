/**
 * Runs `parley webhooks`: asks the running service to add, list or change webhooks.
 * @module
 */
import * as v from "valibot";
import { WEBHOOKS_PATH } from "../api/webhooks.ts";
import { askService, type OperatorSettings } from "./operator_client.ts";

const WebhookShape = {
  webhook: v.string(),
  url: v.string(),
  events: v.array(v.string()),
  disabled: v.optional(v.string()),
};
const Changed = v.object({ webhook: v.object(WebhookShape), secret: v.optional(v.string()) });
const Listed = v.object({
  webhooks: v.array(v.object({
    ...WebhookShape,
    deliveries: v.array(v.object({
      room: v.string(),
      delivered: v.string(),
      failing: v.optional(v.object({ since: v.string(), attempts: v.number() })),
      gaveUp: v.optional(v.number()),
    })),
  })),
});

type ListedWebhook = v.InferOutput<typeof Listed>["webhooks"][number];

/**
 * Sends the request; resolves with the exit status: see {@linkcode askService}.
 *
 * @param body The body of the request; undefined to list the webhooks.
 */
export async function runWebhooksCommand(
  body: Readonly<Record<string, unknown>> | undefined,
  settings: OperatorSettings,
): Promise<number> {
  const describe = body === undefined ? describeWebhooks : describeChange;
  return await askService({ path: WEBHOOKS_PATH, body }, settings, describe);
}

/** What has become of a change as text; undefined if the response is none. */
export function describeChange(response: unknown): string | undefined {
  const parsed = v.safeParse(Changed, response);
  if (!parsed.success) return undefined;
  const { webhook: { webhook, url }, secret } = parsed.output;
  if (secret === undefined) return `Done: ${webhook} (${url})\n`;
  return `Added ${webhook}. Its secret, which is not shown again:\n${secret}\n`;
}

/** The webhooks as text, each with a line for each of its rooms; undefined if the response has none. */
export function describeWebhooks(response: unknown): string | undefined {
  const parsed = v.safeParse(Listed, response);
  if (!parsed.success) return undefined;
  const lines = parsed.output.webhooks.flatMap(linesOf);
  return lines.length === 0 ? "There are no webhooks\n" : `${lines.join("\n")}\n`;
}

function linesOf({ webhook, url, events, disabled, deliveries }: ListedWebhook): string[] {
  const state = disabled === undefined ? "enabled" : "disabled: the receiver answered 410";
  const rooms = deliveries.map(({ room, delivered, failing, gaveUp }) => {
    const trouble = [
      failing && `failing since ${failing.since} (${failing.attempts} attempts)`,
      gaveUp && `gave up ${gaveUp}`,
    ].filter(Boolean);
    return ["", room, `up to ${delivered}`, ...trouble].join("\t");
  });
  return [[webhook, state, events.join(","), url].join("\t"), ...rooms];
}
