import assert from "node:assert/strict";
import { Preferences } from "../../../static/page/preferences.js";
import { PageStorage } from "../../../static/page/base/storage.js";

const PAGE = "https://chat.example/?room=den#den";

/** A browser's storage in a map. */
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

Deno.test("Preferences are restored at the next visit", () => {
  const keep = storage();
  const before = new Preferences(new PageStorage(keep, PAGE));
  Object.assign(before, { name: "Ann", language: "zh", theme: "dark", notifies: true });
  before.rooms = ["lobby", "den"];
  before.room = "den";
  const after = new Preferences(new PageStorage(keep, PAGE));
  assert.deepEqual(
    [after.name, after.language, after.theme, after.notifies, after.rooms, after.room],
    ["Ann", "zh", "dark", true, ["lobby", "den"], "den"],
  );
});

Deno.test("Preferences ignore invalid values", () => {
  const kept = [["language", "xx"], ["theme", "pink"], ["notifies", "1"], [
    "rooms",
    "den <b> den a/b x",
  ]];
  const texts = new Map(kept.map(([key, text]) => [`parley-page / ${key}`, text ?? ""]));
  const { language, theme, notifies, rooms } = new Preferences(
    new PageStorage(storage(texts), PAGE),
  );
  assert.deepEqual([language, theme, notifies, rooms], [null, "system", false, ["den", "x"]]);
});

Deno.test("Preferences start without a room, as a guest", () => {
  for (const keep of [storage(), undefined, REFUSING]) {
    const { name, rooms, room } = new Preferences(new PageStorage(keep, PAGE));
    assert.deepEqual([name, rooms, room], [null, [], null]);
  }
});

for (const [what, keep] of [["refuses", REFUSING], ["is missing", undefined]] as const) {
  Deno.test(`PageStorage works in memory when the storage ${what}`, () => {
    const memory = new PageStorage(keep, PAGE);
    memory.set("name", "Ann");
    assert.equal(memory.get("name"), "Ann");
    memory.set("name", null);
    assert.equal(memory.get("name"), null);
  });
}

Deno.test("PageStorage separates pages of one origin by path", () => {
  const keep = storage();
  const paths = ["", "index.html", "team-a/", "team-a/#den", "team-a/b/", "team-b/?name=Ann"];
  const pages = paths.map((path) => new PageStorage(keep, `https://chat.example/${path}`));
  pages.forEach((memory, i) => memory.set("draft.den", `draft ${i}`));
  assert.deepEqual(pages.map((it) => it.get("draft.den")), [
    ...["draft 1", "draft 1", "draft 3", "draft 3", "draft 4", "draft 5"],
  ]);
});

Deno.test("Preferences reject a name longer than the limit", () => {
  const keep = storage(new Map([["parley-page / name", "a\u0300".repeat(50_000)]]));
  assert.equal(new Preferences(new PageStorage(keep, PAGE)).name, null);
});
