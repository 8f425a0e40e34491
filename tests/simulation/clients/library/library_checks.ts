/**
 * Checks for everything sent through the client library: it is in the log once, or the user was asked, and was asked
 * only where nothing else could settle it.
 * @module
 */
import type { RoomId } from "../../../../lib/core/names/names.ts";
import type { Position } from "../../../../lib/core/log/position.ts";
import { formatPosition } from "../../../../lib/core/log/position.ts";
import type { Delivery } from "../../../../static/client/outbox/delivery.js";
import type { LibraryClient } from "./library_client.ts";
import type { LibraryPage } from "./library_page.ts";
import type { SaidText, SendAttempt, UserRecord } from "../user_record.ts";
import type { World } from "../../world/world.ts";

/** The server detects repetitions for ten minutes; one minute is left for transit. */
const KNOWN_MS = 9 * 60_000;

/**
 * A user may be asked about an action only if
 * 1. the server cannot know: the same user has not sent it within the last nine minutes;
 * 2. the replay cannot know: the page did not send it first, or has not received everything since; and
 * 3. for a message, the history cannot know: it does not hold the message, nor any message of the same epoch that was
 *    there before the action was sent. The third does not apply to edits, which a later edit may have replaced.
 *    Deletions and reactions are never in question.
 */
export function checkUnsure(
  world: World,
  record: UserRecord,
  page: LibraryPage,
  { id, action, room }: Delivery,
): void {
  const reportViolation = (what: string) =>
    world.reportViolation(`${page.id}: asks about ${id}, but ${what}`);
  if (action.type === "delete" || action.type === "react") {
    reportViolation(`it is a ${action.type}`);
  }
  const attempts = record.attempts(id);
  // Another page learned that it was refused.
  if (record.find(id)?.outcome === "refused") return;
  const [first] = attempts;
  const own = world.rooms.find((it) => it === room);
  if (first === undefined || own === undefined) return reportViolation("it was never sent");
  const now = world.clock.date();
  const isKnown = attempts.some(({ user, at }) => user === page.user && now - at < KNOWN_MS);
  if (isKnown) reportViolation("the server knows");
  if (first.page === page.number && first.losses === page.losses(own)) {
    reportViolation("the page has received everything since");
  }
  if (action.type === "say" && canHistoryTell(world, own, id, first)) {
    reportViolation("the history tells");
  }
}

function canHistoryTell(world: World, room: RoomId, id: string, { after }: SendAttempt): boolean {
  const { messages, top } = world.redis.page(room, undefined, Infinity);
  const isBefore = (position: Position) =>
    after !== undefined && position.epoch === after.epoch && position.seq <= after.seq;
  return messages.some((it) => it.id === id || isBefore(it.position)) ||
    after !== undefined && after.seq === 0 && isBefore({ ...top, seq: 0 }) &&
      (messages[0]?.position.seq ?? top.seq + 1) === 1;
}

/** Checks that everything is in the log once that was neither refused nor left to the user. */
export function checkSaidTexts(world: World, clients: readonly LibraryClient[]): void {
  for (const { id, record, pages } of clients) {
    // Whether a page that is still known should have noticed the loss, even of an acknowledged message.
    const isWatched = (saying: SaidText) =>
      record.attempts(saying.id).slice(0, 1).some(({ page: number, losses }) =>
        pages.some((page) =>
          page.number === number && page.losses(saying.room) === losses &&
          !page.wasDelivered(saying.id)
        )
      );
    const open = new Set(
      pages.flatMap(({ chat }) => chat.outbox.value)
        .filter(({ state: { value } }) => value.kind === "unsure" || value.kind === "failed")
        .map((it) => it.id),
    );
    for (const saying of record.saidTexts) {
      const wrong = findProblem(world, saying, open.has(saying.id), isWatched(saying));
      if (wrong) {
        world.reportViolation(`${id}: ${saying.text} (${saying.id}) in ${saying.room}: ${wrong}`);
      }
    }
  }
}

function findProblem(
  world: World,
  { room, text, outcome }: SaidText,
  isOpen: boolean,
  isWatched: boolean,
): string {
  const oracle = world.redis.oracle(room);
  const places = oracle.log.filter(({ action }) => "text" in action && action.text === text)
    .map(({ position }) => formatPosition(position));
  if (places.length > 1) return `is in the log twice, at ${places}`;
  if (places.length === 1 || isOpen || outcome === "discarded" || outcome === "refused") return "";
  // A stored message that was lost is acceptable, unless its page saw no loss.
  if (oracle.withText(text).length > 0 && oracle.losses > 0 && !isWatched) return "";
  return "is not there";
}

/** Checks that messages are stored in the order they were sent, where nothing was lost and no user was asked. */
export function checkSpokenOrder(world: World, clients: readonly LibraryClient[]): void {
  for (const { id, record: { saidTexts }, hasTabs } of clients) {
    for (const room of hasTabs ? [] : world.rooms) {
      const { log, losses } = world.redis.oracle(room);
      if (losses > 0) continue;
      const positions = saidTexts
        .filter((it) => it.room === room && !["said again", "discarded"].includes(it.outcome))
        .flatMap((it) => log.find(({ id }) => id === it.id)?.position.seq ?? []);
      const isSorted = positions.every((seq, index) => seq > (positions[index - 1] ?? 0));
      if (!isSorted) {
        world.reportViolation(`messages of ${id} in ${room} are out of order: ${positions}`);
      }
    }
  }
}
