import assert from "node:assert/strict";
import { programTest } from "../provision.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { Publisher, publisher } from "./published.ts";

/** In blocks of 512 or 1024 bytes, as the shell has it. */
const LIMIT = 400;

programTest(
  { names: ["sh"], install: "a POSIX shell" },
  "SqliteStore refuses drafts when its file cannot grow, and lets everything be read that it acknowledged",
  async ({ path: shell }) => {
    await using folder = new TemporaryFolder();
    // The signal would end the process; without it the write fails, as on a disk that is full.
    const script = `trap '' XFSZ; ulimit -f ${LIMIT}; exec "$@"`;
    const command = publisher(folder.path);
    await using running = new Publisher([shell, "-c", script, "sh", ...command]);
    let [acknowledged, last]: [number, string | undefined] = [0, undefined];
    for (let line; (line = await running.next()) !== undefined; last = line) {
      if (line.startsWith("ack")) acknowledged++;
    }
    assert.ok(acknowledged > 0);
    const fault = /^fault: the disk of the message store .*; (\d+) of (\d+) can be read$/;
    const [, readable, top] = fault.exec(last ?? "") ?? assert.fail(last);
    assert.deepEqual([Number(readable), Number(top)], [acknowledged, acknowledged]);
  },
);
