/**
 * People in one room who talk, and the proof that all of them have heard the same.
 * @module
 */
import assert from "node:assert/strict";
import type { Parley } from "../parley.ts";
import { until } from "../provision.ts";
import { Talker } from "../talker.ts";

/** Settings with which nothing is held back and nothing is dropped. */
export const AMPLE = {
  MESSAGES_PER_SECOND: "0",
  BYTES_PER_SECOND: "0",
  HISTORY_MESSAGES: "10000",
  RECOVER_LIMIT: "10000",
};
/** So many that there are some in each of three isolates, but for one time in a million. */
export const MANY = 40;

/** People in one room, each of them on one of these services. */
export async function gather(
  held: AsyncDisposableStack,
  services: readonly { readonly url: string }[],
  count: number,
): Promise<readonly Talker[]> {
  const urls = services.map(({ url }) => `${url.replace("http", "ws")}/ws`);
  const talkers = Array.from({ length: count }, (_, index) => {
    const own = urls[index % urls.length] ?? "";
    return held.use(new Talker([own], "lobby", `m${index}`));
  });
  await Promise.all(talkers.map(({ joined }) => joined));
  return talkers;
}

/** Everybody says something. */
export async function talk(talkers: readonly Talker[], rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await Promise.all(talkers.map((talker, index) => talker.say(`${index}/${round}`)));
  }
}

/** What somebody was told from a text on; a word about something lost is none that anybody says. */
export function toldFrom({ told }: Talker, first: string): string[] {
  const texts = told.map((it) => it.kind === "entry" ? it.text : `lost: ${it.why}`);
  return texts.slice(texts.indexOf(first));
}

/** Proves that all have heard the same from some text on: everything that was said, once. */
export async function haveHeard(
  talkers: readonly Talker[],
  first: string,
  count: number,
): Promise<void> {
  const [speaker] = talkers;
  await speaker?.say("the end");
  const isDone = (talker: Talker) => toldFrom(talker, first).at(-1) === "the end";
  await until("everybody to hear the end", () => Promise.resolve(talkers.every(isDone)));
  const heard = toldFrom(speaker ?? assert.fail("nobody"), first);
  assert.deepEqual([heard.length, new Set(heard).size], [count + 2, count + 2]);
  for (const talker of talkers) assert.deepEqual(toldFrom(talker, first), heard);
}

/** What `/healthz` of the admin listener counts. */
export async function censusOf(
  { adminUrl }: Pick<Parley, "adminUrl">,
): Promise<Record<string, number>> {
  const { connections } = await (await fetch(`${adminUrl}/healthz`)).json();
  return connections;
}
