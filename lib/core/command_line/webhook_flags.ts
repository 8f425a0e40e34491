/**
 * The words and flags of `webhooks`, as a request to `/api/v1/webhooks`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const given = new Map([["--rooms", "a,b"], ["--events", "said"]]);
 * assert.deepEqual(readWebhookWords(["add", "https://example.com/"], given).body, {
 *   url: "https://example.com/",
 *   rooms: ["a", "b"],
 *   events: ["said"],
 * });
 * assert.deepEqual(readWebhookWords(["remove", "wh_1"], new Map()).body, { remove: "wh_1" });
 * assert.equal(readWebhookWords(["list"], new Map()).body, undefined);
 * ```
 * @module
 */
import { parsePosition } from "../log/position.ts";
import { parseRoom, ROOM_RULE } from "../names/names.ts";
import { MAX_WEBHOOK_ROOMS, WEBHOOK_EVENTS } from "../webhooks/webhook.ts";

/** The flags that take a value. */
export const WEBHOOK_FLAGS = ["--rooms", "--events", "--room", "--from"] as const;

const ON_ONE = ["remove", "enable", "redeliver"] as const;
const FLAGS_OF: Readonly<Record<string, readonly string[]>> = {
  add: ["--rooms", "--events"],
  redeliver: ["--room", "--from"],
};

/** The lines of `--help`. */
export const WEBHOOK_HELP = [
  "  add URL           posts to the URL what happens from now on; prints the secret that signs it",
  "  --rooms A,B       in these rooms",
  `  --events A,B      what: ${WEBHOOK_EVENTS.join(", ")}`,
  "  list              lists the webhooks, and how far each has come",
  "  remove ID         ends a webhook",
  "  enable ID         starts one again whose receiver has answered 410",
  "  redeliver ID      delivers again what was given up, and what waits at once",
  "  --room R --from POSITION",
  "                    delivers again everything in a room from a position, as epoch:number",
];

/** What is asked for. */
export interface WebhookWords {
  /** The body of the request; undefined to list the webhooks. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
  /** Errors, one line each. If there are any, do not send the request. */
  readonly problems: readonly string[];
}

/** Checks the words after `webhooks` and the flags that were given. @param given Values by flag. */
export function readWebhookWords(
  [action, argument]: readonly string[],
  given: ReadonlyMap<string, string>,
): WebhookWords {
  const allowed = FLAGS_OF[action ?? ""] ?? [];
  const foreign = [...given.keys()].filter((flag) => !allowed.includes(flag));
  const problems = foreign.map((flag) =>
    `${flag} does not go with webhooks ${action ?? ""}`.trim()
  );
  if (action === "list") {
    const extra = argument === undefined ? [] : ["webhooks list needs nothing after it"];
    return { body: undefined, problems: [...problems, ...extra] };
  }
  if (action === "add") return withProblems(problems, readAdd(argument, given));
  const onOne = ON_ONE.find((it) => it === action);
  if (onOne === undefined) {
    const known = `webhooks needs one of add, list, ${ON_ONE.join(", ")}`;
    return { body: undefined, problems: [known] };
  }
  if (argument === undefined) {
    return { body: {}, problems: [...problems, `webhooks ${onOne} needs the id of a webhook`] };
  }
  if (onOne === "redeliver") return withProblems(problems, readRedeliver(argument, given));
  return { body: { [onOne]: argument }, problems };
}

function withProblems(problems: readonly string[], read: WebhookWords): WebhookWords {
  return { ...read, problems: [...problems, ...read.problems] };
}

function readAdd(url: string | undefined, given: ReadonlyMap<string, string>): WebhookWords {
  const [rooms, events] = ["--rooms", "--events"].map((flag) => listOf(given.get(flag)));
  const problems: string[] = [];
  if (url === undefined || !URL.canParse(url)) problems.push("webhooks add needs a URL after it");
  if (rooms === undefined) problems.push("webhooks add needs --rooms");
  if (events === undefined) problems.push("webhooks add needs --events");
  for (const room of rooms ?? []) if (parseRoom(room) === undefined) problems.push(badRoom(room));
  if ((rooms ?? []).length > MAX_WEBHOOK_ROOMS) {
    problems.push(`--rooms can have up to ${MAX_WEBHOOK_ROOMS} rooms`);
  }
  if (events?.some((event) => !WEBHOOK_EVENTS.some((it) => it === event))) {
    problems.push(`--events needs some of ${WEBHOOK_EVENTS.join(", ")}`);
  }
  return { body: { url, rooms, events }, problems };
}

function readRedeliver(id: string, given: ReadonlyMap<string, string>): WebhookWords {
  const [room, from] = [given.get("--room"), given.get("--from")];
  if (room === undefined && from === undefined) return { body: { redeliver: id }, problems: [] };
  const problems: string[] = [];
  if (room === undefined || from === undefined) {
    problems.push("webhooks redeliver needs --room and --from together");
  }
  if (room !== undefined && parseRoom(room) === undefined) problems.push(badRoom(room));
  if (from !== undefined && parsePosition(from) === undefined) {
    problems.push("--from needs a position, as epoch:number");
  }
  return { body: { redeliver: id, room, from }, problems };
}

function badRoom(room: string): string {
  return `${room} is no room: ${ROOM_RULE}`;
}

function listOf(text: string | undefined): readonly string[] | undefined {
  return text?.split(",").map((it) => it.trim());
}
