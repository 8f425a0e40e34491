/**
 * What must be so of everything that was said through the client library: it is in the log once, or its person was asked, and
 * was asked only where nobody else could have told.
 * @module
 */
import type { RoomId } from "../../lib/core/names.ts";
import type { Position } from "../../lib/core/positions.ts";
import { formatPosition } from "../../lib/core/positions.ts";
import type { Delivery } from "../../static/client/delivery.js";
import type { LibraryClient } from "./library_client.ts";
import type { LibraryPage } from "./library_page.ts";
import type { PersonRecord, Posting, Saying } from "./person_record.ts";
import type { World } from "./world.ts";

/** The server knows a repetition for ten minutes after it was done; one of them is for the way. */
const KNOWN_MS = 9 * 60_000;

/**
 * A person may be asked about a deed only where
 * 1. the server cannot tell: nobody who is still the same user has sent it in the last nine minutes;
 * 2. the replay cannot tell: the page has not itself sent it first and been told everything since; and
 * 3. where it was said, the history cannot tell: the message is not in it, and it does not go back to any message of the
 *    epoch in which the deed was sent that was there before it.
 * Of an edit there is no third: a later one may stand there. To delete or react again is no question at all.
 */
export function checkDoubt(
  world: World,
  record: PersonRecord,
  page: LibraryPage,
  { id, deed, room }: Delivery,
): void {
  const complain = (what: string) => world.complain(`${page.id}: asks about ${id}, but ${what}`);
  if (deed.type === "delete" || deed.type === "react") complain(`it is a ${deed.type}`);
  const postings = record.postings(id);
  // Another page has been told so, and did not do it.
  if (record.find(id)?.fate === "refused") return;
  const [first] = postings;
  const own = world.rooms.find((it) => it === room);
  if (first === undefined || own === undefined) return complain("it was never sent");
  const now = world.clock.date();
  const isKnown = postings.some(({ user, at }) => user === page.user && now - at < KNOWN_MS);
  if (isKnown) complain("the server can tell");
  if (first.page === page.number && first.breaks === page.breaks(own)) {
    complain("it has heard all that happened since");
  }
  if (deed.type === "say" && canHistoryTell(world, own, id, first)) complain("the history tells");
}

function canHistoryTell(world: World, room: RoomId, id: string, { after }: Posting): boolean {
  const { messages, top } = world.redis.page(room, undefined, Infinity);
  const isBefore = (position: Position) =>
    after !== undefined && position.epoch === after.epoch && position.seq <= after.seq;
  return messages.some((it) => it.id === id || isBefore(it.position)) ||
    after !== undefined && after.seq === 0 && isBefore({ ...top, seq: 0 }) &&
      (messages[0]?.position.seq ?? top.seq + 1) === 1;
}

/** Everything is in the log once that was neither refused nor left to its person. */
export function checkSayings(world: World, clients: readonly LibraryClient[]): void {
  for (const { id, record, pages } of clients) {
    // Such a page must have seen for itself that what was there is lost, though it may have been acknowledged.
    const isWatched = (saying: Saying) =>
      record.postings(saying.id).slice(0, 1).some(({ page: number, breaks }) =>
        pages.some((page) =>
          page.number === number && page.breaks(saying.room) === breaks && !page.wasTold(saying.id)
        )
      );
    const open = new Set(
      pages.flatMap(({ chat }) => chat.outbox.value)
        .filter(({ state: { value } }) => value.kind === "unsure" || value.kind === "failed")
        .map((it) => it.id),
    );
    for (const saying of record.sayings) {
      const wrong = whatIsWrong(world, saying, open.has(saying.id), isWatched(saying));
      if (wrong) world.complain(`${id}: ${saying.text} (${saying.id}) in ${saying.room}: ${wrong}`);
    }
  }
}

function whatIsWrong(
  world: World,
  { room, text, fate }: Saying,
  isOpen: boolean,
  isWatched: boolean,
): string {
  const truth = world.redis.truth(room);
  const places = truth.log.filter(({ deed }) => "text" in deed && deed.text === text)
    .map(({ position }) => formatPosition(position));
  if (places.length > 1) return `is there twice, at ${places}`;
  if (places.length === 1 || isOpen || fate === "discarded" || fate === "refused") return "";
  // What was there and is lost is the one thing that nobody can help, unless it was never told.
  if (truth.withText(text).length > 0 && truth.losses > 0 && !isWatched) return "";
  return "is not there";
}

/** What one page's person said stands in the order of its saying, where nothing was lost and nobody was asked. */
export function checkSpokenOrder(world: World, clients: readonly LibraryClient[]): void {
  for (const { id, record: { sayings }, hasTabs } of clients) {
    for (const room of hasTabs ? [] : world.rooms) {
      const { log, losses } = world.redis.truth(room);
      if (losses > 0) continue;
      const stands = sayings
        .filter((it) => it.room === room && it.fate !== "said again")
        .flatMap((it) => log.find(({ id }) => id === it.id)?.position.seq ?? []);
      const isSorted = stands.every((seq, index) => seq > (stands[index - 1] ?? 0));
      if (!isSorted) world.complain(`${id} said in ${room}: ${stands}`);
    }
  }
}
