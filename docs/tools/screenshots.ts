/**
 * Takes the screenshots in docs/images: `deno task screenshots`. It starts the service, lets users chat, and brings one
 * user's page into each state that is shown. With a folder as argument, it writes all states in all appearances to that
 * folder.
 * @module
 */
import type { Browser, Page } from "playwright-core";
import { launch } from "../../bench/page/chromium.ts";
import { startParley } from "../../tests/support/parley.ts";
import { type Look, Stage } from "./screenshots/stage.ts";
import { NOW, Story } from "./screenshots/story.ts";

const IMAGES = new URL("../images/", import.meta.url).pathname;
const SETTINGS = { WORKERS: "0", MESSAGES_PER_SECOND: "0", BYTES_PER_SECOND: "0" };
const FIELD = "#text";
// A place where the pointer changes nothing.
const NOWHERE = [1, 1] as const;
const encoder = new TextEncoder();

interface Scene {
  readonly name: string;
  /** The appearances in which docs/images has it. */
  readonly looks: readonly string[];
  /** The screens on which it makes sense; undefined for both. */
  readonly screen?: Look["screen"];
  /** Whether the pointer stays where it is. */
  readonly isPointing?: boolean;
  /** Brings the page into this state from the previous scene's. */
  readonly play: (stage: Stage, story: Story) => Promise<void>;
  /** Returns to the state in which the next scene begins. */
  readonly end?: (stage: Stage, story: Story) => Promise<void>;
}

const LOOKS: readonly Look[] = (["desktop", "phone"] as const).flatMap((screen) =>
  (["light", "dark"] as const).flatMap((theme) =>
    (["en", "zh"] as const).map((language) => ({ screen, theme, language }))
  )
);
const ALL = LOOKS.map(nameOf);

// A dialog, and the drawer that it was opened from.
const escape = async ({ page }: Stage) => {
  for (let left = 2; left > 0; left--) await page.keyboard.press("Escape");
};

const SCENES: readonly Scene[] = [
  {
    ...{ name: "conversation", looks: ALL },
    async play({ page }, story) {
      await page.locator("#log article").nth(8).waitFor();
      story.write();
      await page.locator("#typing:not(:empty)").waitFor();
    },
    end: (_, story) => Promise.resolve(story.rest()),
  },
  {
    ...{ name: "message-actions", looks: ["desktop-light-en"], isPointing: true },
    play: async ({ page }) => await page.locator("#log article").nth(5).click(),
  },
  {
    ...{ name: "reaction-picker", looks: ["phone-light-en"] },
    async play({ page }) {
      await page.locator("#log article .toolbar [data-do=pick]").click();
      await page.locator("#picker button").first().waitFor();
    },
    end: escape,
  },
  {
    ...{ name: "answering", looks: ["phone-dark-zh"] },
    async play({ page }) {
      await page.locator("#log article").nth(8).click();
      await page.locator("#log article .toolbar [data-do=reply]").click();
      await page.fill(FIELD, "I bring the candles!\nWho brings plates?");
    },
    async end({ page }) {
      await page.fill(FIELD, "");
      await page.click("#banner-cancel");
    },
  },
  {
    ...{ name: "editing", looks: ["phone-light-en"] },
    play: async ({ page }) => await page.press(FIELD, "ArrowUp"),
    end: async ({ page }) => await page.click("#banner-cancel"),
  },
  {
    ...{ name: "emoji-picker", looks: ["phone-dark-en"] },
    async play({ page }) {
      await page.click("#emoji");
      await page.locator("#picker button").first().waitFor();
    },
    end: escape,
  },
  {
    ...{ name: "delete", looks: ["phone-dark-zh"] },
    async play({ page }) {
      await page.locator("#log article.own").last().click();
      await page.locator("#log article .toolbar [data-do=delete]").click();
    },
    end: escape,
  },
  {
    ...{ name: "people", looks: ["phone-light-en"], screen: "phone" },
    play: async ({ page }) => await page.click("#open-people"),
    end: escape,
  },
  {
    ...{ name: "rooms", looks: ["phone-dark-zh"], screen: "phone" },
    play: async ({ page }) => await page.click("#open-rooms"),
    end: escape,
  },
  {
    ...{ name: "settings", looks: ["desktop-dark-en", "phone-light-zh"] },
    async play({ page }) {
      await openRooms(page);
      await page.click("#open-settings");
      await page.locator("#settings-dialog[open]").waitFor();
    },
    end: escape,
  },
  {
    ...{ name: "name", looks: ["phone-light-en"] },
    async play({ page }) {
      await openRooms(page);
      await page.click("#me");
      await page.fill("#name", "");
      await page.keyboard.press("Enter");
    },
    end: escape,
  },
  {
    ...{ name: "no-such-room-name", looks: ["phone-dark-zh"] },
    async play({ page }) {
      await openRooms(page);
      await page.click("#find-room");
      await page.fill("#palette-field", "tea & cake");
    },
    async end(stage) {
      await stage.page.keyboard.press("Escape");
      await escape(stage);
    },
  },
  {
    ...{ name: "new-messages", looks: ["desktop-light-en"] },
    async play({ page }, story) {
      await go(page, "#book-club");
      await page.locator("#log article").first().waitFor();
      await story.goOn();
      await page.locator("#rooms .badge").nth(2).waitFor({ state: "attached" });
      await go(page, "#lobby");
      await page.locator("#log .divider").waitFor();
    },
  },
  {
    ...{ name: "gone-message", looks: ["phone-light-en"] },
    async play({ page }) {
      await go(page, "#lobby/nowhere:999999");
      await page.locator(".toast").waitFor();
    },
    end: async ({ page }) => await page.locator(".toast .icon-button").click(),
  },
  {
    ...{ name: "empty-room", looks: ["phone-dark-zh"] },
    async play({ page }) {
      await go(page, "#quiet-corner");
      await page.locator("#log .top.empty").waitFor();
    },
    end: async ({ page }) => await go(page, "#lobby"),
  },
  {
    ...{ name: "not-sent", looks: ["phone-light-zh"] },
    async play({ page }) {
      await page.evaluate(`for (const record of ${JSON.stringify(troubles())}) {
        localStorage.setItem("parley.deed." + record.id, JSON.stringify(record));
      }`);
      await page.reload();
      await page.locator("#log .delivery.fault").nth(1).waitFor();
    },
    async end({ page }) {
      for (let left = 2; left > 0; left--) {
        await page.locator("#log .delivery.fault button").last().click();
      }
    },
  },
  {
    ...{ name: "reconnecting", looks: ["phone-light-en"] },
    async play(stage) {
      stage.cut();
      await stage.page.locator("body[data-state=waiting]").waitFor();
      await stage.page.fill(FIELD, "Is it only me, or is the server away?");
      await stage.page.press(FIELD, "Enter");
      await stage.page.locator("#log .pending").waitFor();
    },
  },
  {
    ...{ name: "offline", looks: ["desktop-light-en"] },
    async play(stage) {
      await stage.goOffline();
      await stage.page.fill(FIELD, "On the train. More when I am back.");
      await stage.page.press(FIELD, "Enter");
      await stage.page.locator("#log .pending").nth(1).waitFor();
    },
  },
  {
    ...{ name: "no-room", looks: ["phone-light-zh"] },
    async play(stage) {
      await stage.comeBack();
      const { page } = stage;
      while (await page.locator("#leave").isVisible()) await page.click("#leave");
      const close = page.locator(".toast .icon-button").first();
      while (await close.isVisible()) await close.click();
    },
  },
];

