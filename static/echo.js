// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The echo page: one socket, three buttons, and a list of all events, in words that tests and
 * older write-ups rely on. It does not use client.js, so that it shows the bare WebSocket.
 * @module
 */

import { refuseFiles } from "./page/composer/refuse_files.js";

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

/** @param {string} line */
function appendLine(line) {
  const entry = document.createElement("li");
  entry.textContent = line;
  log.append(entry);
  log.scrollTop = log.scrollHeight;
}

function connect() {
  if (socket !== null) return appendLine("already connected");
  const url = new URL("s", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  socket = new WebSocket(url);
  socket.addEventListener("open", () => appendLine("connected"));
  socket.addEventListener("message", (event) => appendLine(`recv: ${event.data}`));
  // The event has no cause: browsers hide it from scripts.
  socket.addEventListener("error", () => appendLine("error: the connection failed"));
  socket.addEventListener("close", () => {
    socket = null;
    appendLine("disconnected");
  });
}

function disconnect() {
  if (socket === null) return appendLine("already disconnected");
  socket.close(1000);
}

function send() {
  if (socket?.readyState !== WebSocket.OPEN) return appendLine("please connect first");
  appendLine(`send: ${text.value}`);
  socket.send(text.value);
}

find("connect", HTMLButtonElement).addEventListener("click", connect);
find("disconnect", HTMLButtonElement).addEventListener("click", disconnect);
find("say", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
refuseFiles(() => appendLine("files are not supported"));
