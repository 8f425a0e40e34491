/**
 * What operators are answered: the schemas, and an example of each. A test compares both with a running service.
 * @module
 */
import { ROLES } from "../../../lib/core/auth/member.ts";
import { ROOM_ACTIONS } from "../../../lib/core/auth/rights.ts";
import { RANKS } from "../../../lib/core/log/room_event.ts";
import { FRAMES } from "../../../lib/core/protocol/frames.ts";
import { jsonSchema } from "./json_schema.ts";
import { WEBHOOK_EVENTS } from "../../../lib/core/webhooks/webhook.ts";
import { listSchema, objectSchema, type Part, schemaRef, textSchema } from "./schema.ts";
import { DEVICE, HELD_MESSAGE, INVITE, OTHER_USER } from "./user_examples.ts";

const user = textSchema("The user's id.");
const name = textSchema("The user's name.");
const room = textSchema("The room.");
const invite = textSchema("The invite's id; not its secret.");
const role = { enum: ROLES };

function time(description: string): Part {
  return { type: "string", format: "date-time", description };
}

/** The schemas, by name. */
export const OPERATOR_SCHEMAS: Readonly<Record<string, Part>> = {
  Key: objectSchema({
    key: textSchema("The key's id; not its secret."),
    user: textSchema("The id of the user that acts with the key."),
    name: textSchema("The name under which it sends messages."),
    rooms: listSchema({ type: "string" }, "Rooms, or beginnings of rooms, each followed by *."),
    allow: listSchema({ enum: ROOM_ACTIONS }, "What it may do there."),
    createdAt: time("When it was added."),
  }, {
    expiresAt: time("When it expires; missing for never."),
    usedAt: time("When it was last used, within a minute; missing if it never was."),
  }),
  Keys: objectSchema({ keys: listSchema(schemaRef("Key")) }),
  AddedKey: objectSchema({
    key: schemaRef("Key"),
    secret: textSchema("What programs send. The service no longer knows it."),
  }),
  RemovedKey: objectSchema({ removed: textSchema("The key's id.") }),
  OperatorInviteTerms: objectSchema({
    invite,
    role,
    rooms: listSchema({ type: "string" }, "The rooms that new members see first."),
    usesLeft: { type: "integer", minimum: 0, description: "How many can still use it." },
    createdAt: time("When it was made."),
    expiresAt: time("When it expires."),
  }, {
    by: textSchema("The id of the user who made it; missing for operators."),
    member: textSchema("The id of the member to whom it adds a device."),
  }),
  OperatorInvites: objectSchema({ invites: listSchema(schemaRef("OperatorInviteTerms")) }),
  OperatorInvite: objectSchema({
    invite: schemaRef("OperatorInviteTerms"),
    secret: textSchema("The secret, which is in the link."),
    link: textSchema("What people open."),
  }),
  OperatorUsers: objectSchema({
    users: listSchema(objectSchema({
      user,
      name,
      role,
      joinedAt: time("When the member joined."),
      devices: { type: "integer", minimum: 0, description: "The number of devices." },
    }, {
      seenAt: time("When one of them last signed in."),
      invitedBy: textSchema("The id of the user who made the invite."),
    })),
  }),
  Webhook: webhookSchema(),
  ChangedWebhook: objectSchema({ webhook: schemaRef("Webhook") }, {
    secret: textSchema("Only of a new one: the key of its signatures."),
  }),
  Webhooks: objectSchema({
    webhooks: listSchema(webhookSchema({
      deliveries: listSchema(objectSchema({
        room,
        delivered: textSchema("The position up to which everything is delivered."),
      }, {
        failing: objectSchema({
          since: time("When the first attempt failed."),
          attempts: { type: "integer", minimum: 1, description: "The number of attempts." },
        }),
        gaveUp: { type: "integer", minimum: 1, description: "The number of messages given up." },
      })),
    })),
  }),
  Audit: objectSchema({
    entries: listSchema(objectSchema({
      position: textSchema("Where it is in the log, as epoch:seq."),
      at: time("When it was done."),
      by: objectSchema({ user, name }),
      what: textSchema("What was done, in words."),
    }, {
      event: eventSchema(),
    })),
    more: { type: "boolean", description: "Whether there are earlier ones." },
  }, {
    reason: {
      enum: ["unknown_epoch", "rewound"],
      description:
        "Why the log does not know the position in `before`; these are the newest entries.",
    },
  }),
  Moderated: objectSchema({
    position: textSchema("The position of the entry in the room, or in _audit."),
    what: textSchema("What was done, in words."),
  }, { user, room }),
  Sanctions: objectSchema({
    sanctions: listSchema(objectSchema({
      kind: { enum: ["mute", "ban"] },
      user: textSchema("The user's id, or one with ip_ that stands for an address."),
      name,
      rank: { enum: RANKS, description: "It has no effect on those who rank as high." },
    }, {
      until: time("When it ends; missing for never."),
      reason: textSchema("Why."),
      guest: textSchema("With an address: the guest who was connected from it."),
    })),
    lockdown: { type: "boolean", description: "Whether the service is closed to guests." },
  }),
  Revocation: objectSchema({ before: time("What was issued before it is no longer valid.") }, {
    user,
    token: textSchema("The id of a token."),
    device: textSchema("The id of a device."),
    all: { const: true },
  }),
  Revocations: objectSchema({ revocations: listSchema(schemaRef("Revocation")) }),
};

