/** Secrets in files: which settings can be, what a file may contain, and what is shown of it. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  describeProblem,
  helpText,
  parseCommandLine,
} from "../../../lib/core/command_line/command_line.ts";
import { flagOf, parseConfig, settings } from "../../../lib/core/config/config.ts";
import {
  fileProblem,
  MAX_SECRET_BYTES,
  parseSecret,
  secretFiles,
  secretNames,
  settingVariables,
  unreadable,
} from "../../../lib/core/config/secret_files.ts";

const SECRET = "a secret of thirty-two characters or more";

function found(values: Readonly<Record<string, string>>) {
  return secretFiles((name) => values[name]);
}

Deno.test("Every secret, and the URL that may contain a password, can be read from a file", () => {
  assert.deepEqual(secretNames, [
    "ADMIN_TOKEN",
    "REDIS_URL",
    "SESSION_SECRET",
    "JWT_SECRET",
    "OIDC_CLIENT_SECRET",
    "MODERATION_SECRET",
  ]);
  const names = settings.map(({ name }) => name);
  const files = secretNames.map((name) => `${name}_FILE`);
  assert.deepEqual(new Set(settingVariables), new Set([...names, ...files]));
  assert.equal(settingVariables.length, names.length + files.length);
});

for (const name of secretNames) {
  Deno.test(`${name}_FILE is a variable, and a flag that --help mentions`, () => {
    const path = "/run/secrets/one";
    const file = { name, path, isGivenTwice: false };
    assert.deepEqual(found({ [`${name}_FILE`]: ` ${path}\n` }), [file]);
    const flags = new Map([[`${name}_FILE`, path]]);
    assert.deepEqual(parseCommandLine([flagOf(`${name}_FILE`), path]), {
      kind: "serve",
      flags,
      problems: [],
    });
    const sentence = helpText("0", []).split("\n").find((line) =>
      line.includes("JWT_SECRET_FILE=")
    );
    assert.ok(sentence?.includes(name));
  });
}

Deno.test("secretFiles() finds no file for other settings, and none for an empty path", () => {
  assert.deepEqual(found({ PORT_FILE: "/port", JWT_SECRET_FILE: " ", REDIS_URL: "redis://h" }), []);
});

Deno.test("secretFiles() reports a setting that is given directly too, unless it is empty there", () => {
  const values = { JWT_SECRET_FILE: "/jwt", ADMIN_TOKEN_FILE: "/admin" };
  const files = found({ ...values, JWT_SECRET: SECRET, ADMIN_TOKEN: "" });
  assert.deepEqual(files.map(({ name, isGivenTwice }) => [name, isGivenTwice]), [
    ["ADMIN_TOKEN", false],
    ["JWT_SECRET", true],
  ]);
});

for (
  const [what, content, text] of [
    ["a line without an end", SECRET, SECRET],
    ["a line", `${SECRET}\n`, SECRET],
    ["a line of Windows", `${SECRET}\r\n`, SECRET],
    ["a byte order mark", `\ufeff${SECRET}\n`, SECRET],
    ["letters of every script", "gehéimes 密码\n", "gehéimes 密码"],
    ["as much as is allowed", "x".repeat(MAX_SECRET_BYTES), "x".repeat(MAX_SECRET_BYTES)],
  ] as const
) {
  Deno.test(`parseSecret() accepts ${what}`, () => {
    assert.deepEqual(parseSecret(new TextEncoder().encode(content)), { kind: "good", text });
  });
}

for (
  const [what, content, allowed] of [
    ["an empty file", [], "a file that is not empty"],
    ["an empty line", [0x0a], "a file that is not empty"],
    ["blanks", [0x20, 0x20, 0x0a], "a file that is not empty"],
    ["two lines", [0x61, 0x0a, 0x62, 0x0a], "a file with one line of text"],
    ["a second end of line", [0x61, 0x0a, 0x0a], "a file with one line of text"],
    ["a NUL", [0x61, 0], "a file with one line of text"],
    ["bytes that are not UTF-8", [0x61, 0xff, 0x61], "a file with one line of text"],
    ["more than 64 KiB", Array<number>(65_537).fill(0x61), "a file of at most 64 KiB"],
  ] as const
) {
  Deno.test(`parseSecret() refuses ${what}`, () => {
    assert.deepEqual(parseSecret(Uint8Array.from(content)), { kind: "bad", allowed });
  });
}

Deno.test("parseSecret() either returns one line that is not blank, or refuses", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
    const read = parseSecret(bytes);
    assert.ok(read.kind === "bad" || /^[^\p{Cc}]*[^\p{Cc}\s][^\p{Cc}]*$/u.test(read.text));
  }));
});

Deno.test("parseConfig() uses the text of a file as if it were given directly", () => {
  const read = parseConfig(() => undefined, new Map([["SESSION_SECRET", ` ${SECRET} `]]));
  assert.ok(read.kind === "good");
  assert.equal(read.config.sessionSecret, SECRET);
});

for (const name of secretNames) {
  Deno.test(`parseConfig() shows nothing of an invalid ${name} from a file`, () => {
    const read = parseConfig(() => undefined, new Map([[name, "hunter2"]]));
    assert.ok(read.kind === "bad");
    assert.deepEqual(read.problems.map(({ name, value }) => [name, value]), [[name, "…"]]);
    assert.doesNotMatch(read.problems.map(describeProblem).join(), /hunter2/);
  });
}

Deno.test("parseConfig() reports nothing more about a secret whose file has been reported", () => {
  const values: Readonly<Record<string, string>> = { AUTH: "required" };
  const read = parseConfig((name) => values[name], new Map([["JWT_SECRET", undefined]]));
  assert.deepEqual(read, { kind: "bad", problems: [] });
});

for (
  const [path, shown] of [
    ["/run/secrets/jwt", "/run/secrets/jwt"],
    ["C:\\secrets\\jwt", "C:\\secrets\\jwt"],
    ["hunter2", "…"],
    ["secrets/jwt", "…"],
  ] as const
) {
  Deno.test(`Problems with the file ${path} show ${shown}`, () => {
    const file = { name: "JWT_SECRET", path, isGivenTwice: false };
    const why = `No such file or directory: open '${path}'`;
    assert.deepEqual(fileProblem(file, "anything"), {
      name: "JWT_SECRET_FILE",
      value: shown,
      allowed: "anything",
    });
    const { allowed } = unreadable(file, why);
    assert.equal(allowed, `a file that can be read${shown === "…" ? "" : ` (${why})`}`);
  });
}
