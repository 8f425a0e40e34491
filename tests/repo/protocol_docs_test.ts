/** The documents about the protocol, compared with the schemas that the server uses and with the tests that prove them. */
import assert from "node:assert/strict";
import specification from "@asyncapi/specs/schemas/3.0.0.json" with { type: "json" };
import { Ajv } from "ajv";
import * as v from "valibot";
import { parse } from "yaml";
import { ANSWERS, asyncapi } from "../../docs/tools/asyncapi.ts";
import { type Example, examplesIn, firstByType, protocolPath } from "../../docs/tools/examples.ts";
import { FAULTS } from "../../lib/core/protocol/faults.ts";
import { FRAMES, type FrameType } from "../../lib/core/protocol/frames.ts";
import { parsePosition } from "../../lib/core/log/position.ts";
import { parseRequest } from "../../lib/core/protocol/json_protocol.ts";
import { REQUESTS } from "../../lib/core/protocol/requests.ts";

const markdown = Deno.readTextFileSync(protocolPath);
const yaml = Deno.readTextFileSync(new URL("asyncapi.yaml", protocolPath));
const examples = examplesIn(markdown);

/** The rows of the first table after a text, without its head, as formatting leaves the cells. */
function tableAfter(text: string): string[][] {
  const [, after = ""] = markdown.split(text);
  const [table = ""] = /(?:^\|.*\n)+/m.exec(after) ?? [];
  return table.trim().split("\n").slice(2)
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

function isFrameType(type: unknown): type is FrameType {
  return typeof type === "string" && Object.hasOwn(FRAMES, type);
}

Deno.test("docs/reference/asyncapi.yaml is the output of deno task asyncapi", () => {
  assert.equal(yaml, asyncapi(markdown), "run deno task asyncapi");
});

Deno.test("docs/reference/asyncapi.yaml is a valid AsyncAPI 3.0 document", () => {
  // It includes the meta-schema, so Ajv must not; formats such as email do not matter here.
  const options = { strict: false, validateFormats: false, validateSchema: false, meta: false };
  const check = new Ajv(options).compile(specification);
  assert.ok(check(parse(yaml)), JSON.stringify(check.errors, undefined, 2));
});

Deno.test("docs/reference/asyncapi.yaml has only internal references that resolve", () => {
  const document: unknown = parse(yaml);
  const references = [...yaml.matchAll(/\$ref: "#\/([^"]+)"/g)].map(([, path = ""]) => path);
  assert.ok(references.length > 100);
  for (const path of references) {
    const found = path.split("/").reduce(
      (node: unknown, key) => v.parse(v.record(v.string(), v.unknown()), node)[key],
      document,
    );
    assert.ok(found !== undefined, path);
  }
});

Deno.test("docs/reference/asyncapi.yaml has an example for each message that its schema accepts", () => {
  const { components } = v.parse(Components, parse(yaml));
  const ajv = new Ajv({ strict: false }).addSchema({ components }, "");
  const names = Object.keys(components.messages);
  assert.equal(names.length, Object.keys(REQUESTS).length + Object.keys(FRAMES).length);
  for (const name of names) {
    const check = ajv.getSchema(`#/components/messages/${name}/payload`);
    for (const { payload } of components.messages[name]?.examples ?? []) {
      assert.ok(check?.(payload), `${name}: ${JSON.stringify(check?.errors)}`);
    }
  }
});

const Components = v.object({
  components: v.object({
    schemas: v.unknown(),
    messages: v.record(
      v.string(),
      v.object({
        payload: v.unknown(),
        examples: v.pipe(v.array(v.object({ payload: v.unknown() })), v.minLength(1)),
      }),
    ),
  }),
});

Deno.test("The protocol's client examples decode, or their fault is shown", () => {
  for (const [index, { from, text }] of examples.entries()) {
    if (from === "server") continue;
    const decoded = parseRequest(text);
    assert.ok(decoded, text);
    if (decoded.type !== "fault") continue;
    const answer: Example | undefined = examples[index + 1];
    assert.deepEqual(JSON.parse(answer?.text ?? "{}"), decoded, text);
  }
});

Deno.test("The protocol's server examples are frames, without a field that has no schema", () => {
  for (const { text } of examples.filter(({ from }) => from === "server")) {
    const frame: Readonly<Record<string, unknown>> = JSON.parse(text);
    const { type } = frame;
    if (!isFrameType(type)) assert.fail(text);
    assert.deepEqual(v.parse(FRAMES[type], frame), frame, text);
  }
});

Deno.test("The protocol's examples have valid positions", () => {
  const fields = ["position", "since", "of", "reply", "before", "after", "until", "read"];
  const texts = examples.flatMap(({ text }) =>
    [...text.matchAll(/"(\w+)":"([^"]*)"/g)].filter(([, field = ""]) => fields.includes(field))
  );
  assert.ok(texts.length > 40);
  for (const [pair, , position = ""] of texts) assert.ok(parsePosition(position), pair);
});

Deno.test("The protocol shows every request and every frame", () => {
  const shown = (from: Example["from"]) => [...firstByType(examples, from).keys()].toSorted();
  assert.deepEqual(
    shown("client").filter((type) => type !== "dance"),
    Object.keys(REQUESTS).toSorted(),
  );
  assert.deepEqual(shown("server"), Object.keys(FRAMES).toSorted());
});

Deno.test("The protocol's table of answers is the one from which asyncapi.yaml is generated", () => {
  const rows = tableAfter("### Answers").flatMap(([requests = "", answer = ""]) =>
    requests.split(", ").map((request) => [request.slice(1, -1), answer.slice(1, -1)])
  );
  const answered = Object.entries(ANSWERS).filter(([, answer]) => answer !== undefined);
  assert.deepEqual(Object.fromEntries(rows), Object.fromEntries(answered));
});

Deno.test("The protocol's table of faults has every code with its message and whether to retry", () => {
  const rows = tableAfter("<!-- faults").map((cells) => cells.slice(0, 3));
  const faults = Object.entries(FAULTS)
    .map(([code, { message, retry }]) => [`\`${code}\``, retry ? "yes" : "no", message]);
  assert.deepEqual(rows, faults);
});

Deno.test("The protocol explains every reason for which entries are not recovered", () => {
  const written = new Set(tableAfter("The reasons:").map(([reason]) => reason?.slice(1, -1)));
  const { reason } = FRAMES.joined.pipe[0].entries;
  assert.deepEqual([...written].toSorted(), reason.wrapped.options.toSorted());
});

const promises = markdown.slice(markdown.indexOf("## Promises"), markdown.indexOf("## Clients"))
  .split(/^\d+\. /m).slice(1);

Deno.test("Every promise of the protocol names the tests that prove it", () => {
  assert.ok(promises.length > 20);
  for (const promise of promises) assert.match(promise, /<!-- tests\/\S+: /, promise);
});

Deno.test("Every test that a promise of the protocol names exists", () => {
  const proofs = promises.flatMap((promise) => [
    ...promise.matchAll(/<!-- (tests\/\S+): ([^]*?) -->/g),
  ]);
  assert.ok(proofs.length > 40);
  const missing = proofs.filter(([, path = "", name = ""]) => {
    const source = Deno.readTextFileSync(new URL(`../../${path}`, import.meta.url));
    return !source.includes(name.replaceAll(/\s+/g, " "));
  });
  assert.deepEqual(missing.map(([, path, name]) => `${path}: ${name}`), []);
});
