/** Drafts: what happens when their target changes, and when several tabs write in one room. */
import assert from "node:assert/strict";
import {
  appendText,
  type Draft,
  EMPTY_DRAFT,
  endEdit,
  fieldText,
  mergeDrafts,
  reconcileDraft,
  withFieldText,
} from "../../../../static/page/composer/draft.js";
import { Drafts } from "../../../../static/page/composer/drafts.js";
import { PageStorage } from "../../../../static/page/base/storage.js";

const PAGE = "https://chat.example/#den";
const REPLY = { position: "k3j9f2:127", name: "Ann", text: "who is here?" };
const EDIT = { position: "k3j9f2:130", known: ["helo"], text: "hello" };

/** A browser's storage in a map. */
function storage(kept: readonly (readonly [string, string])[] = []) {
  const texts = new Map(kept);
  return {
    texts,
    getItem: (key: string) => texts.get(key) ?? null,
    setItem: (key: string, text: string) => void texts.set(key, text),
    removeItem: (key: string) => void texts.delete(key),
  };
}

type StubStorage = ReturnType<typeof storage>;
const tab = (stored: StubStorage) => new Drafts(new PageStorage(stored, PAGE));
const saying = (text: string): Draft => ({ ...EMPTY_DRAFT, text });

Deno.test("Drafts are stored for each room with their reply and edit, and removed when empty", () => {
  const keep = storage();
  const drafts = tab(keep);
  const whole = { text: "half a th", reply: REPLY, edit: EDIT };
  drafts.set("den", whole);
  drafts.set("lobby", EMPTY_DRAFT);
  assert.deepEqual(tab(keep).get("den"), whole);
  assert.deepEqual(drafts.get("lobby"), EMPTY_DRAFT);
  assert.equal(keep.texts.size, 1);
  drafts.set("den", EMPTY_DRAFT);
  assert.equal(keep.texts.size, 0);
});

for (const text of ["{", "null", "[]", `{"text":1}`, `"text"`]) {
  Deno.test(`Drafts ignore an invalid draft: ${text}`, () => {
    assert.deepEqual(tab(storage([["parley-page / draft.den", text]])).get("den"), EMPTY_DRAFT);
  });
}

for (
  const rest of [
    `"reply":{"position":1}`,
    `"edit":{"position":"e:1","text":"x"}`,
    `"edit":{"position":"e:1","text":"x","known":[1]}`,
    `"edit":[]`,
  ]
) {
  Deno.test(`Drafts ignore an invalid reply or edit, and keep the text: ${rest}`, () => {
    const keep = storage([["parley-page / draft.den", `{"text":"hi",${rest}}`]]);
    assert.deepEqual(tab(keep).get("den"), saying("hi"));
  });
}

Deno.test("Drafts of one tab survive a message sent from another tab", () => {
  const keep = storage();
  const [ann, other] = [tab(keep), tab(keep)];
  other.get("den");
  ann.set("den", saying("a long thought"));
  other.set("den", saying("hi"));
  other.set("den", EMPTY_DRAFT);
  assert.deepEqual(ann.get("den"), saying("a long thought"), "in its own tab");
  assert.deepEqual(other.get("den"), EMPTY_DRAFT, "sent here");
  ann.restore();
  other.restore();
  assert.deepEqual(tab(keep).get("den"), saying("a long thought"), "after a reload");
});

const LAST_USER = "parley-page / last-user";

for (const user of ["a_ann", "m_ann"]) {
  for (const next of [null, "a_ben"]) {
    Deno.test(`Drafts of ${user} are not stored again once another tab has signed them out, ${next === null ? "and nobody in" : "and another user in"}`, () => {
      const keep = storage([[LAST_USER, user]]);
      const drafts = tab(keep);
      drafts.set("den", saying("a secret"));
      keep.texts.clear();
      if (next !== null) keep.texts.set(LAST_USER, next);
      const left = new Map(keep.texts);
      drafts.restore();
      drafts.set("den", saying("a secret, again"));
      drafts.set("lobby", saying("another"));
      assert.deepEqual(keep.texts, left);
      assert.deepEqual(drafts.get("den"), saying("a secret, again"), "in its own tab");
    });
  }
}

Deno.test("Drafts of guests and of users who are not known yet are stored whatever the last user is", () => {
  for (const user of [null, "u1"]) {
    const keep = storage(user === null ? [] : [[LAST_USER, user]]);
    const drafts = tab(keep);
    keep.texts.set(LAST_USER, "m_ann");
    drafts.set("den", saying("half a th"));
    assert.deepEqual(tab(keep).get("den"), saying("half a th"), `${user}`);
  }
});

