/**
 * Two users exchange messages on the chat page, each in a separate browser, and with clients that have only a
 * WebSocket.
 * @module
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { TestClient } from "../../support/clients/test_client.ts";
import { until } from "../../support/provision.ts";
import {
  eventually,
  lines,
  message,
  pageTest,
  say,
  untilShown,
  useTool,
  whenJoined,
} from "./page_fixture.ts";

/** The pages of two users, in the same room. */
interface Pair {
  readonly ann: Page;
  readonly ben: Page;
  /** Of the service. */
  readonly url: string;
}

/** Line breaks are kept. */
async function exchange({ ann, ben, url }: Pair): Promise<void> {
  await using cem = await TestClient.open(`${url}/ws?name=Cem&room=den`);
  await say(ann, "hello");
  assert.equal(await cem.next(), "Ann: hello");
  cem.send("hello from afar\nDan: and not from Dan");
  assert.equal(await cem.next(), "Cem: hello from afar\n  Dan: and not from Dan");
  await ben.fill("#text", "one");
  await ben.press("#text", "Shift+Enter");
  await ben.locator("#text").pressSequentially("Ann: two");
  await ben.click("#send");
  assert.equal(await cem.next(), "Ben: one\n  Ann: two");
  const said = [
    "Ann: hello",
    "Cem: hello from afar\nDan: and not from Dan",
    "Ben: one\nAnn: two",
  ];
  for (const [page, own] of [[ann, 0], [ben, 2]] as const) {
    await eventually(() => lines(page), said);
    await eventually(() => page.locator("#log .own .text").allTextContents(), [
      (said[own] ?? "").replace(/^\w+: /, ""),
    ]);
    assert.equal(await page.inputValue("#text"), "", "a sent message leaves the field");
  }
  const [first, second] = await Promise.all(
    ["Ben", "Cem"].map((name) => message(ann, `${name}: `).locator(".text").boundingBox()),
  );
  assert.ok(
    first && second && first.height > 30 && second.height > 30,
    "two lines have the height of two",
  );
}

/** Only the author of a message can change it. */
async function editAndDelete({ ann, ben }: Pair): Promise<void> {
  await say(ann, "helo");
  await untilShown(ann, "helo");
  await ann.press("#text", "ArrowUp");
  assert.equal(await ann.inputValue("#text"), "helo");
  assert.equal(await ann.innerText("#banner-words"), "Editing your message");
  await ann.press("#text", "Escape");
  assert.equal(await ann.inputValue("#text"), "");
  await ann.press("#text", "ArrowUp");
  await say(ann, "hello\nall");
  const edited = await untilShown(ben, "hello\nall");
  await edited.getByText("edited", { exact: true }).waitFor();
  assert.equal(await ben.locator("#log article").count(), 1);

  await edited.hover();
  const button = (name: string) => edited.getByRole("button", { name, exact: true });
  await button("Reply").waitFor();
  for (const name of ["Edit", "Delete"]) assert.equal(await button(name).count(), 0, name);
  const own = await untilShown(ann, "hello");
  await useTool(own, "Delete");
  assert.equal(await ann.innerText("#delete-quote"), "hello\nall");
  await ann.getByRole("button", { name: "Cancel" }).click();
  await useTool(own, "Delete");
  await ann.locator("#delete-dialog").getByRole("button", { name: "Delete" }).click();
  for (const page of [ann, ben]) {
    await page.locator(".deleted", { hasText: "This message was deleted." }).waitFor();
    assert.equal(await message(page, "hello").count(), 0);
    await page.locator("[aria-current] .room-last", { hasText: "This message was deleted." })
      .waitFor();
  }
}

/** Reactions are counted, and can be removed. */
async function react({ ann, ben }: Pair): Promise<void> {
  await say(ann, "cake?");
  await useTool(await untilShown(ben, "cake?"), "React");
  await ben.locator("#picker").getByRole("button", { name: "thumbs up" }).click();
  const reactions = (page: typeof ann) => page.locator(".reaction:not(.add)").allTextContents();
  for (const page of [ann, ben]) await eventually(() => reactions(page), ["👍 1"]);
  await ann.locator(".reaction:not(.add)").click();
  for (const page of [ann, ben]) await eventually(() => reactions(page), ["👍 2"]);
  assert.equal(await ann.locator(".reaction:not(.add)").getAttribute("title"), "👍: Ben, you");
  await ben.locator(".reaction:not(.add)").click();
  await ben.locator(".reaction.add").click();
  await ben.locator("#picker").getByRole("button", { name: "party popper" }).click();
  for (const page of [ann, ben]) await eventually(() => reactions(page), ["👍 1", "🎉 1"]);
  assert.equal(await ben.locator("[aria-pressed=true]").textContent(), "🎉 1");
}

