// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The chat page's fields, buttons and words. What goes over the wire is client.js's affair, and what
 * was said is log.js's. Every look is an attribute or a class: the server's content policy allows
 * neither inline script nor inline style.
 * @module
 */

import { Connection, fits, roomUrl } from "./client.js";
import { Log } from "./log.js";
import { endingWords, fill, pickLanguage, strings } from "./strings.js";

/** @typedef {"out" | "joining" | "in" | "waiting"} State */

const MAX_ROWS = 8;
const DEFAULT_ROOM = "lobby";

const language = pickLanguage(navigator.languages);
const t = strings[language];
const page = {
  welcome: find("welcome", HTMLElement),
  where: find("where", HTMLElement),
  leave: find("leave", HTMLButtonElement),
  stage: find("stage", HTMLElement),
  quiet: find("quiet", HTMLElement),
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

const maxBytes = Number(
  document.querySelector("[name=max-message-bytes]")?.getAttribute("content"),
);
const jump = find("jump", HTMLButtonElement);
const log = new Log(find("log", HTMLElement), jump);
/** @type {Connection | null} */
let connection = null;
let asked = { name: "", room: DEFAULT_ROOM };
/** Not in a room, on the way in, talking, lost but coming back. @type {State} */
let state = "out";
/** @type {ReturnType<typeof setInterval> | undefined} */
let ticking;
let hasMissed = false;

/** @template {Element} T @param {string} id @param {new () => T} kind @returns {T} */
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
    for (const attribute of ["placeholder", "aria-label"]) {
      for (const element of document.querySelectorAll(`[data-${attribute}="${key}"]`)) {
        element.setAttribute(attribute, words);
      }
    }
  }
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

/** @param {string} key @param {string} value */
function remember(key, value) {
  try {
    localStorage.setItem(`parley.${key}`, value);
  } catch {
    // See recall().
  }
}

/** @param {State} next @param {string} words @param {"calm" | "fault"} [tone] */
function show(next, words, tone = "calm") {
  state = next;
  clearInterval(ticking);
  document.body.dataset.state = next;
  const talking = next === "in" || next === "waiting";
  page.stage.hidden = !talking && log.isEmpty;
  page.welcome.hidden = !page.stage.hidden;
  page.entrance.hidden = talking;
  page.composer.hidden = !talking;
  page.where.hidden = page.leave.hidden = next === "out";
  page.where.textContent = `# ${asked.room}`;
  page.join.disabled = next === "joining";
  page.send.disabled = next !== "in";
  page.countdown.hidden = page.retry.hidden = true;
  page.quiet.hidden = next !== "in" || !log.isEmpty;
  say(words, tone);
}

/** @param {string} words @param {"calm" | "fault"} [tone] */
function say(words, tone = "calm") {
  page.words.textContent = words;
  page.words.className = tone;
}

function joinedWords() {
  return fill(asked.name === "" ? t.joinedAsGuest : t.joinedAs, asked);
}

function join() {
  const room = page.room.value.trim() || DEFAULT_ROOM;
  if (room !== asked.room) log.clear();
  // In the form in which the server gives names back, so that own lines are known again.
  asked = { name: page.name.value.trim().normalize("NFC"), room };
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
  if (hasMissed) log.add({ kind: "notice", text: t.back });
  hasMissed = false;
}

/** @param {import("./client.js").Line} line */
function heard(line) {
  page.quiet.hidden = true;
  log.add(line, line.kind === "said" && line.name === asked.name);
}

/** @param {import("./client.js").Ending} ending */
function ended({ code, reason, retryMs, reached }) {
  hasMissed ||= reached;
  const words = endingWords(t, { code, reason, reached }, asked.name);
  if (retryMs !== null) return wait(words, retryMs);
  // Turned away at the door: the status says why, and there is nothing else to show.
  if (!log.hasTalk) log.clear();
  show("out", words, "fault");
  const field = code === 4503 ? page.room : code === 4501 || code === 4502 ? page.name : null;
  field?.setAttribute("aria-invalid", "true");
  (field ?? page.join).focus();
}

/** @param {string} words @param {number} retryMs */
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
  if (!fits(text, maxBytes)) {
    return say(fill(t.tooLong, { bytes: maxBytes.toLocaleString(language) }), "fault");
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
  // Its own click handler in log.js has hidden it by now, and a hidden button loses the focus.
  jump.addEventListener("click", () => page.text.focus());
}

function begin() {
  const search = new URLSearchParams(location.search);
  page.name.value = search.get("name") ?? recall("name") ?? "";
  page.room.value = search.get("room") ?? recall("room") ?? DEFAULT_ROOM;
  translate();
  listen();
  (page.name.value === "" ? page.name : page.join).focus();
}

begin();
