import assert from "node:assert/strict";
import { Drafts } from "../../static/page/drafts.js";
import { Settings } from "../../static/page/settings.js";
import { Memory } from "../../static/page/storage.js";

const PAGE = "https://chat.example/?room=den#den";

/** What a browser keeps, in a map. */
function storage(kept: ReadonlyMap<string, string> = new Map()) {
  const texts = new Map(kept);
  return {
    texts,
    getItem: (key: string) => texts.get(key) ?? null,
    setItem: (key: string, text: string) => void texts.set(key, text),
    removeItem: (key: string) => void texts.delete(key),
  };
}

function refuse(): never {
  throw new DOMException("The quota has been exceeded", "QuotaExceededError");
}

const REFUSING = { getItem: refuse, setItem: refuse, removeItem: refuse };

Deno.test("Settings are there again at the next visit", () => {
  const keep = storage();
  const before = new Settings(new Memory(keep, PAGE));
  Object.assign(before, { name: "Ann", language: "zh", theme: "dark", notifies: true });
  before.rooms = ["lobby", "den"];
  before.room = "den";
  const after = new Settings(new Memory(keep, PAGE));
  assert.deepEqual(
    [after.name, after.language, after.theme, after.notifies, after.rooms, after.room],
    ["Ann", "zh", "dark", true, ["lobby", "den"], "den"],
  );
});

Deno.test("Settings take nothing that makes no sense", () => {
  const kept = [["language", "xx"], ["theme", "pink"], ["notifies", "1"], [
    "rooms",
    "den <b> den a/b x",
  ]];
  const texts = new Map(kept.map(([key, text]) => [`parley-page / ${key}`, text ?? ""]));
  const { language, theme, notifies, rooms } = new Settings(new Memory(storage(texts), PAGE));
  assert.deepEqual([language, theme, notifies, rooms], [null, "system", false, ["den", "x"]]);
});

Deno.test("Settings begin in no room, as a guest", () => {
  for (const keep of [storage(), undefined, REFUSING]) {
    const { name, rooms, room } = new Settings(new Memory(keep, PAGE));
    assert.deepEqual([name, rooms, room], [null, [], null]);
  }
});

for (const [what, keep] of [["refuses", REFUSING], ["is missing", undefined]] as const) {
  Deno.test(`Memory goes on by itself where the storage ${what}`, () => {
    const memory = new Memory(keep, PAGE);
    memory.set("name", "Ann");
    assert.equal(memory.get("name"), "Ann");
    memory.set("name", null);
    assert.equal(memory.get("name"), null);
  });
}

Deno.test("Drafts are kept for each room with what they answer, and go when they are empty", () => {
  const keep = storage();
  const drafts = new Drafts(new Memory(keep, PAGE));
  const reply = { position: "k3j9f2:127", name: "Ann", text: "who is here?" };
  drafts.set("den", { text: "half a th", reply });
  drafts.set("lobby", { text: "", reply: null });
  assert.deepEqual(new Drafts(new Memory(keep, PAGE)).get("den"), { text: "half a th", reply });
  assert.deepEqual(drafts.get("lobby"), { text: "", reply: null });
  assert.equal(keep.texts.size, 1);
  drafts.set("den", { text: "", reply: null });
  assert.equal(keep.texts.size, 0);
});

for (const text of ["{", "null", "[]", `{"text":1}`, `"text"`]) {
  Deno.test(`Drafts pass over what is no draft: ${text}`, () => {
    const memory = new Memory(storage(new Map([["parley-page / draft.den", text]])), PAGE);
    assert.deepEqual(new Drafts(memory).get("den"), { text: "", reply: null });
  });
}

Deno.test("Drafts pass over what is no answer, and keep the text", () => {
  const kept = new Map([["parley-page / draft.den", `{"text":"hi","reply":{"position":1}}`]]);
  assert.deepEqual(new Drafts(new Memory(storage(kept), PAGE)).get("den"), {
    text: "hi",
    reply: null,
  });
});

Deno.test("Memory keeps apart what pages of one origin keep under other paths", () => {
  const keep = storage();
  const paths = ["", "index.html", "team-a/", "team-a/#den", "team-a/b/", "team-b/?name=Ann"];
  const pages = paths.map((path) => new Memory(keep, `https://chat.example/${path}`));
  pages.forEach((memory, i) => memory.set("draft.den", `draft ${i}`));
  assert.deepEqual(pages.map((it) => it.get("draft.den")), [
    ...["draft 1", "draft 1", "draft 3", "draft 3", "draft 4", "draft 5"],
  ]);
});

Deno.test("Settings take no name that is longer than any", () => {
  const keep = storage(new Map([["parley-page / name", "a\u0300".repeat(50_000)]]));
  assert.equal(new Settings(new Memory(keep, PAGE)).name, null);
});
