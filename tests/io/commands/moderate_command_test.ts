import assert from "node:assert/strict";
import { describeSanctions } from "../../../lib/io/commands/moderate_command.ts";

const UNTIL = "2026-03-01T12:00:00.000Z";
const MUTE = { kind: "mute", user: "bob_12345", name: "Bob", until: UNTIL, reason: "noise" };
const BAN = { kind: "ban", user: "bob_12345", name: "Guy" };
const OF_ADDRESS = { kind: "ban", user: "ip_c0000201", name: "Guy", guest: "guy_12345" };

for (
  const [what, response, text] of [
    ["nobody", { sanctions: [], lockdown: false }, "Nobody is muted or banned\n"],
    [
      "until when, and why",
      { sanctions: [MUTE, BAN], lockdown: false },
      `mute\tbob_12345\tuntil ${UNTIL}\tBob\tnoise\nban\tbob_12345\tfor good\tGuy\n`,
    ],
    [
      "on account of which guest an address is banned",
      { sanctions: [OF_ADDRESS], lockdown: false },
      "ban\tip_c0000201\tfor good\tGuy (guest guy_12345)\n",
    ],
    [
      "that guests are locked out",
      { sanctions: [], lockdown: true },
      "Nobody is muted or banned\nThe service is closed to guests\n",
    ],
    ["nothing of another response", {}, undefined],
  ] as const
) {
  Deno.test(`The list of mutes and bans shows ${what}`, () => {
    assert.equal(describeSanctions(response), text);
  });
}