/** A reply quotes its original, and leads to it. */
async function reply({ ann, ben }: Pair): Promise<void> {
  await ann.setViewportSize({ width: 1000, height: 500 });
  await say(ann, "who is hungry?");
  await useTool(await untilShown(ben, "hungry"), "Reply");
  assert.equal(await ben.innerText("#banner-words"), "Replying to Ann: who is hungry?");
  await ben.click("#banner-cancel");
  assert.ok(await ben.isHidden("#banner"));
  await useTool(await untilShown(ben, "hungry"), "Reply");
  for (let i = 0; i < 30; i++) await say(ann, `other ${i}`);
  await untilShown(ben, "other 29");
  await say(ben, "I am");
  assert.ok(await ben.isHidden("#banner"));
  const reply = await untilShown(ann, "I am");
  assert.equal(await reply.locator(".quote").textContent(), "Ann who is hungry?");
  await reply.locator(".quote").click();
  const target = ann.locator("#log article.flash");
  await target.waitFor();
  assert.match(await target.innerText(), /who is hungry\?/);
  await until("the original message to be in view", async () => {
    const box = await target.boundingBox();
    return box !== null && box.y > 0 && box.y < 500;
  });
  await ann.locator("#jump").click();
  await ann.locator("#jump").waitFor({ state: "hidden" });
}

pageTest(
  "Two pages exchange messages, edit and delete their own, react, and reply",
  async (stage) => {
    const ann = await stage.enter("?name=Ann#den");
    const ben = await stage.enter("?name=Ben#den");
    const talks = { den: exchange, attic: editAndDelete, cellar: react, garden: reply };
    // Each in a room of its own.
    for (const [room, talk] of Object.entries(talks)) {
      for (const page of [ann, ben]) {
        await page.evaluate(`location.hash = "#${room}"`);
        await page.getByRole("heading", { name: `# ${room}`, exact: true }).waitFor();
        await whenJoined(page);
      }
      await talk({ ann, ben, url: stage.url });
    }
  },
);

pageTest("The page shows who is online and who is typing", async (stage) => {
  const ann = await stage.enter("?name=Ann#den", { viewport: { width: 1300, height: 700 } });
  const there = (names: readonly string[]) =>
    eventually(() => ann.locator("#members .member-name").allInnerTexts(), [...names]);
  await there(["Ann"]);
  const zoe = await stage.enter("?name=Zoe#den");
  const ben = await stage.joinRoom("Ben", "den");
  await there(["Ann", "Ben", "Zoe"]);
  assert.equal(await ann.innerText("#people-total"), "3");
  await zoe.locator("#text").pressSequentially("he");
  await ann.locator("#typing", { hasText: "Zoe is typing…" }).waitFor();
  // A typing notice soon disappears, so they type until it is seen.
  const seen = (words: RegExp, write: () => Promise<unknown>) =>
    until(String(words), async () => (await write(), words.test(await ann.innerText("#typing"))));
  await seen(/^(?:Zoe and Ben|Ben and Zoe) are typing…$/, async () => {
    ben.type();
    await zoe.locator("#text").pressSequentially("e");
  });
  await zoe.fill("#text", "");
  await seen(/^Ben is typing…$/, () => Promise.resolve(ben.type()));
  ben.say("done");
  await untilShown(ann, "done");
  await eventually(() => ann.innerText("#typing"), "");
  await eventually(() => zoe.innerText("#typing"), "");
  await zoe.click("#leave");
  await there(["Ann", "Ben"]);
  ben.leave();
  await there(["Ann"]);
});

