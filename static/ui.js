// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The chat page: fields, buttons, words and the log; what goes over the wire is client.js's affair.
 * Everything that others wrote enters the page as text, never as markup, and every look is a class:
 * the server's content policy allows neither inline script nor inline style.
 * @module
 */

import { Connection, fits, MAX_TEXT_BYTES, roomUrl } from "./client.js";
import { fill, pickLanguage, strings } from "./strings.js";

/** @typedef {import("./client.js").Line} Line */
/** @typedef {import("./client.js").Ending} Ending */
/**
 * `out`: not in a room. `joining`: on the way in. `in`: can talk. `waiting`: lost, and coming back.
 * @typedef {"out" | "joining" | "in" | "waiting"} State
 */

const MAX_LINES = 1000;
const MAX_ROWS = 8;
const HUES = 8;
const DEFAULT_ROOM = "lobby";

const language = pickLanguage(navigator.languages);
const t = strings[language];
const page = {
  welcome: find("welcome", HTMLElement),
  where: find("where", HTMLElement),
  leave: find("leave", HTMLButtonElement),
  stage: find("stage", HTMLElement),
  log: find("log", HTMLElement),
  quiet: find("quiet", HTMLElement),
  jump: find("jump", HTMLButtonElement),
  words: find("words", HTMLElement),
  countdown: find("countdown", HTMLElement),
  retry: find("retry", HTMLButtonElement),
  entrance: find("entrance", HTMLFormElement),
  name: find("name", HTMLInputElement),
  room: find("room", HTMLInputElement),
  join: find("join", HTMLButtonElement),
  composer: find("composer", HTMLFormElement),
  text: find("text", HTMLTextAreaElement),
  send: find("send", HTMLButtonElement),
};

/** @type {Connection | null} */
let connection = null;
let asked = { name: "", room: DEFAULT_ROOM };
/** @type {State} */
let state = "out";
/** @type {ReturnType<typeof setInterval> | undefined} */
let ticking;
let hasMissed = false;
/** @type {HTMLElement[]} */
let pending = [];

/**
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
function find(id, kind) {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`Cannot find the element: received id ${id}`);
  return element;
}

function translate() {
  document.documentElement.lang = language;
  for (const [key, words] of Object.entries(t)) {
    for (const element of document.querySelectorAll(`[data-text="${key}"]`)) {
      element.textContent = words;
    }
    for (const element of document.querySelectorAll(`[data-placeholder="${key}"]`)) {
      element.setAttribute("placeholder", words);
    }
  }
  page.log.setAttribute("aria-label", t.conversation);
  page.text.setAttribute("aria-label", t.message);
  page.words.textContent = t.idle;
}

// Storage can be switched off, full or forbidden; the page only forgets then.
/** @param {string} key */
function recall(key) {
  try {
    return localStorage.getItem(`parley.${key}`);
  } catch {
    return null;
  }
}

/**
 * @param {string} key
 * @param {string} value
 */
function remember(key, value) {
  try {
    localStorage.setItem(`parley.${key}`, value);
  } catch {
    // See recall().
  }
}

/**
 * Shows what belongs to a state, and says it in words.
 * @param {State} next
 * @param {string} words
 * @param {"calm" | "fault"} [tone]
 */
function show(next, words, tone = "calm") {
  state = next;
  clearInterval(ticking);
  document.body.dataset.state = next;
  const talking = next === "in" || next === "waiting";
  page.stage.hidden = !talking && page.log.childElementCount === 0;
  page.welcome.hidden = !page.stage.hidden;
  page.entrance.hidden = talking;
  page.composer.hidden = !talking;
  page.where.hidden = page.leave.hidden = next === "out";
  page.where.textContent = `# ${asked.room}`;
  page.join.disabled = next === "joining";
  page.send.disabled = next !== "in";
  page.countdown.hidden = page.retry.hidden = true;
  page.quiet.hidden = next !== "in" || page.log.childElementCount > 0;
  say(words, tone);
}

/**
 * @param {string} words
 * @param {"calm" | "fault"} [tone]
 */
function say(words, tone = "calm") {
  page.words.textContent = words;
  page.words.className = tone;
}

function joinedWords() {
  return fill(asked.name === "" ? t.joinedAsGuest : t.joinedAs, asked);
}

function join() {
  const room = page.room.value.trim() || DEFAULT_ROOM;
  if (room !== asked.room) page.log.replaceChildren();
  asked = { name: page.name.value.trim(), room };
  page.room.value = room;
  remember("name", asked.name);
  remember("room", room);
  page.name.removeAttribute("aria-invalid");
  page.room.removeAttribute("aria-invalid");
  hasMissed = false;
  connection?.close();
  connection = new Connection(roomUrl(location.href, asked), { opened, heard, ended });
  show("joining", fill(t.joining, asked));
  connection.open();
}

function leave() {
  connection?.close();
  connection = null;
  show("out", fill(t.left, asked));
  page.join.focus();
}

function opened() {
  // A phone's keyboard must not jump up by itself: after a loss the focus is moved only if it would vanish.
  const takesFocus = state === "joining" || document.activeElement === page.retry;
  show("in", joinedWords());
  if (takesFocus) page.text.focus();
  if (hasMissed) heard({ kind: "notice", text: t.back });
  hasMissed = false;
}

