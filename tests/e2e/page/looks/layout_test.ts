/**
 * Layout of the chat page, by the relative positions of elements: on very wide screens, side by side, in overlong
 * lists, and with system colors only.
 * @module
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { eventually, pageTest, say, untilShown, whenJoined } from "../page_fixture.ts";

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function boxOf(page: Page, selector: string): Promise<Box> {
  return page.locator(selector).first().evaluate((it) => {
    const { left, right, top, bottom } = it.getBoundingClientRect();
    return { left, right, top, bottom };
  });
}

pageTest(
  "On screens of any width, the message field is no wider than the messages, all emoji can be reached, and a long name leaves space for the preview",
  async (stage) => {
    const page = await stage.enter("?name=Ann#den");
    await say(page, "hello");
    await untilShown(page, "hello");
    for (const width of [800, 1_280, 2_200, 3_840]) {
      await page.setViewportSize({ width, height: 800 });
      const list = await boxOf(page, "#log .list");
      const field = await boxOf(page, "#text");
      assert.ok(list.left <= field.left && field.right <= list.right, `at ${width} px`);
      const [before, behind] = [field.left - list.left, list.right - field.right];
      assert.ok(Math.abs(before - behind) <= 1, `centered at ${width} px`);
    }

    // A shade shows that there are more emoji than fit.
    await page.setViewportSize({ width: 1_280, height: 800 });
    const look = async () => {
      await page.click("#emoji");
      await page.locator("#picker[open] button").first().waitFor();
      const found = await page.evaluate<[boolean, string]>(`{
      const { scrollHeight, clientHeight } = document.getElementById("picker");
      const { backgroundAttachment } = getComputedStyle(document.getElementById("picker"));
      [scrollHeight > clientHeight, backgroundAttachment];
    }`);
      await page.keyboard.press("Escape");
      return found;
    };
    assert.equal((await look())[0], false);
    await page.setViewportSize({ width: 1_280, height: 380 });
    const [isScrolled, attachment] = await look();
    assert.ok(isScrolled);
    // Two covers that move with the rows, and two shades that do not.
    assert.equal(attachment, "local, local, scroll, scroll");

    // In eight columns.
    for (const width of [390, 360, 348, 320, 280, 240]) {
      await page.setViewportSize({ width, height: 700 });
      await page.click("#emoji");
      await page.locator("#picker[open] button").first().waitFor();
      const [box, columns, isCut, widest] = await page.evaluate<[Box, number, boolean, number]>(`{
      const picker = document.getElementById("picker");
      const boxes = [...picker.querySelectorAll("button")].map((it) => it.getBoundingClientRect());
      const { left, right, top, bottom } = picker.getBoundingClientRect();
      const columns = new Set(boxes.map((it) => Math.round(it.left))).size;
      const isCut = picker.scrollWidth > picker.clientWidth;
      [{ left, right, top, bottom }, columns, isCut, boxes[0].width];
    }`);
      await page.keyboard.press("Escape");
      assert.ok(box.left >= 0 && box.right <= width, `${JSON.stringify(box)} at ${width} px`);
      assert.deepEqual([columns, isCut], [8, false], `at ${width} px`);
      assert.ok(widest >= 24 && widest <= 40, `${widest} px at ${width} px`);
    }

    // The list of rooms.
    await page.setViewportSize({ width: 1_280, height: 700 });
    const long = await stage.joinRoom("W".repeat(32), "den");
    await long.say("can be read").sent;
    await page.locator(".room-last", { hasText: "can be read" }).waitFor();
    const [name, row] = [await boxOf(page, ".room-last bdi"), await boxOf(page, ".room-last")];
    assert.ok(
      name.right - name.left <= (row.right - row.left) / 2 + 1,
      JSON.stringify([name, row]),
    );
    const [short] = [await stage.joinRoom("Bo", "den")];
    await short.say("hi").sent;
    await page.locator(".room-last", { hasText: "Bo: hi" }).waitFor();
    const heightOf = ({ top, bottom }: Box) => bottom - top;
    const growth = async () => heightOf(await boxOf(page, ".room-last")) - heightOf(row);
    // The row may be replaced while it is measured.
    await eventually(async () => Math.abs(await growth()) < 1, true, "the same height");
  },
);

pageTest("A button is on the same line as its sentence, in both languages", async (stage) => {
  const pages = [];
  for (const locale of ["en-GB", "zh-CN"]) {
    pages.push(
      await stage.enter(`?name=${locale}#den`, { locale, viewport: { width: 1_280, height: 800 } }),
    );
  }
  await stage.stopService();
  for (const page of pages) {
    // In one evaluation each, since the page tries to reconnect meanwhile and then shows no button.
    const look = () =>
      page.evaluate<[boolean, number]>(`{
        const [words, retry] = ["words", "retry"].map((it) => document.getElementById(it));
        const [beside, button] = [words, retry].map((it) => it.getBoundingClientRect());
        const range = document.createRange();
        range.selectNodeContents(retry);
        const isBeside = button.top < beside.bottom && beside.top < button.bottom;
        [isBeside, range.getClientRects().length];
      }`);
    await page.locator("#retry").waitFor();
    await eventually(look, [true, 1], "one line beside the sentence");
  }
}, { restarts: "service" });

pageTest("A user who is refused another room still sees the current room", async (stage) => {
  const page = await stage.enter("?name=Ann#room-1", { viewport: { width: 1_280, height: 420 } });
  for (let i = 2; i <= 12; i++) await page.evaluate(`location.hash = "#room-${i}"`);
  await whenJoined(page);
  await page.locator("[aria-current]", { hasText: "room-12" }).waitFor();
  const isInView = async () => {
    const [row, list] = [await boxOf(page, "[aria-current]"), await boxOf(page, "#rooms")];
    // Rows end at fractions of a pixel.
    return list.top <= row.top + 1 && row.bottom <= list.bottom + 1;
  };
  await eventually(isInView, true, "in view");
  await page.click("#find-room");
  await page.fill("#palette-field", "room-13");
  await page.click("#palette [data-kind=create]");
  await page.getByText("You are in 12 rooms").first().waitFor();
  await eventually(isInView, true, "in view below the error");
  await page.evaluate(`location.hash = "#room-13"`);
  await eventually(() => Promise.resolve(page.url()), `${stage.url}/#room-12`);
}, { settings: { MAX_ROOMS: "12" } });

// Computed colors are those requested by the page, not those displayed.
const LOOKS = ["outlineStyle", "outlineWidth", "borderTopStyle", "borderTopWidth"];

/** Outline and border of an element. */
function looks(page: Page, selector: string): Promise<readonly string[]> {
  return page.evaluate<string[]>(`{
    const style = getComputedStyle(document.querySelector(${JSON.stringify(selector)}));
    ${JSON.stringify(LOOKS)}.map((it) => style[it]);
  }`);
}

