import assert from "node:assert/strict";
import { MAX_BLOCKED_USERS, Preferences } from "../../../static/page/preferences.js";
import { setBlocked } from "../../../static/page/rooms/blocking.js";
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

Deno.test("Preferences of a user whom another tab has signed out are not stored, and those of the browser are", () => {
  const keep = storage();
  const preferences = new Preferences(new PageStorage(keep, PAGE));
  preferences.lastUser = "a_ann";
  assert.equal(preferences.isSignedOut, false);
  keep.texts.clear();
  assert.equal(preferences.isSignedOut, true);
  Object.assign(preferences, { lastUser: "a_ann", lastName: "Ann", room: "den", theme: "dark" });
  preferences.saveBlocked(new Map([["u2345678", "Ben"]]));
  assert.deepEqual([...keep.texts], [["parley-page / theme", "dark"]]);
  // The tab has got another user.
  Object.assign(preferences, { lastUser: "a_ben", lastName: "Ben" });
  assert.deepEqual([preferences.isSignedOut, keep.texts.get("parley-page / last-name")], [
    false,
    "Ben",
  ]);
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

/** The stored list of blocked users. */
const BLOCKED_KEY = "parley-page / blocked";

Deno.test("A block is kept for the next visit, and unblocking leaves nothing", () => {
  const keep = storage();
  const open = () => new Preferences(new PageStorage(keep, PAGE));
  assert.equal(setBlocked(open(), "u7eve000", "Eve of Destruction"), true);
  assert.equal(setBlocked(open(), "m_bob00000", "网友42"), true);
  assert.deepEqual([...open().blocked.value], [
    ["u7eve000", "Eve of Destruction"],
    ["m_bob00000", "网友42"],
  ]);
  for (const user of ["u7eve000", "m_bob00000"]) setBlocked(open(), user, null);
  assert.equal(open().blocked.value.size, 0);
  assert.equal(keep.texts.has(BLOCKED_KEY), false);
});

Deno.test("A block keeps those of another tab, which reads it when told", () => {
  const keep = storage();
  const [one, two] = [1, 2].map(() => new Preferences(new PageStorage(keep, PAGE)));
  assert.ok(one && two);
  setBlocked(one, "u7eve000", "Eve");
  setBlocked(two, "u7mallory", "Mallory");
  assert.deepEqual([...two.blocked.value.values()], ["Eve", "Mallory"]);
  assert.deepEqual([...one.blocked.value.values()], ["Eve"]);
  one.readBlocked();
  assert.deepEqual([...one.blocked.value.values()], ["Eve", "Mallory"]);
});

Deno.test(`At most ${MAX_BLOCKED_USERS} users are blocked`, () => {
  const keep = storage();
  const settings = new Preferences(new PageStorage(keep, PAGE));
  const users = Array.from({ length: MAX_BLOCKED_USERS }, (_, n) => `u${1_000_000 + n}`);
  for (const user of users) assert.equal(setBlocked(settings, user, user), true);
  assert.equal(setBlocked(settings, "u7eve000", "Eve"), false);
  assert.equal(settings.blocked.value.has("u7eve000"), false);
  assert.equal(setBlocked(settings, users[0] ?? "", "again"), true, "already blocked");
  setBlocked(settings, users[0] ?? "", null);
  assert.equal(setBlocked(settings, "u7eve000", "Eve"), true);
  keep.texts.set(BLOCKED_KEY, Array.from({ length: 300 }, (_, n) => `u${n + 1e8} x`).join("\n"));
  settings.readBlocked();
  assert.equal(settings.blocked.value.size, MAX_BLOCKED_USERS);
});

Deno.test("Blocked users that cannot be read are ignored", () => {
  const lines = ["", "u7eve000", "u7eve001 ", "../.. x", "short x", "u7eve002 Eve", "U€ x", "null"];
  const keep = storage(new Map([[BLOCKED_KEY, lines.join("\n")]]));
  const { blocked } = new Preferences(new PageStorage(keep, PAGE));
  assert.deepEqual([...blocked.value], [["u7eve002", "Eve"]]);
  keep.texts.set(BLOCKED_KEY, `u7eve002 ${"e".repeat(100_000)}`);
  assert.equal(
    new Preferences(new PageStorage(keep, PAGE)).blocked.value.get("u7eve002")?.length,
    128,
  );
});

for (const [what, keep] of [["refuses", REFUSING], ["is missing", undefined]] as const) {
  Deno.test(`A block lasts until the end of the visit when the storage ${what}`, () => {
    const settings = new Preferences(new PageStorage(keep, PAGE));
    setBlocked(settings, "u7eve000", "Eve");
    assert.equal(settings.blocked.value.get("u7eve000"), "Eve");
  });
}
