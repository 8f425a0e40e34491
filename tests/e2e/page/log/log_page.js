/**
 * A page with nothing but a log, for its tests: `window.stage` creates the room's members, messages and faults. It is
 * served beside the real modules, under the real content security policy.
 * @module
 */
import { Timeline } from "../../../../static/client/timeline/timeline.js";
import { Feed, Value } from "../../../../static/client/observable.js";
import { Log } from "../../../../static/page/log/log.js";
import { Toolbar } from "../../../../static/page/log/view/toolbar.js";
import { laterEn } from "../../../../static/page/i18n/later_en.js";
import { logEn } from "../../../../static/page/i18n/log_en.js";

const SPAN_MS = 3 * 86_400_000;

class Stage {
  /** The actions that the log requested, and the read markers that it reported. */
  actions = [];
  readMarkers = [];
  isAway = false;
  #all = [];
  me = new Value({ user: "ann", name: "Ann" });
  outbox = new Value([]);
  events = new Feed();
  timeline = new Timeline();
  room = {
    name: "den",
    state: new Value({ kind: "joined" }),
    members: new Value({ members: [{ user: "ben", name: "Ben" }] }),
    read: new Value(null),
    unread: new Value(0),
    markRead: (position) => this.readMarkers.push(position),
    history: (options) => this.#history(options),
  };

  constructor() {
    const find = (id) => document.getElementById(id);
    this.events.subscribe((event) => this.timeline.apply(event));
    const elements = { scroller: find("log"), jump: find("jump"), live: find("live") };
    this.strings = { ...laterEn, ...logEn };
    const onAction = (action) => this.actions.push(action);
    this.log = new Log(elements, {
      strings: this.strings,
      roomName: (room) => `#${room}`,
      language: "en",
      now: () => Date.now(),
      onAction,
      blocked: new Value(new Map()),
    });
    this.log.attachToolbar(new Toolbar(() => ({ speak: true, react: true })));
  }

  /** Opens a room with this many messages, of which the newest are loaded. */
  open(count, loaded, read = null) {
    const names = ["Ann", "Ben", "Cem", "Dee"];
    for (let i = 0; i < count; i++) {
      const name = names[Math.floor(i / 3) % names.length];
      const text = i % 7 === 0 ? `message ${i}\n${"more of it ".repeat(30)}` : `message ${i}`;
      this.#store(name, text, Date.now() - SPAN_MS + i * (SPAN_MS / (count + 1)));
    }
    this.room.read.set(read);
    this.show();
    const messages = this.#all.slice(-loaded);
    const more = count > loaded;
    this.emit({ type: "opened", messages, more, position: `e:${count}`, reason: null });
  }

  show() {
    this.log.show(this.room, this.timeline, this.outbox, this.me);
  }

  say(name, text, more = {}) {
    const message = { ...this.#store(name, text, Date.now()), ...more };
    this.emit({ type: "said", replayed: false, ...message });
    return message.position;
  }

  react(seq, user, emoji) {
    this.emit({ type: "reacted", of: `e:${seq}`, user, emoji, on: true });
  }

  emit(event) {
    this.events.emit({ position: "e:99999", replayed: false, ...event });
  }

  /** Adds one of the user's own messages, still unconfirmed. */
  send(text, kind = "sending", action = { type: "say", text }, code = "slow_down") {
    const error = Object.assign(new Error(code), { code });
    const state = new Value({ kind, error });
    const delivery = { id: `d-${text}`, room: "den", at: Date.now(), action, state };
    this.outbox.set([...this.outbox.value, delivery]);
    return delivery.id;
  }

  #store(name, text, at) {
    const seq = this.#all.length + 1;
    const user = name.toLowerCase();
    const message = { position: `e:${seq}`, at, user, name, id: `i-${seq}`, text };
    this.#all.push(message);
    return message;
  }

  async #history({ before, limit = 50 } = {}) {
    await new Promise((resolve) => setTimeout(resolve));
    if (this.isAway) throw new Error("disconnected");
    const index = this.#all.findIndex(({ position }) => position === before);
    const end = index < 0 ? this.#all.length : index;
    const start = Math.max(0, end - limit);
    const position = `e:${this.#all.length}`;
    return { messages: this.#all.slice(start, end), more: start > 0, position };
  }
}

globalThis.stage = new Stage();
