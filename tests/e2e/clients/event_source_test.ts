/**
 * Server-sent events with the clients that people use: EventSource in a browser, and curl through nginx as it is shipped.
 * @module
 */
import assert from "node:assert/strict";
import { api, follow } from "../../support/api.ts";
import { browserTest } from "../../support/programs/chromium.ts";
import { startParley } from "../../support/parley.ts";
import { programTest, Running, until } from "../../support/provision.ts";
import { startTestService } from "../../support/service.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";
import { NGINX, startNginx } from "../proxies/nginx.ts";

const CURL = { names: ["curl"], install: "the Debian package curl" };
const MESSAGES = "/rooms/den/messages";

browserTest(
  "EventSource resumes over a restart, and receives each message once",
  async (browser) => {
    await using folder = new TemporaryFolder();
    const first = await startParley({ DATA_DIR: folder.path });
    const settings = { DATA_DIR: folder.path, PORT: String(first.port) };
    const page = await browser.newPage();
    await page.goto(`${first.url}/echo.html`);
    await page.evaluate(`
    window.texts = [];
    window.source = new EventSource("/api/v1/rooms/den/events");
    source.addEventListener("said", ({ data }) => texts.push(JSON.parse(data).text));
    new Promise((resolve) => source.onopen = resolve);
  `);
    const whenRead = (count: number) =>
      until(`message ${count}`, () => page.evaluate(`texts.length >= ${count}`));
    await api(first, MESSAGES, { text: "1" });
    await whenRead(1);
    await first.stop();
    await using second = await startParley(settings);
    await api(second, MESSAGES, { text: "2" });
    await whenRead(2);
    await api(second, MESSAGES, { text: "3" });
    await whenRead(3);
    assert.deepEqual(await page.evaluate("texts"), ["1", "2", "3"]);
    await page.close();
  },
);

programTest(NGINX, "nginx as it is shipped passes each event on at once", async (nginx) => {
  await using service = await startTestService({ TRUST_PROXY: "127.0.0.1" });
  await using proxy = await startNginx(nginx, [service.port, service.port]);
  await using stream = await follow(proxy, "/rooms/den/events");
  for (const text of ["1", "2"]) {
    await api(proxy, MESSAGES, { text });
    assert.equal((await stream.next("said")).data.text, text);
  }
});

programTest(CURL, "curl -N prints each event as it happens", async (curl) => {
  await using service = await startTestService();
  const args = ["-q", "--noproxy", "*", "-sSN", `${service.url}/api/v1/rooms/den/events`];
  const hasBegun = ({ output }: Running) => Promise.resolve(/^id: /m.test(output));
  await using running = await Running.start(curl, args, ".", hasBegun);
  for (const text of ["1", "2"]) {
    await api(service, MESSAGES, { text });
    await until(
      `event ${text}`,
      () => Promise.resolve(running.output.includes(`"text":"${text}"`)),
    );
  }
});
