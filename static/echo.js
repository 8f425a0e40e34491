// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The echo page: one socket, three buttons, and a list of all that happened, in words that tests and
 * older write-ups rely on. It does without client.js, so that it shows the bare WebSocket.
 * @module
 */

const log = find("log", HTMLOListElement);
const text = find("text", HTMLInputElement);
/** Kept until its close event, so a socket that is still closing counts as connected. @type {WebSocket | null} */
let socket = null;

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

/** @param {string} words */
function note(words) {
  const entry = document.createElement("li");
  entry.textContent = words;
  log.append(entry);
  log.scrollTop = log.scrollHeight;
}

function connect() {
  if (socket !== null) return note("already connected");
  const url = new URL("s", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  socket = new WebSocket(url);
  socket.addEventListener("open", () => note("connected"));
  socket.addEventListener("message", (event) => note(`recv: ${event.data}`));
  // The event itself says nothing about the cause: browsers hide it from scripts.
  socket.addEventListener("error", () => note("error: the connection failed"));
  socket.addEventListener("close", () => {
    socket = null;
    note("disconnected");
  });
}

function disconnect() {
  if (socket === null) return note("already disconnected");
  socket.close(1000);
}

function send() {
  if (socket?.readyState !== WebSocket.OPEN) return note("please connect first");
  note(`send: ${text.value}`);
  socket.send(text.value);
}

find("connect", HTMLButtonElement).addEventListener("click", connect);
find("disconnect", HTMLButtonElement).addEventListener("click", disconnect);
find("say", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
