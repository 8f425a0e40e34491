/** What users have chosen is harmless on the operator's terminal, whichever command prints it. */
import assert from "node:assert/strict";
import {
  operatorKey,
  parseSignature,
  sealAnswer,
} from "../../../lib/io/auth/operator_signature.ts";
import { runAuditCommand } from "../../../lib/io/commands/audit_command.ts";
import { runKeysCommand } from "../../../lib/io/commands/keys_command.ts";
import { runInviteCommand, runUsersCommand } from "../../../lib/io/commands/member_commands.ts";
import { runModerateCommand } from "../../../lib/io/commands/moderate_command.ts";
import type { OperatorSettings } from "../../../lib/io/commands/operator_client.ts";
import { runRevokeCommand } from "../../../lib/io/commands/revoke_command.ts";
import { runWebhooksCommand } from "../../../lib/io/commands/webhooks_command.ts";

const TOKEN = "the token of the operator";
const FORGED = "x\n2026-01-01\tAlice\x1b[2J\u2028\x9b31m\u202egpj";
const SHOWN = "x␊2026-01-01␉Alice␛[2J\ufffd\ufffd31m\ufffdgpj";

/** Runs a command against a service that gives this answer; returns what it prints. */
async function print(
  run: (settings: OperatorSettings) => Promise<number>,
  answer: unknown,
  status = 200,
): Promise<string> {
  const key = operatorKey(TOKEN);
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => {
      const signature = parseSignature(request.headers.get("authorization"));
      assert.ok(signature);
      const context = { nonce: signature.nonce, status };
      return new Response(sealAnswer(key, context, JSON.stringify(answer)), { status });
    },
  );
  const settings = { adminHost: "127.0.0.1", adminPort: server.addr.port, adminToken: TOKEN };
  const rest = { sessionSecret: null, redisUrl: null, dataDir: ":memory:" };
  return await printed(() => run({ ...settings, ...rest }));
}

async function printed(run: () => Promise<number>): Promise<string> {
  const [{ writeSync: out }, { writeSync: err }] = [Deno.stdout, Deno.stderr];
  let text = "";
  Deno.stdout.writeSync = Deno.stderr.writeSync = (bytes) => {
    text += new TextDecoder().decode(bytes);
    return bytes.length;
  };
  try {
    await run();
  } finally {
    [Deno.stdout.writeSync, Deno.stderr.writeSync] = [out, err];
  }
  return text;
}

const by = { user: "m_ann00000", name: FORGED };
const entry = { position: "k3:1", at: "-", by, what: FORGED, event: { reason: FORGED } };
const member = { user: "m_ann00000", name: FORGED, role: "owner", devices: 1 };
const key = { key: "k", name: FORGED, rooms: [FORGED], allow: ["send"] };
const invite = { invite: "i", role: FORGED, rooms: [FORGED], usesLeft: 1, expiresAt: FORGED };
const sanction = { kind: "mute", user: "u_bob00000", name: FORGED, reason: FORGED };
const webhook = { webhook: "w", url: FORGED, events: [FORGED], deliveries: [] };

for (
  const [command, run, answer] of [
    [
      "audit",
      (it: OperatorSettings) => runAuditCommand({}, false, it),
      { entries: [entry], more: false },
    ],
    ["users", runUsersCommand, { users: [member] }],
    ["keys", (it: OperatorSettings) => runKeysCommand(undefined, it), { keys: [key] }],
    [
      "invite list",
      (it: OperatorSettings) => runInviteCommand(undefined, it),
      { invites: [invite] },
    ],
    [
      "moderate list",
      (it: OperatorSettings) => runModerateCommand({ kind: "list", room: undefined }, it),
      { sanctions: [sanction], lockdown: false },
    ],
    [
      "moderate",
      (it: OperatorSettings) => runModerateCommand({ kind: "act", body: {} }, it),
      { what: FORGED },
    ],
    [
      "webhooks",
      (it: OperatorSettings) => runWebhooksCommand(undefined, it),
      { webhooks: [webhook] },
    ],
    [
      "revoke",
      (it: OperatorSettings) => runRevokeCommand({}, it),
      { user: FORGED, before: FORGED },
    ],
  ] as const
) {
  Deno.test(`${command} prints what users have chosen on one line, and shows control characters`, async () => {
    const text = await print(run, answer);
    assert.ok(text.includes(SHOWN), text);
    assert.equal(text.split("\n").length, 2);
    assert.doesNotMatch(text, /(?![\t\n])[\p{Cc}\p{Zl}\u202e]/u);
  });
}

Deno.test("A refusal shows control characters, too", async () => {
  const text = await print(runUsersCommand, { detail: FORGED }, 403);
  assert.ok(text.endsWith(` refuses: ${SHOWN}\n`), text);
});

Deno.test("audit --json prints exactly what was done, and nothing that a terminal obeys", async () => {
  const answer = { entries: [entry], more: false };
  const text = await print((it) => runAuditCommand({}, true, it), answer);
  assert.deepEqual(JSON.parse(text), answer);
  assert.doesNotMatch(text, /(?!\n$)[\p{Cc}\p{Zl}\u202e]/u);
});