/** Delays requests for another name for as long as `holdsNames` is true. */
const HOLDS_NAMES = `
  const { send } = WebSocket.prototype;
  const held = [];
  globalThis.holdsNames = true;
  WebSocket.prototype.send = function (data) {
    const go = () => send.call(this, data);
    if (globalThis.holdsNames && data.includes('"type":"name"')) held.push(go);
    else go();
  };
  globalThis.letNamesGo = () => {
    globalThis.holdsNames = false;
    for (const go of held) go();
  };
`;

pageTest(
  "The name chosen last wins, even while the previous request is pending",
  async (stage) => {
    await stage.joinRoom("Dan", "den");
    const page = await stage.enter("?name=Ann#den", { before: HOLDS_NAMES });
    const confirm = async (name: string) => {
      await page.fill("#name", name);
      await page.press("#name", "Enter");
    };
    await page.click("#me");
    await confirm("Bea");
    await confirm("Cleo");
    await page.evaluate("letNamesGo()");
    await page.locator("#name-dialog").waitFor({ state: "hidden" });
    await eventually(async () => (await page.innerText("#me bdi")).trim(), "Cleo");

    // The first name is granted and the second is not: the dialog reports it, and the first name stays.
    await page.evaluate("holdsNames = true");
    await page.click("#me");
    await confirm("Eve");
    await confirm("Dan");
    await page.evaluate("letNamesGo()");
    await page.locator("#name-error", { hasText: "This name is already taken" }).waitFor();
    assert.ok(await page.isVisible("#name-dialog"));
    await eventually(async () => (await page.innerText("#me bdi")).trim(), "Eve");
    await page.keyboard.press("Escape");
    await page.reload();
    await page.locator("#me bdi", { hasText: "Eve" }).waitFor();
  },
);

pageTest(
  "A chosen name is announced to all, and refused with a message if it is taken",
  async (stage) => {
    const ann = await stage.enter("?name=Ann#den");
    const guest = await stage.enter("#den");
    await say(ann, "who are you?");
    const drawn = (await guest.innerText("#me bdi")).trim();
    assert.equal(await guest.innerText("#guest-words"), `You are ${drawn}.`);
    await guest.click("#guest-name");
    for (
      const [name, words] of [
        ["", /^A name has 1 to 32 characters/],
        ["* star", /^A name has 1 to 32 characters/],
        ["x".repeat(33), /^A name has 1 to 32 characters/],
        ["ＡＮＮ", /^This name is already taken/],
        ["Ann", /^This name is already taken/],
      ] as const
    ) {
      await guest.fill("#name", name);
      await guest.press("#name", "Enter");
      await guest.locator("#name-error", { hasText: words }).waitFor();
      assert.equal(await guest.getAttribute("#name", "aria-invalid"), "true");
      assert.equal(await guest.evaluate("document.activeElement.id"), "name");
    }
    await guest.fill("#name", "Ben");
    await guest.click("#name-dialog button:not([type])");
    await guest.locator("#name-dialog").waitFor({ state: "hidden" });
    assert.ok(await guest.isHidden("#guest-bar"));
    for (const page of [ann, guest]) {
      await page.locator("#log .note", { hasText: `${drawn} is now Ben` }).waitFor();
    }
    await say(guest, "Ben");
    await eventually(() => lines(ann), ["Ann: who are you?", "Ben: Ben"]);
    await guest.reload();
    await untilShown(guest, "Ben");
    assert.equal(await guest.innerText("#me bdi"), "Ben");
    assert.equal(
      await guest.locator("#log .own").count(),
      1,
      "the user is the same after a reload",
    );
  },
);

pageTest(
  "A user whose name is taken in the room is notified, and can choose another",
  async (stage) => {
    await using _cem = await TestClient.open(`${stage.url}/ws?name=Cem&room=den`);
    const page = await stage.open("?name=Cem#den");
    const words = "Cem is taken here. You are Cem (2) until it is free.";
    await page.locator("#room-words", { hasText: words }).waitFor();
    await page.click("#room-rename");
    await page.fill("#name", "Dan");
    await page.press("#name", "Enter");
    await page.locator("#room-status").waitFor({ state: "hidden" });
    await say(page, "it is me");
    await untilShown(page, "it is me");
    await eventually(() => lines(page), ["Dan: it is me"]);
  },
);
