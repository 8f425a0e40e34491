/** The description of the HTTP API, compared with what it is made from, and checked by a linter. */
import assert from "node:assert/strict";
import settings from "../deno.json" with { type: "json" };
import { protocolPath } from "../../docs/tools/examples.ts";
import { openapi, openapiYaml } from "../../docs/tools/openapi/document.ts";
import { referencePage } from "../../docs/tools/openapi/reference_page.ts";
import { codesOf } from "../../docs/tools/openapi/problems.ts";
import { OPERATIONS } from "../../lib/core/api/operations.ts";
import { FAULTS } from "../../lib/core/protocol/faults.ts";
import { FAULT_STATUS } from "../../lib/core/protocol/fault_status.ts";

const document = openapi(Deno.readTextFileSync(protocolPath));
const yaml = Deno.readTextFileSync(new URL("openapi.yaml", protocolPath));
const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));

Deno.test("docs/reference/openapi.yaml is the output of deno task openapi", () => {
  assert.equal(yaml, openapiYaml(document), "run deno task openapi");
});

Deno.test("static/docs/api.html is the output of deno task openapi", () => {
  const page = Deno.readTextFileSync(new URL("../../static/docs/api.html", import.meta.url));
  assert.equal(page, referencePage(document), "run deno task openapi");
});

Deno.test("The page of the API has every operation once, and its links lead somewhere", () => {
  const page = referencePage(document);
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (const { operationId } of operations) assert.ok(ids.includes(operationId), operationId);
  for (const [, to = ""] of page.matchAll(/ href="#([^"]+)"/g)) assert.ok(ids.includes(to), to);
});

Deno.test("The page of the API has no script and no inline style, and names nothing from elsewhere", () => {
  const page = referencePage(document);
  assert.doesNotMatch(page, /<script|<style|\sstyle=|\son\w+=|javascript:/);
  const named = [...page.matchAll(/ (?:href|src)="([^#"][^"]*)"/g)].map(([, url]) => url);
  assert.deepEqual(named, ["../icon.svg", "../parley.css", "../docs.css"]);
});

Deno.test("docs/reference/openapi.yaml has nothing to which the linter objects", async () => {
  // The linter sends telemetry unless it is told not to. It has no permission to connect either.
  const permissions = ["--allow-read", "--allow-env", "--allow-sys"];
  const config = new URL("../deno.json", import.meta.url).pathname;
  const file = new URL("openapi.yaml", protocolPath).pathname;
  const rules = ["--extends", "recommended", "--format", "json"];
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--config", config, "--frozen", "--no-prompt", ...permissions],
      ...[`${settings.imports["@redocly/cli"]}/redocly`, "lint", file, ...rules],
    ],
    env: { CI: "true", REDOCLY_TELEMETRY: "off" },
  }).output();
  const [words, output] = [stderr, stdout].map((it) => new TextDecoder().decode(it));
  assert.match(output ?? "", /^\{/, words);
  // Warnings count, too.
  assert.deepEqual(JSON.parse(output ?? "").problems, [], words);
});

Deno.test("docs/reference/openapi.yaml has every operation, each with an example", () => {
  const ids = new Set(operations.map(({ operationId }) => operationId));
  for (const { id } of OPERATIONS) assert.ok(ids.has(id), id);
  assert.equal(ids.size, operations.length);
  for (const { operationId, responses } of operations) {
    const [first] = Object.values(responses);
    assert.match(JSON.stringify(first), /"examples":\{"(?:user|operator)/, operationId);
  }
});

Deno.test("docs/reference/openapi.yaml has every path for operators", () => {
  const folder = new URL("../../lib/io/api/", import.meta.url);
  const paths = [...Deno.readDirSync(folder)].filter(({ isFile }) => isFile).flatMap(({ name }) => {
    const source = Deno.readTextFileSync(new URL(name, folder));
    return [...source.matchAll(/_PATH = "(\/api\/v1\/[^"]+)"/g)].map(([, path = ""]) => path);
  });
  assert.ok(paths.length >= 8, "they were found");
  for (const path of paths) assert.ok(document.paths[path], path);
});

Deno.test("docs/reference/openapi.yaml has every fault that an operation can have, at its status", () => {
  const missing = Object.keys(FAULTS).filter((code) => {
    const status = FAULT_STATUS[code as keyof typeof FAULTS];
    return !codesOf(status).includes(code);
  });
  assert.deepEqual(missing, ["unknown_type", "hello_first", "in_room", "not_in_room"]);
});

Deno.test("The table of statuses in docs/reference/http-api.md has every fault that an operation can have", () => {
  const text = Deno.readTextFileSync(new URL("http-api.md", protocolPath));
  const [table = ""] = /(?:^\|.*\n)+/m.exec(text.split("<!-- statuses")[1] ?? "") ?? [];
  const rows = table.trim().split("\n").slice(2).flatMap((row) => {
    const [, status = "", codes = ""] = row.split("|");
    return [...codes.matchAll(/`(\w+)`/g)].map(([, code = ""]) => [code, Number(status)] as const);
  });
  const expected = Object.entries(FAULT_STATUS).filter(([code, status]) =>
    codesOf(status).includes(code)
  );
  assert.deepEqual(Object.fromEntries(rows), Object.fromEntries(expected));
});
