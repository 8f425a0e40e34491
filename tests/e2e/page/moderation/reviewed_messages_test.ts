/** What the page shows of messages that a program reviews. */
import { eventually, lines, pageTest, say, untilShown } from "../page_fixture.ts";
import { ReviewReceiver } from "../../../support/reviews.ts";

// The settings have to be known before the test starts. It ends with the process.
const receiver = new ReviewReceiver();

pageTest(
  "The page says why a message was not accepted, and shows the text that replaces another",
  async (stage) => {
    const ann = await stage.enter("?name=Ann#den");
    const ben = await stage.enter("?name=Ben#den");
    await say(ann, "reject this");
    const refused = ann.locator("#log .failed", { hasText: "reject this" });
    await refused.getByText("Not sent: it was not accepted. an ad").waitFor();
    await say(ann, "replace this");
    await untilShown(ann, "nicer");
    await eventually(() => lines(ben), ["Ann: nicer"]);
  },
  { settings: receiver.settings },
);
