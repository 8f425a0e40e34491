/**
 * `deno task bench:page`: measures what the chat page costs in a browser, and how soon a user can send a message. It
 * prints the results and writes them into docs/internals/performance.md. Nothing fails for being slow.
 * @module
 */
import { describeMachine } from "../fanout/machine.ts";
import { withSection } from "../fanout/report/document_section.ts";
import { type Parley, startParley } from "../../tests/support/parley.ts";
import { type BusyRun, measureBusy, measureQuiet } from "./busy.ts";
import { launch } from "./chromium.ts";
import { Chatters } from "./chatters.ts";
import { firstConversation, firstPicture, type Moments } from "./first.ts";
import { type Options, parseOptions, type Part } from "./options.ts";
import { report, type Results } from "./report.ts";
import { scroll, type Scrolled } from "./scroll.ts";
import { weigh } from "./weight.ts";

const DOCUMENT = new URL("../../docs/internals/performance.md", import.meta.url);
const SETTINGS = {
  WORKERS: "1",
  HISTORY_MESSAGES: "20000",
  MESSAGES_PER_SECOND: "0",
  BYTES_PER_SECOND: "0",
};
const WINDOW = { viewport: { width: 1440, height: 900 }, locale: "en-GB" };
const SLOWDOWN = 4;
const ALL = 10_000;
const NEWEST = 300;
const encoder = new TextEncoder();

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (typeof options === "string") return complain(options);
  await using parley = await startParley(SETTINGS);
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    // The browser ends together with this program; the service would not.
    Deno.addSignalListener(name, () => {
      parley.kill("SIGKILL");
      Deno.exit(130);
    });
  }
  const text = report(await measure(options, parley));
  say(`\n${text}`);
  if (options.writes) await write(text);
  return 0;
}

async function measure({ only, rounds }: Options, { url }: Parley): Promise<Results> {
  const asks = (part: Part) => only.includes(part);
  const turns = Array.from({ length: Math.ceil(rounds / 4) });
  using lobby = new Chatters(url, "lobby");
  await lobby.fill(100);
  const weight = asks("weight") ? await weigh(url) : [];
  const first = await firsts(asks("first") ? rounds : 0, url);
  const scroll: { newest: Scrolled[]; all: Scrolled[] } = { newest: [], all: [] };
  using den = new Chatters(url, "den");
  if (asks("scroll")) {
    await den.fill(ALL);
    say(`${ALL} messages were said`);
  }
  for (const _ of asks("scroll") ? turns : []) await scrolls(url, scroll);
  const busy: { quiet: BusyRun[]; busy: BusyRun[] } = { quiet: [], busy: [] };
  for (const _ of asks("busy") ? turns : []) await measureInRoom(url, lobby, busy);
  return { machine: await machine(), weight, first, scroll, busy };
}

/** Runs all kinds in turn, so that a disturbance of the machine affects all of them. */
async function firsts(rounds: number, url: string): Promise<Results["first"]> {
  const found = { slowed: [] as Moments[], plain: [] as Moments[], cold: [] as Moments[] };
  const line: number[] = [];
  const plain = { url, slowdown: 1, rests: true };
  const slowed = { ...plain, slowdown: SLOWDOWN };
  await using open = await launch();
  // What the browser itself loads with its first page, such as fonts, is now in memory.
  if (rounds > 0) await firstConversation(open, plain);
  for (let round = 1; round <= rounds; round++) {
    line.push(await firstPicture(open, { ...slowed, url: `${url}/healthz` }));
    found.slowed.push(await firstConversation(open, slowed));
    found.plain.push(await firstConversation(open, plain));
    await using started = await launch();
    found.cold.push(await firstConversation(started, { ...slowed, rests: false }));
    const last = Object.entries(found).map(([kind, all]) =>
      `${kind} ${Math.round(all.at(-1)?.seen ?? NaN)} ms`
    );
    say(`first conversation ${round}/${rounds}: ${last.join(", ")}`);
  }
  return { ...found, line };
}

async function scrolls(
  url: string,
  found: { readonly newest: Scrolled[]; readonly all: Scrolled[] },
): Promise<void> {
  await using browser = await launch();
  const page = await (await browser.newContext(WINDOW)).newPage();
  await page.goto(`${url}/#den`);
  await page.locator("#log article").first().waitFor();
  const last = await page.evaluate<number>(
    `Number([...document.querySelectorAll("#log article")].at(-1).dataset.position.split(":")[1])`,
  );
  const near = Math.round(last * (1 - NEWEST / ALL));
  found.newest.push(await scroll(page, { to: near, messages: NEWEST, times: 5 }));
  found.all.push(await scroll(page, { to: 1, messages: ALL, times: 1 }));
  const [{ seconds = 0 } = {}] = found.all.slice(-1);
  say(`scrolled through ${ALL} messages and back in ${Math.round(seconds)} s`);
}

async function measureInRoom(
  url: string,
  chatters: Chatters,
  found: { readonly quiet: BusyRun[]; readonly busy: BusyRun[] },
): Promise<void> {
  await using browser = await launch();
  const page = await (await browser.newContext(WINDOW)).newPage();
  await page.goto(`${url}/#lobby`);
  await page.locator("#log article").first().waitFor();
  found.quiet.push(await measureQuiet(page));
  found.busy.push(await measureBusy(page, chatters));
  say("listened to a busy room");
}

async function machine(): Promise<Results["machine"]> {
  const without = new Set(["Redis", "Node"]);
  const facts = await describeMachine(new Set(), new AbortController().signal);
  await using browser = await launch();
  const [date, ...rest] = facts.filter(([name]) => !without.has(name)).toReversed();
  const chromium = ["Chromium", `${browser.version()}, drawing by software`] as const;
  return [...rest.toReversed(), chromium, ...(date ? [date] : [])];
}

async function write(text: string): Promise<void> {
  await Deno.writeTextFile(DOCUMENT, withSection(await Deno.readTextFile(DOCUMENT), "page", text));
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", DOCUMENT.pathname] }).output();
  say("Written: docs/internals/performance.md");
}

function complain(why: string): number {
  Deno.stderr.writeSync(encoder.encode(`${why}\n`));
  return 2;
}

function say(line: string): void {
  Deno.stdout.writeSync(encoder.encode(`${line}\n`));
}

if (import.meta.main) Deno.exit(await main(Deno.args));