Deno.test("Drafts remove only the copy that they wrote or showed", () => {
  const keep = storage();
  const [ann, other] = [tab(keep), tab(keep)];
  other.set("den", saying("hi"));
  ann.set("den", saying("a long thought"));
  other.set("den", EMPTY_DRAFT);
  assert.deepEqual(tab(keep).get("den"), saying("a long thought"));
  const later = tab(keep);
  later.get("den");
  later.set("den", EMPTY_DRAFT);
  assert.equal(keep.texts.size, 0, "a draft restored here was sent here");
});

Deno.test("Drafts of another tab are restored in rooms without a draft", () => {
  const keep = storage();
  const [ann, other] = [tab(keep), tab(keep)];
  assert.deepEqual(other.get("den"), EMPTY_DRAFT);
  ann.set("den", saying("half a th"));
  assert.deepEqual(other.get("den"), saying("half a th"));
});

Deno.test("An edit keeps the draft, which is restored when the edit ends", () => {
  const draft = withFieldText({ ...saying("half a th"), edit: EDIT }, "hello all");
  assert.deepEqual([draft.text, fieldText(draft)], ["half a th", "hello all"]);
  assert.equal(fieldText({ ...draft, edit: null }), "half a th");
});

Deno.test("endEdit() appends a changed text to the draft, and drops an unchanged one", () => {
  assert.deepEqual(endEdit({ ...EMPTY_DRAFT, edit: EDIT }), saying("hello"));
  assert.deepEqual(endEdit({ ...saying("half"), edit: EDIT }), saying("half\nhello"));
  assert.deepEqual(endEdit({ ...saying("half"), edit: { ...EDIT, text: "helo" } }), saying("half"));
  assert.deepEqual(endEdit({ ...saying("half"), edit: { ...EDIT, text: "" } }), saying("half"));
  assert.deepEqual(appendText(EMPTY_DRAFT, "x"), saying("x"));
});

Deno.test("mergeDrafts() keeps the texts of both drafts", () => {
  const editing = { ...EMPTY_DRAFT, edit: EDIT };
  assert.deepEqual(mergeDrafts(EMPTY_DRAFT, editing), editing);
  assert.deepEqual(mergeDrafts(saying("half"), editing), saying("half\nhello"));
  assert.deepEqual(mergeDrafts(saying("half"), EMPTY_DRAFT), saying("half"));
});

for (
  const [what, draft, target, expected, news] of [
    [
      "keeps an edit of a message that is not loaded",
      { ...EMPTY_DRAFT, edit: EDIT },
      undefined,
      null,
    ],
    [
      "keeps an edit of an unchanged message",
      { ...EMPTY_DRAFT, edit: EDIT },
      { text: "helo" },
      null,
    ],
    [
      "ends an edit of a deleted message",
      { ...EMPTY_DRAFT, edit: EDIT },
      { text: "", deleted: true },
      saying("hello"),
      "editDeleted",
    ],
    [
      "ends an edit of a changed message",
      { ...EMPTY_DRAFT, edit: EDIT },
      { text: "helo!" },
      saying("hello"),
      "editChanged",
    ],
    [
      "ends an edit that another tab has saved",
      { ...saying("half"), edit: EDIT },
      { text: "hello" },
      saying("half"),
    ],
    [
      "drops a reply to a deleted message, and keeps the text",
      { ...saying("yes"), reply: REPLY },
      { text: "", deleted: true },
      saying("yes"),
      "replyDeleted",
    ],
    [
      "quotes the new text of an edited message",
      { ...saying("yes"), reply: REPLY },
      { text: "who is there?" },
      { ...saying("yes"), reply: { ...REPLY, text: "who is there?" } },
    ],
    ["keeps an unaffected reply", { ...saying("yes"), reply: REPLY }, { text: REPLY.text }, null],
    ["checks nothing in an empty draft", EMPTY_DRAFT, undefined, null],
  ] as const
) {
  Deno.test(`reconcileDraft() ${what}`, () => {
    const result = reconcileDraft(draft, () => target);
    assert.deepEqual(result.draft, expected ?? draft);
    if (expected === null) assert.equal(result.draft, draft, "the same object");
    assert.equal(result.notice, news ?? null);
  });
}

Deno.test("An emptied edit ends without a notice when its message is deleted", () => {
  const draft = { ...saying("next"), edit: { ...EDIT, text: "" } };
  const { draft: after, notice } = reconcileDraft(draft, () => ({ text: "", deleted: true }));
  assert.deepEqual([after, notice], [saying("next"), null]);
});