/** @param {Ending} ending */
function ended({ code, reason, retryMs, reached }) {
  const values = { ...asked, code };
  const said = Object.entries(t).find(([key]) => key === `close${code}`)?.[1] ?? t.closeOther;
  hasMissed ||= reached;
  if (retryMs !== null) return wait(code === 1006 && !reached ? t.unreachable : said, retryMs);
  const explains = reason !== "" && said !== t.close4501;
  const why = explains ? ` ${fill(t.serverSays, { reason })}` : "";
  show("out", fill(said, values) + why, "fault");
  const field = code === 4503 ? page.room : code === 4501 || code === 4502 ? page.name : null;
  field?.setAttribute("aria-invalid", "true");
  (field ?? page.join).focus();
}

/**
 * @param {string} words
 * @param {number} retryMs
 */
function wait(words, retryMs) {
  const until = performance.now() + retryMs;
  show("waiting", words, "fault");
  const tick = () => {
    const seconds = Math.ceil((until - performance.now()) / 1000);
    page.countdown.textContent = seconds > 0 ? fill(t.retryIn, { seconds }) : t.retrying;
  };
  tick();
  ticking = setInterval(tick, 250);
  page.countdown.hidden = page.retry.hidden = false;
}

function submit() {
  const text = page.text.value;
  if (text.trim() === "") return;
  if (!fits(text)) {
    const bytes = MAX_TEXT_BYTES.toLocaleString(language);
    return say(fill(t.tooLong, { bytes }), "fault");
  }
  if (!connection?.send(text)) return say(t.notSent, "fault");
  say(joinedWords());
  page.text.value = "";
  grow();
  page.text.focus();
}

// By rows: a height set from script would be an inline style.
function grow() {
  page.text.rows = 1;
  const lineHeight = Number.parseFloat(getComputedStyle(page.text).lineHeight);
  const more = Math.ceil((page.text.scrollHeight - page.text.clientHeight) / lineHeight);
  page.text.rows = Math.min(MAX_ROWS, 1 + more);
}

/**
 * The same name has the same colour on every page: 32-bit FNV-1a, of which the high bits mix best.
 * @param {string} name
 */
function hueOf(name) {
  let hash = 0x811c9dc5;
  for (const character of name) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return (hash >>> 16) % HUES;
}

/** @param {Line} line */
function draw(line) {
  const element = document.createElement("div");
  element.className = `line ${line.kind}`;
  if (line.kind !== "said") {
    element.textContent = line.text;
    return element;
  }
  if (asked.name !== "" && line.name === asked.name) element.classList.add("own");
  const author = document.createElement("b");
  author.className = `author hue-${hueOf(line.name)}`;
  author.textContent = line.name;
  const colon = document.createElement("span");
  colon.className = "unseen";
  colon.textContent = ": ";
  const text = document.createElement("span");
  text.className = "text";
  text.textContent = line.text;
  element.append(author, colon, text);
  return element;
}

// Lines of one moment enter together: asking for the layout once per line would stall a busy room's page.
/** @param {Line} line */
function heard(line) {
  if (pending.length === 0) setTimeout(flush, 16);
  pending.push(draw(line));
  // A page in the background is woken seldom, and must not hoard what it would drop anyway.
  if (pending.length > MAX_LINES) pending.shift();
}

function flush() {
  const stays = isAtBottom();
  page.quiet.hidden = true;
  page.log.append(...pending);
  pending = [];
  while (page.log.childElementCount > MAX_LINES) page.log.firstElementChild?.remove();
  if (stays) toBottom();
  else page.jump.hidden = false;
}

function isAtBottom() {
  return page.log.scrollHeight - page.log.scrollTop - page.log.clientHeight < 24;
}

function toBottom() {
  page.log.scrollTop = page.log.scrollHeight;
  page.jump.hidden = true;
}

function keepAtBottom() {
  let wasAtBottom = true;
  page.log.addEventListener("scroll", () => {
    wasAtBottom = isAtBottom();
    if (wasAtBottom) page.jump.hidden = true;
  });
  // A keyboard that opens, or a text that grows, makes the log lower without a scroll.
  new ResizeObserver(() => wasAtBottom && toBottom()).observe(page.log);
}

/** @param {KeyboardEvent} event */
function isSendKey(event) {
  // While an input method is composing, Enter picks a word. Safari ends the composition before the
  // key arrives, and marks that key with 229 only.
  return event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229;
}

function listen() {
  page.entrance.addEventListener("submit", (event) => {
    event.preventDefault();
    join();
  });
  page.composer.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  page.text.addEventListener("keydown", (event) => {
    if (!isSendKey(event)) return;
    event.preventDefault();
    submit();
  });
  page.text.addEventListener("input", () => {
    grow();
    if (state === "in") say(joinedWords());
  });
  page.leave.addEventListener("click", leave);
  page.retry.addEventListener("click", () => connection?.open());
  page.jump.addEventListener("click", () => {
    toBottom();
    page.text.focus();
  });
}

function begin() {
  const search = new URLSearchParams(location.search);
  page.name.value = search.get("name") ?? recall("name") ?? "";
  page.room.value = search.get("room") ?? recall("room") ?? DEFAULT_ROOM;
  translate();
  listen();
  keepAtBottom();
  (page.name.value === "" ? page.name : page.join).focus();
}

begin();
