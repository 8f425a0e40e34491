// @ts-check
/// <reference lib="dom" />
/**
 * Caches the newest messages of each room for a visit without a connection: when the user looks away or leaves, and otherwise
 * rarely, since writing blocks the page. kept_pages.js shows them.
 * @module
 */

import { MAX_KEPT_LENGTH, MAX_KEPT_MESSAGES } from "./kept_pages.js";
import { isLooking, onLookingChange } from "../base/user_presence.js";

/** @typedef {import("../../client/timeline/amendments.js").Message} Message */

const MAX_ROOMS = 32;
const WRITE_AFTER_MS = 30_000;
// Deleted texts should not stay on the disk.
const DELETE_AFTER_MS = 500;

/** Writes the messages of changed rooms. */
export class KeptWriter {
  #pages;
  #chat;
  #preferences;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #dueAt = Infinity;

  /**
   * @param {import("./kept_pages.js").KeptPages} pages
   * @param {import("../../client.js").Chat} chat
   * @param {import("../preferences.js").Preferences} preferences
   */
  constructor(pages, chat, preferences) {
    this.#pages = pages;
    this.#chat = chat;
    this.#preferences = preferences;
    pages.onChange = (event) => this.#scheduleWrite(event);
    onLookingChange((looks) => !looks && this.write());
    addEventListener("pagehide", () => this.write());
    if (isLooking()) this.#scheduleWrite({ type: "opened" });
    else this.write();
  }

  /** Writes the rooms that have changed. */
  write() {
    clearTimeout(this.#timer);
    this.#dueAt = Infinity;
    if (this.#preferences.isSignedOut) return;
    for (const name of this.#pages.changedRooms) this.#write(name);
    this.#pages.changedRooms.clear();
  }

  /** @param {{ type: string, event?: { kind: string } }} event Of a room. */
  #scheduleWrite({ type, event }) {
    const isRemoving = type === "deleted" || type === "edited" || event?.kind === "clear";
    const ms = isRemoving ? DELETE_AFTER_MS : WRITE_AFTER_MS;
    if (Date.now() + ms >= this.#dueAt) return;
    this.#dueAt = Date.now() + ms;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.write(), ms);
  }

  /** @param {string} name */
  #write(name) {
    const timeline = this.#pages.timelineOf(name);
    if (!timeline?.isOpen || !this.#chat.isKept.value) return;
    const isLate = this.#chat.rooms.value.findIndex((room) => room.name === name) >= MAX_ROOMS;
    this.#pages.set(
      name,
      isLate ? "" : formatKeptPage(timeline.messages.slice(-MAX_KEPT_MESSAGES)),
    );
  }
}

/**
 * The newest messages that fit, as text.
 * @param {readonly Message[]} messages
 */
export function formatKeptPage(messages) {
  const texts = messages.map((message) => JSON.stringify(message));
  let length = 0;
  const tooLong = texts.findLastIndex((text) => (length += text.length + 1) > MAX_KEPT_LENGTH);
  return texts.slice(tooLong + 1).join("\n");
}