function webhookSchema(more: Part = {}): Part {
  return objectSchema({
    webhook: textSchema("The webhook's id."),
    url: textSchema("Where it leads."),
    rooms: listSchema({ type: "string" }),
    events: listSchema({ enum: WEBHOOK_EVENTS }),
    createdAt: time("When it was added."),
    ...more,
  }, { disabled: { const: "gone", description: "Set if the receiver has answered 410." } });
}

/** As in frames, but for the time. */
function eventSchema(): Part {
  const event = jsonSchema(FRAMES.said).properties?.event;
  if (typeof event !== "object") throw new TypeError("Cannot describe events: said has none");
  return { ...event, properties: { ...event.properties, until: time("When it ends.") } };
}

const AT = "2026-03-01T12:00:00.000Z";
const KEY = "d7c1x9";
const LINK = "https://chat.example/";
const SECRET = "Lk1sWe7AhTgV0mXrQ9cYb4";
const shownInvite = {
  ...{ invite: INVITE, role: "member", rooms: ["team"], usesLeft: 20 },
  ...{ createdAt: AT, expiresAt: "2026-03-02T12:00:00.000Z" },
};

/** What is in the examples of answers. */
export const ANSWER_EXAMPLES = {
  key: {
    ...{ key: KEY, user: "k_7c1x9d2m", name: "ci", rooms: ["deploys"], allow: ["send"] },
    createdAt: AT,
  },
  keySecret: "parley_V0mXrQ9cYb4Lk1sWe7AhTgV0mXrQ9cYb4Lk1sWe7AhT",
  invite: shownInvite,
  invited: { invite: shownInvite, secret: SECRET, link: `${LINK}#invite=${SECRET}` },
  invitedDevice: {
    invite: {
      ...{ ...shownInvite, rooms: [], usesLeft: 1, member: OTHER_USER },
      expiresAt: "2026-03-01T13:00:00.000Z",
    },
    secret: SECRET,
    link: `${LINK}#device=${SECRET}`,
  },
  user: { user: OTHER_USER, name: "Bob", role: "member", joinedAt: AT, devices: 1, seenAt: AT },
  auditEntry: {
    ...{ position: HELD_MESSAGE, at: AT, by: { user: "m_8k2annq7", name: "Ann" } },
    what: "muted Bob for 10 minutes",
    event: {
      ...{ kind: "mute", room: "attic", user: OTHER_USER, name: "Bob" },
      ...{ until: "2026-03-01T12:10:00.000Z", reason: "shouting", rank: "moderator" },
    },
  },
  sanction: {
    ...{ kind: "mute", user: OTHER_USER, name: "Bob", until: "2026-03-01T12:10:00.000Z" },
    ...{ reason: "shouting", rank: "operator" },
  },
  webhook: {
    ...{ webhook: "wh_2m9c4x7k", url: "https://bot.example/parley" },
    ...{ rooms: ["attic"], events: ["said"], createdAt: AT },
  },
  webhookSecret: "whsec_V0mXrQ9cYb4Lk1sWe7AhTgV0mXrQ9cYb4Lk1sWe7AhT=",
  revocation: { device: DEVICE, before: AT },
} as const;