/** A message that was refused for good, and one whose outcome can no longer be determined. */
function troubles(): readonly unknown[] {
  const usual = { room: "lobby", at: NOW, order: 0, sentAs: null, after: null, receipt: null };
  return [
    {
      ...{ ...usual, id: "picture-1", deed: { type: "say", text: "The cake is in the kitchen." } },
      ...{ sentAt: NOW, triedAt: NOW, fault: { code: "unavailable", message: "" } },
    },
    {
      ...{ ...usual, id: "picture-2", order: 1, sentAt: 1, triedAt: 1, sentAs: "somebody" },
      ...{ deed: { type: "say", text: "And the plates are on the table." }, after: "old:1" },
      ...{ fault: null },
    },
  ];
}

async function openRooms(page: Page): Promise<void> {
  const button = page.locator("#open-rooms");
  if (await button.isVisible()) await button.click();
}

/** Opens a room by its URL, as a link would. */
async function go(page: Page, hash: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
}

function nameOf({ screen, theme, language }: Look): string {
  return `${screen}-${theme}-${language}`;
}

/** Runs all scenes in one appearance. @param folder Receives all of them; if undefined, only those in docs/images are written. */
async function shoot(browser: Browser, look: Look, folder: string | undefined): Promise<void> {
  await using parley = await startParley(SETTINGS);
  using story = new Story(parley.url);
  const kept = await story.begin();
  await using stage = await Stage.open(browser, parley.url, { look, scale: 1 }, { story, kept });
  for (const { name, looks, screen, play, end, isPointing } of SCENES) {
    if (screen !== undefined && screen !== look.screen) continue;
    await play(stage, story);
    if (!isPointing) await stage.page.mouse.move(...NOWHERE);
    const path = `${folder ?? IMAGES}/${name}-${nameOf(look)}.png`;
    if (folder !== undefined || looks.includes(nameOf(look))) await stage.shoot(path);
    await end?.(stage, story);
  }
}

/** The two screenshots of the README, in twice the resolution. */
async function shootLarge(browser: Browser): Promise<void> {
  const looks = [["laptop", "light"], ["phone", "dark"]] as const;
  for (const [screen, theme] of looks) {
    await using parley = await startParley(SETTINGS);
    using story = new Story(parley.url);
    const kept = await story.begin();
    const look = { screen, theme, language: "en" } as const;
    await using stage = await Stage.open(browser, parley.url, { look, scale: 2 }, { story, kept });
    await SCENES[0]?.play(stage, story);
    await stage.shoot(`${IMAGES}/readme-${screen}.png`);
    story.rest();
  }
}

async function main([folder]: readonly string[]): Promise<void> {
  await using browser = await launch("--font-render-hinting=none", "--force-color-profile=srgb");
  for (const look of LOOKS) {
    await shoot(browser, look, folder);
    Deno.stdout.writeSync(encoder.encode(`${nameOf(look)}\n`));
  }
  if (folder === undefined) await shootLarge(browser);
}

if (import.meta.main) await main(Deno.args);
