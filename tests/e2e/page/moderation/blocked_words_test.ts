/** What the page shows of messages and names with blocked words. */
import assert from "node:assert/strict";
import { eventually, pageTest, say, untilShown } from "../page_fixture.ts";

const BLOCKED_WORDS_FILE = new URL("words.txt", import.meta.url).pathname;

pageTest(
  "The page says why a message was refused, and shows a masked one to everybody",
  async (stage) => {
    const ann = await stage.enter("?name=Ann#den");
    const ben = await stage.joinRoom("Ben", "den");
    const received: string[] = [];
    ben.events.subscribe((event) => event.type === "said" && received.push(event.text));
    await say(ann, "so bad");
    const refused = ann.locator("#log .failed", { hasText: "so bad" });
    await refused.getByText("Not sent: the text contains words that are not allowed here.")
      .waitFor();
    await say(ann, "darn it");
    await untilShown(ann, "**** it");
    await eventually(() => Promise.resolve(received), ["**** it"]);
    assert.equal(await ann.locator("#log article", { hasText: "darn it" }).count(), 0);

    await say(ann, "/name Bad Ann");
    await ann.locator("#text-error", { hasText: "words that are not allowed here" }).waitFor();
  },
  { settings: { BLOCKED_WORDS_FILE } },
);
