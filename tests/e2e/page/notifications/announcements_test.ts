/**
 * What the chat page announces to screen readers.
 * @module
 */
import assert from "node:assert/strict";
import { eventually, message, pageTest, say, untilShown } from "../page_fixture.ts";

const OBSERVE = `
  window.announced = [];
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) for (const node of addedNodes) announced.push(node.textContent);
  }).observe(document.getElementById("announcer"), { childList: true, characterData: true, subtree: true });
`;

pageTest(
  "New messages by others are announced, at most one in two seconds",
  async (stage) => {
    const ben = await stage.joinRoom("Ben", "den");
    for (const text of ["old 1", "old 2"]) await ben.say(text).sent;
    const page = await stage.open("?name=Ann", {});
    await page.clock.install();
    await page.goto(`${stage.url}/?again#den`);
    await page.locator("body[data-state=online]").waitFor();
    await page.evaluate(OBSERVE);
    const announced = () => page.evaluate<string[]>("announced");
    // The list of rooms shows its arrival, without depending on a clock.
    const untilListed = (text: string) => page.locator(".room-last", { hasText: text }).waitFor();
    await message(page, "old 2").waitFor();
    await say(page, "mine");
    await untilShown(page, "mine");
    assert.equal(await page.getAttribute("#log", "role"), "log");
    assert.equal(await page.getAttribute("#log", "aria-live"), "off");
    assert.equal(await page.getAttribute("#announcer", "aria-live"), "polite");
    await page.clock.pauseAt(Date.now() + 60_000);
    assert.deepEqual(await announced(), []);

    await ben.say("hello\nall").sent;
    await untilListed("hello");
    await page.clock.runFor(20);
    const expected = ["Ben: hello\nall"];
    assert.deepEqual(await announced(), expected);
    for (let burst = 1; burst <= 3; burst++) {
      for (let i = 1; i <= 5; i++) await ben.say(`burst ${burst}.${i}`).sent;
      await untilListed(`burst ${burst}.5`);
      await page.clock.runFor(1_900);
      assert.deepEqual(await announced(), expected, "not yet");
      await page.clock.runFor(100);
      expected.push("5 new messages");
      assert.deepEqual(await announced(), expected);
    }
    await page.clock.runFor(10_000);
    assert.deepEqual(await announced(), expected, "and nothing twice");
    await ben.say("x".repeat(5_000)).sent;
    await untilListed("xxx");
    await page.clock.runFor(20);
    assert.equal((await announced()).at(-1), `Ben: ${"x".repeat(200)}…`);
    await ben.react("e:1", "👍").sent.catch(() => {});
    await page.clock.resume();
    await eventually(() => page.locator("#log article").count(), 20);
  },
);