/** Whether two elements differ in these. */
async function differs(page: Page, one: string, other: string): Promise<boolean> {
  return String(await looks(page, one)) !== String(await looks(page, other));
}

pageTest(
  "Without the page's own colors, borders replace background colors",
  async (stage) => {
    const page = await stage.enter("?name=Ann#attic", {
      forcedColors: "active",
      viewport: { width: 1_280, height: 800 },
    });
    await page.evaluate(`location.hash = "#den"`);
    await whenJoined(page);
    const ben = await stage.joinRoom("Ben", "den");
    const { position } = await ben.say("hello").sent;
    const other = await ben.say("something else").sent;
    await ben.react(position, "👍").sent;
    await ben.react(other.position, "👍").sent;
    const row = await untilShown(page, "hello");
    await row.locator(".reaction", { hasText: "👍" }).click();
    await row.locator("[aria-pressed=true]").waitFor();
    await page.mouse.move(0, 0);
    // Its styles are loaded on demand.
    await page.locator("#settings-dialog").waitFor({ state: "attached" });
    assert.ok(await differs(page, ".room[aria-current]", ".room:not([aria-current])"), "the room");
    assert.ok(await differs(page, "[aria-pressed=true]", "[aria-pressed=false]"), "one's reaction");
    await page.hover(".room:not([aria-current])");
    assert.ok(await differs(page, ".room:hover", "#me"), "the hovered room");
    await page.evaluate(`location.hash = "#den/${position}"`);
    await page.locator("article.flash").waitFor();
    assert.ok(await differs(page, "article.flash", "article:not(.flash)"), "a message gone to");
    await page.click("#open-settings");
    const chosen = ".choice input:checked + span";
    assert.ok(await differs(page, chosen, ".choice input:not(:checked) + span"), "a choice");
  },
);

pageTest("A long placeholder ends before the send button", async (stage) => {
  const page = await stage.enter(`?name=Ann#${"界".repeat(64)}`, {
    viewport: { width: 360, height: 640 },
  });
  await page.focus("#text");
  const [button, field] = [await boxOf(page, "#send"), await boxOf(page, "#text")];
  const behind = { x: button.left, y: field.top, width: field.right - button.left };
  const clip = { ...behind, height: field.bottom - field.top };
  const long = await page.screenshot({ clip });
  await page.evaluate(`document.getElementById("text").placeholder = "Message"`);
  assert.ok(long.equals(await page.screenshot({ clip })));
});
