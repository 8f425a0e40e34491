/**
 * The chat page in a browser without the features that the oldest supported ones lack: Chrome and Edge 111, Firefox
 * 115, Safari 16.4. Their styles are tested in tests/repo/browsers_test.ts.
 * @module
 */
import assert from "node:assert/strict";
import { accessibilityViolations } from "../../../support/programs/chromium.ts";
import { eventually, message, pageTest, say, untilShown } from "../page_fixture.ts";

/** Removes every feature that one of them lacks. */
const OLD_BROWSER = `{
  const take = (owner, ...names) => names.forEach((name) => {
    if (!Reflect.deleteProperty(owner, name) || name in owner) throw new Error("cannot take " + name);
  });
  take(URL, "parse", "canParse");
  take(Map, "groupBy");
  take(Object, "groupBy");
  take(Promise, "withResolvers", "try");
  take(Array, "fromAsync");
  take(Intl, "Segmenter");
  take(AbortSignal, "any");
  take(String.prototype, "isWellFormed", "toWellFormed");
  take(Set.prototype, "union", "intersection", "difference", "symmetricDifference", "isSubsetOf",
    "isSupersetOf", "isDisjointFrom");
  take(globalThis, "requestIdleCallback", "cancelIdleCallback", "Iterator");
  take(Object.getPrototypeOf(Object.getPrototypeOf([].values())), "map", "filter", "take", "drop",
    "flatMap", "reduce", "toArray", "forEach", "some", "every", "find");
  take(HTMLElement.prototype, "popover", "showPopover", "hidePopover", "togglePopover");
  take(Element.prototype, "checkVisibility", "role",
    ...Object.keys(Element.prototype).filter((name) => name.startsWith("aria")));
}`;

pageTest("The page works in the oldest supported browsers", async (stage) => {
  const ben = await stage.joinRoom("Ben", "den");
  const first = await ben.say("see https://a.example/x, please").sent;
  await ben.say("hello", { reply: first.position }).sent;
  await ben.react(first.position, "🎉").sent;
  const page = await stage.enter("?name=👩‍👧 Ann#den", {
    before: `if (location.protocol === "http:") ${OLD_BROWSER}`,
    reducedMotion: "reduce",
  });
  await untilShown(page, "hello");
  const row = page.locator("#log article").first();
  assert.equal(await row.locator("a").getAttribute("href"), "https://a.example/x");
  await say(page, "I see `it`");
  await untilShown(page, "I see it");
  const chip = row.locator(".reaction:not(.add)");
  await chip.click();
  await eventually(() => chip.textContent(), "🎉 2");
  assert.equal(await chip.getAttribute("aria-pressed"), "true");
  await row.hover();
  await row.locator(".toolbar").getByRole("button", { name: "React" }).click();
  await page.locator("#picker").getByRole("button", { name: "thumbs up" }).click();
  await row.locator(".reaction", { hasText: "👍 1" }).waitFor();
  await message(page, "hello").locator(".quote").click();
  await page.locator("#log article.flash").waitFor();
  await page.click("#open-settings");
  await page.locator("#theme [value=dark]").check();
  await page.keyboard.press("Escape");
  assert.equal(
    await page.evaluate(`getComputedStyle(document.body).backgroundColor`),
    "rgb(14, 21, 23)",
  );
  await row.focus();
  assert.deepEqual(await accessibilityViolations(page), []);
});
