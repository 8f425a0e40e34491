/** What the page shows of messages that a program reviews. */
import { eventually, pageTest, say, untilShown } from "../page_fixture.ts";
import { ReviewReceiver } from "../../../support/reviews.ts";

// The settings have to be known before the test starts. It ends with the process.
const receiver = new ReviewReceiver();

pageTest(
  "The page says why a message was not accepted, and shows the text that replaces another",
  async (stage) => {
    const ann = await stage.enter("?name=Ann#den");
    const ben = await stage.joinRoom("Ben", "den");
    const received: string[] = [];
    ben.events.subscribe((event) => event.type === "said" && received.push(event.text));
    await say(ann, "reject this");
    const refused = ann.locator("#log .failed", { hasText: "reject this" });
    await refused.getByText("Not sent: it was not accepted. an ad").waitFor();
    await say(ann, "replace this");
    await untilShown(ann, "nicer");
    await eventually(() => Promise.resolve(received), ["nicer"]);
  },
  { settings: receiver.settings },
);
